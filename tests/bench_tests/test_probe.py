"""A contestant that responds before the acknowledgement is disqualified; the product is not."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import chaos
from bench import probe
from bench.contestants import CONTESTANTS, Contestant
from bench.workbench import Workbench
from harness.kafka_broker import KafkaBroker

EARLY = Path(chaos.__file__).parent / "variants/responds_early.py"


@pytest.fixture(scope="module")
def workbench() -> Iterator[Workbench]:
    """Give a workbench with a broker that may be suspended."""
    with KafkaBroker() as broker:
        yield Workbench(broker)


def problem(workbench: Workbench, contestant: Contestant) -> str | None:
    """Return the problem of a contestant while the broker is suspended."""
    config = workbench.new_config()
    with workbench.running(contestant, config) as server:
        return probe.responds_early(workbench.broker, server)


def test_an_early_response_is_detected(workbench: Workbench) -> None:
    """A daemon that responds once a record is queued is reported with all 8 responses."""
    early = replace(CONTESTANTS["waitress"], command=lambda _: [sys.executable, EARLY, "serve"])
    assert problem(workbench, early) == "8 of 8 got 2xx while the broker was suspended"


def test_the_product_has_no_early_response(workbench: Workbench) -> None:
    """While the broker is suspended the product responds with no 2xx."""
    assert problem(workbench, CONTESTANTS["waitress"]) is None
