"""A small model of the service at any size, fed by what scripts/bench has measured."""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import results, webhook
from .figures import Figure, Spread
from .results import SATURATION, Results
from .table import Table, show

HOUR_SECONDS = 3_600
RATES = (10, 1_000, 100_000)
MEASURED_AT = 1_000.0
EVENTS_OF_A_PAYMENT = 4
STRIPE_PAYMENTS = 100
"""Of one account in a second: https://docs.stripe.com/rate-limits."""


@dataclass(frozen=True)
class Machine:
    """What one process and one broker can do, as measured, and what is assumed beside.

    `process_rate` and `acks`: webhooks and acknowledgements a second at saturation; `cpu_ms` and
    `latency_ms`: of a webhook at 1,000 a second; `saturated_cpu_ms` at saturation. `consumer_rate`:
    events a second that one consumer deals with; `load`: the share of a capacity that is planned.
    """

    process_rate: float
    acks: float
    cpu_ms: float
    saturated_cpu_ms: float
    saturated_latency_ms: float
    latency_ms: float
    max_waiting: int
    consumer_rate: float
    replicas: int
    load: float


@dataclass(frozen=True)
class Plan:
    """What a rate needs, and what is full first when it grows."""

    rate: float
    processes: int
    cores: float
    waiting: float
    partitions: int
    brokers: int
    accounts: int
    first: str


@dataclass(frozen=True)
class Storm:
    """How an outage ends: the highest rate of deliveries, what was refused, and when all is in."""

    peak: float
    refused: int
    minutes: float


def plan(machine: Machine, rate: float) -> Plan:
    """Return what so many webhooks a second need."""
    processes = max(2, math.ceil(rate / (machine.process_rate * machine.load)))
    # Little's law: how many are under way is their rate times how long they stay.
    waiting = rate / processes * machine.latency_ms / 1_000
    partitions = max(3, math.ceil(rate / (machine.consumer_rate * machine.load)))
    written = rate * machine.replicas
    brokers = max(machine.replicas, math.ceil(written / (machine.acks * machine.load)))
    accounts = math.ceil(rate / (STRIPE_PAYMENTS * EVENTS_OF_A_PAYMENT))
    full = {
        "processes": rate / (processes * machine.process_rate),
        "places to wait for Kafka": waiting / machine.max_waiting,
        "consumers": rate / (partitions * machine.consumer_rate),
        "brokers": written / (brokers * machine.acks),
        "Stripe's limit of an account": rate / (accounts * STRIPE_PAYMENTS * EVENTS_OF_A_PAYMENT),
    }
    return Plan(
        rate,
        processes,
        rate * machine.cpu_ms / 1_000,
        waiting,
        partitions,
        brokers,
        accounts,
        max(full, key=lambda name: full[name]),
    )


def storm(rate: float, capacity: float, outage_seconds: int = HOUR_SECONDS) -> Storm:
    """Return how an outage ends, second by second.

    Stripe waits longer after each failed attempt. If it waits about as long as an event has already
    waited, the next attempt of one of age `a` comes within the next `a` seconds: in second `t`
    after the outage that is rate * ln(outage / t) beside the usual rate. What is refused then comes
    again within the next `outage` seconds.
    """
    seconds = 10 * outage_seconds
    # By how much the rate of what was refused before changes in each second.
    change = [0.0] * (seconds + outage_seconds + 1)
    again, refused, peak, last = 0.0, 0.0, 0.0, 0
    for second in range(seconds):
        again += change[second]
        first = rate * math.log(max(1.0, outage_seconds / (second + 0.5)))
        peak = max(peak, rate + first + again)
        over = max(0.0, rate + first + again - capacity)
        refused += over
        change[second + 1] += over / outage_seconds
        change[second + 1 + outage_seconds] -= over / outage_seconds
        if first + again >= 1:
            last = second
    return Storm(peak, round(refused), last / 60)


def machine_of(found: Results, options: argparse.Namespace) -> Machine:
    """Return what was measured; `SystemExit` with what is missing."""

    def median(measure: str, rate: float, contestant: str) -> float:
        spread: Spread | None = Figure(measure, rate).spread(found, contestant)
        if spread is None:
            load = f"at {rate:.0f}/s" if rate else "at saturation"
            raise SystemExit(f"{options.json} has no {measure} of {contestant} {load}")
        return spread.median

    name = options.contestant
    return Machine(
        process_rate=median("rate", SATURATION, name),
        acks=median("rate", SATURATION, "ack"),
        cpu_ms=median("cpu", MEASURED_AT, name),
        saturated_cpu_ms=median("cpu", SATURATION, name),
        saturated_latency_ms=median("p50", SATURATION, name),
        latency_ms=median("p50", MEASURED_AT, name),
        max_waiting=options.threads,
        consumer_rate=options.consumer_rate,
        replicas=options.replicas,
        load=options.load,
    )


def tables(machine: Machine) -> Iterator[Table]:
    """Return plan, storm, and the checks of the model against what was measured."""
    plans = [plan(machine, rate) for rate in RATES]
    heads = ["webhooks/s", "processes", "cores", "waiting in each", "partitions", "brokers"]
    yield Table(
        f"What is needed, at most {machine.load:.0%} full",
        [*heads, "accounts at Stripe", "full first"],
        [
            [
                f"{it.rate:,.0f}",
                f"{it.processes:,}",
                f"{it.cores:,.1f}",
                f"{it.waiting:.1f} of {machine.max_waiting}",
                f"{it.partitions:,}",
                f"{it.brokers:,}",
                f"{it.accounts:,}",
                it.first,
            ]
            for it in plans
        ],
    )
    storms = [(it, storm(it.rate, it.processes * machine.process_rate)) for it in plans]
    yield Table(
        "After an hour's outage",
        ["webhooks/s", "can take", "highest rate", "refused and sent again", "all in after, min"],
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
        "The model beside what was measured",
        ["", "model", "measured"],
        [
            [
                "one process, webhooks/s, if a core is all it can use",
                f"{1_000 / machine.saturated_cpu_ms:,.0f}",
                f"{machine.process_rate:,.0f}",
            ],
            ["under way at saturation, by Little's law", f"{connections:.0f}", "32 connections"],
        ],
    )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(prog="scripts/scaling", description=__doc__)
    parser.add_argument("json", type=Path, nargs="?", default=Path("bench.json"))
    parser.add_argument("--contestant", default="waitress", help="as scripts/bench calls it")
    parser.add_argument(
        "--threads", type=int, default=16, help="of a process, PAYCLI_WEBHOOK_MAX_IN_FLIGHT"
    )
    parser.add_argument("--consumer-rate", type=float, default=500, help="events/s of a consumer")
    parser.add_argument("--replicas", type=int, default=3, help="of each record")
    parser.add_argument("--load", type=float, default=0.5, help="share of a capacity to plan with")
    options = parser.parse_args()
    machine = machine_of(results.read(options.json), options)
    size = len(webhook.body())
    sys.stdout.write(f"From {options.json}: {options.contestant}, webhooks of {size:,} bytes\n")
    show(list(tables(machine)))


if __name__ == "__main__":
    main()
