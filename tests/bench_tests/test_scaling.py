"""The model of the service at any size: what follows from its figures, whatever they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scaling import Machine, plan, storm

MACHINE = Machine(
    process_rate=2_000.0,
    acks=40_000.0,
    cpu_ms=0.5,
    saturated_cpu_ms=0.5,
    saturated_latency_ms=16.0,
    latency_ms=1.0,
    max_waiting=16,
    consumer_rate=500.0,
    replicas=3,
    load=0.5,
)
OUTAGE_SECONDS = 600


def test_a_thousand_webhooks_a_second_need_what_the_figures_say() -> None:
    """Two processes of 2,000/s, half a core, 4 partitions of 500/s, half full each."""
    made = plan(MACHINE, 1_000)
    assert (made.processes, made.cores, made.partitions, made.brokers) == (2, 0.5, 4, 3)
    assert made.waiting == 0.5
    assert made.accounts == 3


@given(st.floats(1, 1_000_000), st.floats(0.1, 1))
def test_a_plan_is_never_fuller_than_wanted(rate: float, load: float) -> None:
    """At any rate processes, consumers and brokers have that much room."""
    made = plan(replace(MACHINE, load=load), rate)
    assert rate <= made.processes * MACHINE.process_rate * load * 1.000001
    assert rate <= made.partitions * MACHINE.consumer_rate * load * 1.000001
    assert 3 * rate <= made.brokers * MACHINE.acks * load * 1.000001


def test_what_is_full_first_is_named() -> None:
    """Slow consumers are full first, and so are few places behind slow answers."""
    assert plan(replace(MACHINE, load=1.0, consumer_rate=100), 1_000).first == "consumers"
    assert plan(replace(MACHINE, latency_ms=30.0), 1_000).first == "places to wait for Kafka"


def test_a_storm_is_over_within_the_outage_if_there_is_room_for_all() -> None:
    """All comes again within the time that it was out, nothing is refused, at its rate times ln."""
    after = storm(100, capacity=10_000, outage_seconds=OUTAGE_SECONDS)
    assert after.refused == 0
    assert after.minutes < OUTAGE_SECONDS / 60
    assert after.peak == pytest.approx(100 * 8.09, rel=0.01)


def test_less_room_takes_longer() -> None:
    """What can't be taken is refused, comes again, and is in later; without room it never ends."""
    rates = (4_000.0, 200.0, 150.0, 110.0)
    storms = [storm(100, capacity=rate, outage_seconds=OUTAGE_SECONDS) for rate in rates]
    assert [each.refused for each in storms] == sorted(each.refused for each in storms)
    assert [each.minutes for each in storms] == sorted(each.minutes for each in storms)
    endless = storm(100, capacity=100, outage_seconds=OUTAGE_SECONDS)
    assert endless.minutes == pytest.approx(10 * OUTAGE_SECONDS / 60, rel=0.01)
