"""Medians and spreads over rounds, and ratios between contestants of the same round."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .results import PAYMENTS, SATURATION, STRIPE, WEBHOOKS, Life, Phase, Results

LIMITS = {"limit": ("ack", "empty"), "limit-granian": ("ack", "empty-granian")}
"""What can't be beaten: the time of an acknowledgement and of an empty handler, added."""
DISTURBED_SHARE = 0.1
"""How much of the machine others may have used for a phase to count."""
TIMES = ("p50", "p90", "p99", "p999")
OF_A_LIFE = ("ready", "memory")


@dataclass(frozen=True)
class Spread:
    """The median over all rounds, and the lowest and the highest."""

    median: float
    low: float
    high: float

    def text(self, digits: int = 2) -> str:
        """Return it as `1.23 (1.20 to 1.30)`."""
        if self.low == self.high:
            return f"{self.median:,.{digits}f}"
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f} to {self.high:,.{digits}f})"


@dataclass(frozen=True)
class Figure:
    """What is asked for.

    Under a load: `p50` (or another of TIMES, ms), `cpu` (ms for each answer), `rate` (answers a
    second). Of a life: `ready` (seconds), `memory` (MiB).
    """

    measure: str
    rate: float = SATURATION
    kind: str = WEBHOOKS

    def by_round(self, results: Results, contestant: str) -> dict[int, float]:
        """Return it for each round that has it, without those that others disturbed.

        If others disturbed in all of them, all count.
        """
        if contestant in LIMITS:
            parts = [self.by_round(results, part) for part in LIMITS[contestant]]
            common = set.intersection(*(set(part) for part in parts))
            return {number: sum(part[number] for part in parts) for number in sorted(common)}
        if self.measure in OF_A_LIFE:
            lives = [each for each in results.lives if each.contestant == contestant]
            return {each.round: _of_life(each, self.measure) for each in lives}
        wanted = (contestant, self.kind, self.rate)
        phases = [it for it in results.phases if (it.contestant, it.kind, it.rate) == wanted]
        quiet = [phase for phase in phases if phase.others_share <= DISTURBED_SHARE]
        values = {phase.round: _of_phase(phase, self.measure) for phase in quiet or phases}
        return {number: value for number, value in values.items() if value is not None}

    def spread(self, results: Results, contestant: str) -> Spread | None:
        """Return it over all rounds, None if no round has it."""
        return spread(list(self.by_round(results, contestant).values()))

    def ratio(self, results: Results, contestant: str, other: str) -> Spread | None:
        """Return how many times that of the other it is: of the medians, and within each round."""
        ours, theirs = self.by_round(results, contestant), self.by_round(results, other)
        if not ours or not theirs:
            return None
        middle = statistics.median(ours.values()) / statistics.median(theirs.values())
        pairs = [ours[number] / theirs[number] for number in ours if number in theirs]
        return Spread(middle, min(pairs, default=middle), max(pairs, default=middle))

    def added_to_stripe(self, results: Results, contestant: str) -> Spread | None:
        """Return how much more it is than Stripe's own time, within each round."""
        whole = self.by_round(results, contestant)
        own = Figure(self.measure, self.rate, PAYMENTS).by_round(results, STRIPE)
        return spread([whole[number] - own[number] for number in whole if number in own])


def spread(values: Sequence[float]) -> Spread | None:
    """Return median, lowest and highest; None without values."""
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def _of_life(life: Life, measure: str) -> float:
    return life.ready_seconds if measure == "ready" else life.memory_mib


def _of_phase(phase: Phase, measure: str) -> float | None:
    if measure == "cpu":
        return phase.cpu_ms
    if measure == "rate":
        return phase.per_second
    return phase.times_ms.get(measure)


def rates(results: Results) -> list[float]:
    """Return the loads of webhooks that there are, saturation last."""
    found = {phase.rate for phase in results.phases if phase.kind == WEBHOOKS}
    return sorted(found, key=lambda rate: rate or float("inf"))


def names(results: Results) -> list[str]:
    """Return who was measured, and the limits whose parts were."""
    found = {phase.contestant for phase in results.phases}
    limits = [name for name, parts in LIMITS.items() if set(parts) <= set(found)]
    return sorted(found) + limits
