"""The time after an outage, computed and simulated."""

from dataclasses import replace
from math import inf

import pytest

from bench.storm import DELAYS, Outage, compute, simulate

OUTAGE = Outage(rate=5, capacity=1_000, slots=32, seconds=600, delays=(700,) * 3, jitter=0)
DRAINED = replace(OUTAGE, rate=20, capacity=25, slots=16, delays=(60,) * 100)
STORM = Outage(rate=20, capacity=40, slots=8, seconds=1_200)


def test_with_any_capacity_everything_arrives_at_the_first_redelivery() -> None:
    """The last event of the outage arrives at its second attempt, 700 s after the outage's end."""
    for storm in (compute(OUTAGE), simulate(OUTAGE, seed=1)):
        assert (storm.refused, storm.lost, storm.attempts) == (0, 0, 2)
        assert storm.last_minutes == pytest.approx(700 / 60, rel=0.01)
        assert storm.peak == pytest.approx(10, rel=0.15)


def test_the_spare_capacity_decides_how_long_it_takes() -> None:
    """20/s for 600 s are 12,000 events; 5/s are spare, so that they take 40 minutes."""
    for storm in (compute(DRAINED), simulate(DRAINED, seed=1)):
        assert storm.minutes == pytest.approx(40, rel=0.1)
        assert storm.refused > 12_000
        assert storm.lost == 0


def test_the_busiest_minute_follows_from_the_delays() -> None:
    """An hour's failures come back 5, 15 and 35 minutes old at first, beside the new ones."""
    assert DELAYS[:3] == (300, 600, 1_200)
    hour = Outage(rate=5, capacity=1_000, slots=32, jitter=0)
    assert compute(hour).peak == pytest.approx(4 * 5)
    assert compute(replace(hour, jitter=0.2)).last_minutes < 1.2 * 2_400 / 60


def test_the_simulation_confirms_what_is_computed() -> None:
    """Refused attempts, busiest minute and duration agree, with jitter and Stripe's delays."""
    computed, simulated = compute(STORM), simulate(STORM, seed=1)
    assert computed.refused > 1_000
    assert simulated.refused == pytest.approx(computed.refused, rel=0.15)
    assert simulated.peak == pytest.approx(computed.peak, rel=0.15)
    assert simulated.minutes == pytest.approx(computed.minutes, rel=0.15)
    assert (simulated.lost, computed.lost) == (0, 0)


def test_a_share_of_the_storm_stands_for_the_whole() -> None:
    """At twice the size, rates and counts are twice as high, and times the same."""
    small = simulate(STORM, seed=1).scaled(2)
    large = simulate(STORM.scaled(2), seed=2)
    assert large.refused == pytest.approx(small.refused, rel=0.15)
    assert large.peak == pytest.approx(small.peak, rel=0.15)
    assert large.minutes == pytest.approx(small.minutes, rel=0.15)
    assert compute(STORM.scaled(2)).refused == pytest.approx(2 * compute(STORM).refused, rel=0.01)


def test_without_capacity_events_are_lost() -> None:
    """What is refused at its last attempt is lost: with no spare capacity that happens."""
    full = replace(OUTAGE, capacity=5, slots=1)
    for storm in (compute(full), simulate(full, seed=1)):
        assert storm.lost > 0
        assert storm.last_minutes == pytest.approx(3 * 700 / 60, rel=0.01)


def test_no_response_takes_longer_than_the_limits_allow() -> None:
    """The control: without the refusal a webhook waits for minutes, and nothing is refused."""
    limit = STORM.longest_wait + 1 / STORM.capacity
    assert simulate(STORM, seed=1).longest_wait <= limit
    unlimited = simulate(replace(STORM, queue_seconds=inf), seed=1)
    assert unlimited.longest_wait > 60
    assert unlimited.refused == 0


def test_a_seed_gives_the_same_storm() -> None:
    """The same seed gives the same storm, another seed another one."""
    assert simulate(STORM, seed=1) == simulate(STORM, seed=1)
    assert simulate(STORM, seed=1) != simulate(STORM, seed=2)
