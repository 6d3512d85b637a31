"""Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from server.metrics.definitions import Labels, MetricDefinition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUILD_INFO = MetricDefinition("paycli_build_info", "gauge", "1, with what is running as labels.")


def expose(
    numbers: Sequence[float],
    places: Mapping[MetricDefinition, Mapping[Labels, int]],
    told: Mapping[MetricDefinition, Mapping[str, str]],
) -> str:
    """The text. `places` say where in `numbers` each series begins; `told` have 1 and labels."""
    lines: list[str] = []
    for family, labels in told.items():
        lines += [*_head(family), f"{family.name}{_braces(labels)} 1"]
    for family, series in places.items():
        lines += _head(family)
        for values, place in series.items():
            cells = numbers[place : place + family.cells]
            lines += _samples(family, dict(zip(family.labels, values, strict=True)), cells)
    return "\n".join(lines) + "\n"


def _head(family: MetricDefinition) -> list[str]:
    return [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]


def _samples(
    family: MetricDefinition, labels: Mapping[str, str], cells: Sequence[float]
) -> Iterator[str]:
    if family.kind != "histogram":
        yield f"{family.name}{_braces(labels)} {cells[0]:.17g}"
        return
    bounds = [*(f"{bound:g}" for bound in family.buckets), "+Inf"]
    counts = list(accumulate(cells[:-1]))
    for bound, count in zip(bounds, counts, strict=True):
        yield f"{family.name}_bucket{_braces({**labels, 'le': bound})} {count:.17g}"
    yield f"{family.name}_sum{_braces(labels)} {cells[-1]:.17g}"
    yield f"{family.name}_count{_braces(labels)} {counts[-1]:.17g}"


def _braces(labels: Mapping[str, str]) -> str:
    """Values are names of ours without quotes, backslashes or line ends."""
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
