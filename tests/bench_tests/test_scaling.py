"""The model of the service at any scale."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import stripe_limits
from bench.__main__ import parser
from bench.scaling import Machine, plan
from bench.workers import ProcessorTime, maximum_rate

MACHINE = Machine(
    process_rate=2_000.0,
    acks=40_000.0,
    cpu_ms=0.5,
    latency_ms=1.0,
    max_in_flight=16,
    consumer_rate=500.0,
    replicas=3,
    load=0.5,
)


def test_the_plan_follows_from_the_figures() -> None:
    """1,000/s need two processes of 2,000/s, half a core and 4 partitions of 500/s."""
    planned = plan(MACHINE, 1_000)
    assert (planned.processes, planned.cores, planned.partitions, planned.brokers) == (2, 0.5, 4, 3)
    assert planned.in_flight == 0.5
    assert planned.accounts == 10


@given(st.floats(1, 1_000_000), st.floats(0.1, 1))
def test_a_plan_never_exceeds_the_planned_load(rate: float, load: float) -> None:
    """At any rate processes, consumers and brokers are used up to the planned share at most."""
    planned = plan(replace(MACHINE, load=load), rate)
    assert rate <= planned.processes * MACHINE.process_rate * load * 1.000001
    assert rate <= planned.partitions * MACHINE.consumer_rate * load * 1.000001
    assert 3 * rate <= planned.brokers * MACHINE.acks * load * 1.000001


def test_the_bottleneck_is_named() -> None:
    """It is Stripe's limit, consumers if they are slow, or the in-flight limit if responses are."""
    assert plan(replace(MACHINE, load=1.0, consumer_rate=95), 950).bottleneck == "consumers"
    assert plan(replace(MACHINE, latency_ms=33.0), 950).bottleneck == "webhooks in flight"
    assert plan(MACHINE, 1_000).bottleneck == "Stripe's rate limit"


def test_stripes_lowest_limit_decides_about_the_accounts() -> None:
    """25 payments are created a second, each with four webhooks: 1,000/s are those of 10."""
    assert stripe_limits.webhooks_of_an_account() == 100
    assert [stripe_limits.accounts(rate) for rate in (1, 100, 101, 100_000)] == [1, 1, 2, 1_000]
    rows = {row[0]: row[1:] for row in stripe_limits.table([1_000.0]).rows}
    assert rows["payments/s"][2] == "250.0"
    [bottleneck] = [name for name in rows if name.endswith("(the bottleneck)")]
    assert rows[bottleneck][0] == "25/s"


def test_workers_are_limited_by_themselves_then_by_the_cores() -> None:
    """With 0.5 of 0.8 ms in the service, one worker makes 2,000/s, and two cores 2,500/s."""
    used = ProcessorTime(service=0.5, broker=0.2, sender=0.1)
    assert maximum_rate(used, workers=1, cores=2) == pytest.approx(2_000)
    assert maximum_rate(used, workers=2, cores=2) == pytest.approx(2_500)
    assert maximum_rate(used, workers=4, cores=2) == pytest.approx(2_500)
    assert maximum_rate(used, workers=4, cores=8) == pytest.approx(8_000)


def test_the_figures_of_workers_have_a_file_of_their_own() -> None:
    """`scripts/bench workers` replaces no figures of the other benchmarks."""
    files = {name: str(parser().parse_args([name]).json) for name in ("webhooks", "workers")}
    assert files == {"webhooks": "bench.json", "workers": "workers.json"}
