"""Medians and ranges over rounds, and ratios between contestants within the same round."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .results import PAYMENTS, SATURATION, STRIPE, WEBHOOKS, Phase, Results, ServerRun

LIMITS = {"limit": ("ack", "empty")}
"""The lower bound: the time of an acknowledgement plus that of an empty handler."""
DISTURBED_SHARE = 0.1
"""The share of the machine up to which other programs may use it for a phase to count."""
OF_A_SERVER_RUN = ("ready", "memory")


@dataclass(frozen=True)
class Spread:
    """The median over all rounds with the lowest and the highest value."""

    median: float
    low: float
    high: float

    def text(self, digits: int = 2) -> str:
        """Return `1.23 (1.20 to 1.30)`, or only the median if all are equal."""
        if self.low == self.high:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


@dataclass(frozen=True)
class Figure:
    """A figure of a contestant.

    Under a load of a kind and rate: `p50`, `p90`, `p99`, `p999` (ms), `cpu`, `broker_cpu`,
    `sender_cpu` (ms per response), `rate` (responses per second), or `others` (the share of the
    machine that other programs used). Of a server run: `ready` (seconds) or `memory` (MiB).
    """

    measure: str
    rate: float = SATURATION
    kind: str = WEBHOOKS

    def by_round(self, results: Results, contestant: str) -> dict[int, float]:
        """Return the value of each round that has one, except disturbed rounds.

        If every round was disturbed, all count.
        """
        if contestant in LIMITS:
            parts = [self.by_round(results, part) for part in LIMITS[contestant]]
            common = set.intersection(*(set(part) for part in parts))
            return {number: sum(part[number] for part in parts) for number in sorted(common)}
        if self.measure in OF_A_SERVER_RUN:
            server_runs = [run for run in results.server_runs if run.contestant == contestant]
            return {run.round: _of_server_run(run, self.measure) for run in server_runs}
        selected = (contestant, self.kind, self.rate)
        phases = [it for it in results.phases if (it.contestant, it.kind, it.rate) == selected]
        quiet = [phase for phase in phases if phase.other_usage_share <= DISTURBED_SHARE]
        values = {phase.round: _of_phase(phase, self.measure) for phase in quiet or phases}
        return {number: value for number, value in values.items() if value is not None}

    def spread(self, results: Results, contestant: str) -> Spread | None:
        """Return the spread over all rounds, or None if no round has a value."""
        return spread(list(self.by_round(results, contestant).values()))

    def ratio(self, results: Results, contestant: str, other: str) -> Spread | None:
        """Return the ratio of the medians, with the lowest and highest ratio within a round."""
        ours, theirs = self.by_round(results, contestant), self.by_round(results, other)
        if not ours or not theirs:
            return None
        middle = statistics.median(ours.values()) / statistics.median(theirs.values())
        pairs = [ours[number] / theirs[number] for number in ours if number in theirs]
        return Spread(middle, min(pairs, default=middle), max(pairs, default=middle))

    def added_to_stripe(self, results: Results, contestant: str) -> Spread | None:
        """Return the difference to Stripe's own time within each round."""
        total = self.by_round(results, contestant)
        stripe = Figure(self.measure, self.rate, PAYMENTS).by_round(results, STRIPE)
        return spread([total[number] - stripe[number] for number in total if number in stripe])


def spread(values: Sequence[float]) -> Spread | None:
    """Return median, lowest and highest value, or None without values."""
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def _of_server_run(run: ServerRun, measure: str) -> float:
    return run.ready_seconds if measure == "ready" else run.memory_mib


def _of_phase(phase: Phase, measure: str) -> float | None:
    values: dict[str, float | None] = {
        **phase.times_ms,
        "cpu": phase.cpu_ms,
        "broker_cpu": phase.broker_cpu_ms,
        "sender_cpu": phase.sender_cpu_ms,
        "rate": phase.responses_per_second,
        "others": phase.other_usage_share,
    }
    return values.get(measure)


def rates(results: Results) -> list[float]:
    """Return the rates of the webhook phases, saturation last."""
    measured = {phase.rate for phase in results.phases if phase.kind == WEBHOOKS}
    return sorted(measured, key=lambda rate: rate or float("inf"))


def names(results: Results) -> list[str]:
    """Return the measured contestants, and the limits whose parts were measured."""
    measured = {phase.contestant for phase in results.phases}
    limits = [name for name, parts in LIMITS.items() if set(parts) <= measured]
    return sorted(measured) + limits
