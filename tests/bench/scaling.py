"""A model of the service at any scale, based on the figures of scripts/bench."""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import measurements
from harness.measurements import Table

from . import results, stripe_limits, webhook, workers
from .figures import Figure, Spread
from .results import SATURATION, Results
from .storm import Outage, Storm, compute, simulate
from .table import show

RATES = (10, 1_000, 100_000)
MEASURED_AT = 1_000.0
SIMULATED_RATE = 25.0
"""Webhooks per second of the simulated share of a storm, to which its result is proportional."""
SPARE = (1.1, 1.5, 2.0, 4.0)


@dataclass(frozen=True)
class Machine:
    """The measured capacity of one process and one broker, and assumptions.

    Attributes:
        process_rate: Webhooks per second of one process at saturation.
        acks: Acknowledgements per second of one broker at saturation.
        cpu_ms: Processor time of a webhook at 1,000 per second.
        latency_ms: Response time of a webhook at 1,000 per second.
        max_in_flight: The most webhooks in flight in one process.
        consumer_rate: Assumed events per second of one consumer.
        replicas: Assumed replicas of each record.
        load: The share of each capacity to plan with.
    """

    process_rate: float
    acks: float
    cpu_ms: float
    latency_ms: float
    max_in_flight: int
    consumer_rate: float
    replicas: int
    load: float


@dataclass(frozen=True)
class Plan:
    """The resources that a rate needs, and the one that is exhausted first when it grows."""

    rate: float
    processes: int
    cores: float
    in_flight: float
    partitions: int
    brokers: int
    accounts: int
    bottleneck: str


def plan(machine: Machine, rate: float) -> Plan:
    """Return the resources that `rate` webhooks per second need."""
    processes = max(2, math.ceil(rate / (machine.process_rate * machine.load)))
    # Little's law: the number in flight is the rate times the response time.
    in_flight = rate / processes * machine.latency_ms / 1_000
    partitions = max(3, math.ceil(rate / (machine.consumer_rate * machine.load)))
    written = rate * machine.replicas
    brokers = max(machine.replicas, math.ceil(written / (machine.acks * machine.load)))
    accounts = stripe_limits.accounts(rate)
    utilisation = {
        "processes": rate / (processes * machine.process_rate),
        "webhooks in flight": in_flight / machine.max_in_flight,
        "consumers": rate / (partitions * machine.consumer_rate),
        "brokers": written / (brokers * machine.acks),
        "Stripe's rate limit": rate / (accounts * stripe_limits.webhooks_of_an_account()),
    }
    return Plan(
        rate,
        processes,
        rate * machine.cpu_ms / 1_000,
        in_flight,
        partitions,
        brokers,
        accounts,
        max(utilisation, key=lambda name: utilisation[name]),
    )


def machine_of(measured: Results, options: argparse.Namespace) -> Machine:
    """Return the measured capacity; `SystemExit` names a missing figure."""

    def median(measure: str, rate: float, contestant: str) -> float:
        spread: Spread | None = Figure(measure, rate).spread(measured, contestant)
        if spread is None:
            load = f"at {rate:.0f}/s" if rate else "at saturation"
            raise SystemExit(f"{options.json} lacks {measure} of {contestant} {load}")
        return spread.median

    name = options.contestant
    return Machine(
        process_rate=median("rate", SATURATION, name),
        acks=median("rate", SATURATION, "ack"),
        cpu_ms=median("cpu", MEASURED_AT, name),
        latency_ms=median("p50", MEASURED_AT, name),
        max_in_flight=options.max_in_flight,
        consumer_rate=options.consumer_rate,
        replicas=options.replicas,
        load=options.load,
    )


