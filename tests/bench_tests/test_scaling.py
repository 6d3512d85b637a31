"""The model of the service at any scale."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scaling import Machine, plan, redelivery_storm

MACHINE = Machine(
    process_rate=2_000.0,
    acks=40_000.0,
    cpu_ms=0.5,
    saturated_cpu_ms=0.5,
    saturated_latency_ms=16.0,
    latency_ms=1.0,
    max_in_flight=16,
    consumer_rate=500.0,
    replicas=3,
    load=0.5,
)
OUTAGE_SECONDS = 600


def test_the_plan_follows_from_the_figures() -> None:
    """1,000/s need two processes of 2,000/s, half a core and 4 partitions of 500/s."""
    planned = plan(MACHINE, 1_000)
    assert (planned.processes, planned.cores, planned.partitions, planned.brokers) == (2, 0.5, 4, 3)
    assert planned.in_flight == 0.5
    assert planned.accounts == 3


@given(st.floats(1, 1_000_000), st.floats(0.1, 1))
def test_a_plan_never_exceeds_the_planned_load(rate: float, load: float) -> None:
    """At any rate processes, consumers and brokers are used up to the planned share at most."""
    planned = plan(replace(MACHINE, load=load), rate)
    assert rate <= planned.processes * MACHINE.process_rate * load * 1.000001
    assert rate <= planned.partitions * MACHINE.consumer_rate * load * 1.000001
    assert 3 * rate <= planned.brokers * MACHINE.acks * load * 1.000001


def test_the_bottleneck_is_named() -> None:
    """Slow consumers are the bottleneck, or the in-flight limit if responses are slow."""
    assert plan(replace(MACHINE, load=1.0, consumer_rate=100), 1_000).bottleneck == "consumers"
    assert plan(replace(MACHINE, latency_ms=30.0), 1_000).bottleneck == "webhooks in flight"


def test_a_storm_with_enough_capacity_ends_within_the_length_of_the_outage() -> None:
    """Nothing is refused, and the peak is the rate times the logarithm of the outage's length."""
    after = redelivery_storm(100, capacity=10_000, outage_seconds=OUTAGE_SECONDS)
    assert after.refused == 0
    assert after.minutes < OUTAGE_SECONDS / 60
    assert after.peak == pytest.approx(100 * 8.09, rel=0.01)


def test_less_capacity_takes_longer() -> None:
    """Refused deliveries are repeated and take longer; without spare capacity it never ends."""
    rates = (4_000.0, 200.0, 150.0, 110.0)
    storms = [redelivery_storm(100, capacity=rate, outage_seconds=OUTAGE_SECONDS) for rate in rates]
    assert [each.refused for each in storms] == sorted(each.refused for each in storms)
    assert [each.minutes for each in storms] == sorted(each.minutes for each in storms)
    endless = redelivery_storm(100, capacity=100, outage_seconds=OUTAGE_SECONDS)
    assert endless.minutes == pytest.approx(10 * OUTAGE_SECONDS / 60, rel=0.01)
