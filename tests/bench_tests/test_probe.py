"""Who answers before the broker has persisted is disqualified, and the product is not."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import chaos
from bench import probe
from bench.arena import Arena
from bench.contestants import CONTESTANTS, Contestant
from harness.kafka_broker import KafkaBroker

EARLY = Path(chaos.__file__).parent / "variants/responds_early.py"


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    """Give a broker that may be frozen."""
    with KafkaBroker() as broker:
        yield Arena(broker)


def reason(arena: Arena, contestant: Contestant) -> str | None:
    """What is said of a contestant while the broker is frozen."""
    place = arena.place()
    with arena.running(contestant, place) as server:
        return probe.answers_early(arena.broker, server)


def test_a_fast_answer_that_lies_is_disqualified(arena: Arena) -> None:
    """A daemon that answers once a record is queued does so all 8 times, and is told so."""
    early = replace(CONTESTANTS["waitress"], command=lambda _: [sys.executable, EARLY, "serve"])
    assert reason(arena, early) == "8 of 8 answered 2xx while the broker was frozen"


def test_the_product_is_honest(arena: Arena) -> None:
    """The control: while the broker is frozen it answers no 2xx."""
    assert reason(arena, CONTESTANTS["waitress"]) is None