def tables(machine: Machine, measured: Results, seed: int) -> Iterator[Table]:
    """Return the plan, Stripe's limits, the storm after an outage, and the check of the model."""
    plans = [plan(machine, rate) for rate in RATES]
    resources = ["webhooks/s", "processes", "cores", "in flight each", "partitions", "brokers"]
    yield Table(
        f"Required resources at {machine.load:.0%} utilisation",
        [*resources, "Stripe accounts", "bottleneck"],
        [
            [
                f"{it.rate:,.0f}",
                f"{it.processes:,}",
                f"{it.cores:,.1f}",
                f"{it.in_flight:.1f} of {machine.max_in_flight}",
                f"{it.partitions:,}",
                f"{it.brokers:,}",
                f"{it.accounts:,}",
                it.bottleneck,
            ]
            for it in plans
        ],
    )
    yield stripe_limits.table(RATES)
    yield Table(
        "After an outage of an hour",
        ["webhooks/s", *STORM_HEADINGS],
        [
            row
            for it in plans
            for row in _storm_rows(
                f"{it.rate:,.0f}",
                Outage(
                    it.rate,
                    it.processes * machine.process_rate,
                    it.processes * machine.max_in_flight,
                ),
                seed,
            )
        ],
    )
    yield Table(
        "After an outage of an hour, by capacity, at 1,000 webhooks/s",
        ["capacity / rate", *STORM_HEADINGS],
        [
            _storm_row(f"{spare:g}", outage, compute(outage))
            for spare in SPARE
            for outage in [Outage(1_000, 1_000 * spare, machine.max_in_flight)]
        ],
    )
    yield workers.table(measured)


STORM_HEADINGS = (
    "capacity",
    "busiest minute",
    "refused",
    "99.9 % delivered after, min",
    "all, min",
    "most attempts",
    "lost",
)


def _storm_rows(name: str, outage: Outage, seed: int) -> list[list[str]]:
    """Return a storm as it is computed, as a share of it is simulated, and the difference."""
    factor = max(1.0, outage.rate / SIMULATED_RATE)
    share = outage.scaled(1 / factor)
    computed, simulated = compute(share).scaled(factor), simulate(share, seed).scaled(factor)
    pairs = (
        (computed.peak, simulated.peak),
        (computed.refused, simulated.refused),
        (computed.minutes, simulated.minutes),
        (computed.last_minutes, simulated.last_minutes),
    )
    differences = [f"{after / before - 1:+.1%}" if before else "" for before, after in pairs]
    return [
        _storm_row(f"{name}, computed", outage, computed),
        _storm_row(f"{name}, simulated", outage, simulated),
        [f"{name}, difference", "", *differences, "", ""],
    ]


def _storm_row(name: str, outage: Outage, storm: Storm) -> list[str]:
    return [
        name,
        f"{outage.capacity:,.0f}/s",
        f"{storm.peak:,.0f}/s",
        f"{storm.refused:,.0f}",
        f"{storm.minutes:.0f}",
        f"{storm.last_minutes:.0f}",
        str(storm.attempts),
        f"{storm.lost:,.0f}",
    ]


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="scripts/scaling", description=__doc__)
    parser.add_argument(
        "json",
        type=Path,
        nargs="?",
        default=Path("workers.json"),
        help="figures of scripts/bench workers",
    )
    parser.add_argument("--contestant", default="waitress", help="its name in scripts/bench")
    parser.add_argument(
        "--max-in-flight", type=int, default=16, help="PAYCLI_WEBHOOK_MAX_IN_FLIGHT"
    )
    parser.add_argument(
        "--consumer-rate", type=float, default=500, help="events per second of a consumer"
    )
    parser.add_argument("--replicas", type=int, default=3, help="replicas of each record")
    parser.add_argument(
        "--load", type=float, default=0.5, help="share of each capacity to plan with"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the simulated storm")
    options = parser.parse_args()
    if not options.json.exists():
        raise SystemExit(f"{options.json} is missing: scripts/bench workers --rounds 3 writes it")
    measured = results.read(options.json)
    machine = machine_of(measured, options)
    size = len(webhook.body())
    sys.stdout.write(f"From {options.json}: {options.contestant}, webhooks of {size:,} bytes\n")
    computed = [it for it in tables(machine, measured, options.seed) if it.rows]
    show(computed)
    measurements.record(*computed)


if __name__ == "__main__":
    main()
