"""server/README.md has every metric; no document names a metric that does not exist."""

import re

import pytest

from harness.markdown import code_spans, documents, read, table, with_mistake
from server.metrics.definitions import METRICS

SERVER = read("server/README.md")
KNOWN = {metric.name: set(metric.labels) for metric in METRICS}
KNOWN["paycli_build_info"] = {"version", "mode", "python"}


def wrong_metrics(text: str) -> list[str]:
    """Returns the metrics whose row is missing or has other labels, and those invented."""
    found = {row[0].strip("`"): code_spans(row[1]) for row in table(text, "Metric")}
    return sorted(it for it in found.keys() | KNOWN.keys() if found.get(it) != KNOWN.get(it))


def unknown_metrics(text: str) -> set[str]:
    """Returns the code spans that look like a metric and are none."""
    names = {it for it in code_spans(text) if re.fullmatch(r"paycli_\w+", it)}
    return {re.sub(r"_(bucket|count|sum)$", "", it) for it in names} - KNOWN.keys()


def test_each_metric_has_its_row() -> None:
    """The table has each metric with its labels, and no other."""
    assert wrong_metrics(SERVER) == []


@pytest.mark.parametrize("document", documents())
def test_metrics_exist(document: str) -> None:
    """Each metric that a document names exists."""
    assert unknown_metrics(read(document)) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| `paycli_workers` |", "| `paycli_processes` |"),
        ("`method`, `route`, `status` |", "`method`, `status` |"),
    ],
)
def test_a_wrong_row_is_reported(old: str, new: str) -> None:
    """The control: a metric that does not exist and a missing label are found."""
    assert wrong_metrics(with_mistake(SERVER, old, new)) != []


def test_an_unknown_metric_is_reported() -> None:
    """The control: a metric that does not exist is found."""
    assert unknown_metrics("`paycli_processes`") == {"paycli_processes"}
