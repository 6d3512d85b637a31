"""Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from server.metrics.definitions import LabelValues, MetricDefinition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUILD_INFO = MetricDefinition(
    "paycli_build_info", "gauge", "Always 1; the labels identify the running build."
)


def expose(
    values: Sequence[float],
    columns: Mapping[MetricDefinition, Mapping[LabelValues, int]],
    build: Mapping[str, str],
) -> str:
    """Returns the metrics as text.

    Args:
        values: The numbers of all series.
        columns: By metric and label values, the index in `values` where a series starts.
        build: The labels of `paycli_build_info`.
    """
    lines = [*_header(BUILD_INFO), f"{BUILD_INFO.name}{_label_set(build)} 1"]
    for metric, series in columns.items():
        lines += _header(metric)
        for label_values, start in series.items():
            labels = dict(zip(metric.labels, label_values, strict=True))
            lines += _samples(metric, labels, values[start : start + metric.columns])
    return "\n".join(lines) + "\n"


def _header(metric: MetricDefinition) -> list[str]:
    return [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]


def _samples(
    metric: MetricDefinition, labels: Mapping[str, str], values: Sequence[float]
) -> Iterator[str]:
    if metric.kind != "histogram":
        yield f"{metric.name}{_label_set(labels)} {values[0]:.17g}"
        return
    bounds = [*(f"{bound:g}" for bound in metric.buckets), "+Inf"]
    counts = list(accumulate(values[:-1]))
    for bound, count in zip(bounds, counts, strict=True):
        yield f"{metric.name}_bucket{_label_set({**labels, 'le': bound})} {count:.17g}"
    yield f"{metric.name}_sum{_label_set(labels)} {values[-1]:.17g}"
    yield f"{metric.name}_count{_label_set(labels)} {counts[-1]:.17g}"


def _label_set(labels: Mapping[str, str]) -> str:
    """Formats labels. Values need no escaping: none has quotes, backslashes or line breaks."""
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""
