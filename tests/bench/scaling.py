"""A model of the service at any scale, based on the figures of scripts/bench."""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import measurements
from harness.measurements import Table

from . import results, webhook
from .figures import Figure, Spread
from .results import SATURATION, Results
from .table import show

HOUR_SECONDS = 3_600
RATES = (10, 1_000, 100_000)
MEASURED_AT = 1_000.0
EVENTS_OF_A_PAYMENT = 4
STRIPE_PAYMENTS = 100
"""Payments per second and account: https://docs.stripe.com/rate-limits."""


@dataclass(frozen=True)
class Machine:
    """The measured capacity of one process and one broker, and assumptions.

    Attributes:
        process_rate: Webhooks per second of one process at saturation.
        acks: Acknowledgements per second of one broker at saturation.
        cpu_ms: Processor time of a webhook at 1,000 per second.
        saturated_cpu_ms: Processor time of a webhook at saturation.
        saturated_latency_ms: Response time of a webhook at saturation.
        latency_ms: Response time of a webhook at 1,000 per second.
        max_in_flight: The most webhooks in flight in one process.
        consumer_rate: Assumed events per second of one consumer.
        replicas: Assumed replicas of each record.
        load: The share of each capacity to plan with.
    """

    process_rate: float
    acks: float
    cpu_ms: float
    saturated_cpu_ms: float
    saturated_latency_ms: float
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


@dataclass(frozen=True)
class RedeliveryStorm:
    """The end of an outage: peak rate, refused deliveries, and minutes until all are delivered."""

    peak: float
    refused: int
    minutes: float


def plan(machine: Machine, rate: float) -> Plan:
    """Return the resources that `rate` webhooks per second need."""
    processes = max(2, math.ceil(rate / (machine.process_rate * machine.load)))
    # Little's law: the number in flight is the rate times the response time.
    in_flight = rate / processes * machine.latency_ms / 1_000
    partitions = max(3, math.ceil(rate / (machine.consumer_rate * machine.load)))
    written = rate * machine.replicas
    brokers = max(machine.replicas, math.ceil(written / (machine.acks * machine.load)))
    accounts = math.ceil(rate / (STRIPE_PAYMENTS * EVENTS_OF_A_PAYMENT))
    utilisation = {
        "processes": rate / (processes * machine.process_rate),
        "webhooks in flight": in_flight / machine.max_in_flight,
        "consumers": rate / (partitions * machine.consumer_rate),
        "brokers": written / (brokers * machine.acks),
        "Stripe's rate limit": rate / (accounts * STRIPE_PAYMENTS * EVENTS_OF_A_PAYMENT),
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


def redelivery_storm(
    rate: float, capacity: float, outage_seconds: int = HOUR_SECONDS
) -> RedeliveryStorm:
    """Simulate the time after an outage second by second.

    Stripe waits longer after each failed attempt. If it waits about as long as an event is old, the
    next attempt for one of age `a` comes within the next `a` seconds: in second `t` after the
    outage these are rate * ln(outage / t) in addition to the usual rate. A refused attempt is
    repeated within the next `outage` seconds.
    """
    seconds = 10 * outage_seconds
    # The change of the rate of repeated attempts in each second.
    change = [0.0] * (seconds + outage_seconds + 1)
    repeated, refused, peak, last = 0.0, 0.0, 0.0, 0
    for second in range(seconds):
        repeated += change[second]
        first = rate * math.log(max(1.0, outage_seconds / (second + 0.5)))
        peak = max(peak, rate + first + repeated)
        excess = max(0.0, rate + first + repeated - capacity)
        refused += excess
        change[second + 1] += excess / outage_seconds
        change[second + 1 + outage_seconds] -= excess / outage_seconds
        if first + repeated >= 1:
            last = second
    return RedeliveryStorm(peak, round(refused), last / 60)


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
        saturated_cpu_ms=median("cpu", SATURATION, name),
        saturated_latency_ms=median("p50", SATURATION, name),
        latency_ms=median("p50", MEASURED_AT, name),
        max_in_flight=options.max_in_flight,
        consumer_rate=options.consumer_rate,
        replicas=options.replicas,
        load=options.load,
    )


def tables(machine: Machine) -> Iterator[Table]:
    """Return the plan, the redelivery storm, and the model compared with measurements."""
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
    storms = [(it, redelivery_storm(it.rate, it.processes * machine.process_rate)) for it in plans]
    yield Table(
        "After an outage of an hour",
        ["webhooks/s", "capacity", "peak rate", "refused and repeated", "all delivered after, min"],
        [
            [
                f"{it.rate:,.0f}",
                f"{it.processes * machine.process_rate:,.0f}/s",
                f"{after.peak:,.0f}/s",
                f"{after.refused:,}",
                f"{after.minutes:.0f}",
            ]
            for it, after in storms
        ],
    )
    connections = machine.process_rate * machine.saturated_latency_ms / 1_000
    yield Table(
        "The model compared with measurements",
        ["", "model", "measured"],
        [
            [
                "one process, webhooks/s, limited to one core",
                f"{1_000 / machine.saturated_cpu_ms:,.0f}",
                f"{machine.process_rate:,.0f}",
            ],
            ["in flight at saturation, by Little's law", f"{connections:.0f}", "32 connections"],
        ],
    )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="scripts/scaling", description=__doc__)
    parser.add_argument(
        "json", type=Path, nargs="?", default=Path("bench.json"), help="figures of scripts/bench"
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
    options = parser.parse_args()
    machine = machine_of(results.read(options.json), options)
    size = len(webhook.body())
    sys.stdout.write(f"From {options.json}: {options.contestant}, webhooks of {size:,} bytes\n")
    computed = list(tables(machine))
    show(computed)
    measurements.record(*computed)


if __name__ == "__main__":
    main()
