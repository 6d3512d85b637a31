"""The performance goals of the project, as ratios between contestants."""

from collections.abc import Iterator
from dataclasses import dataclass

from .figures import Figure, Spread
from .results import PAYMENTS, SATURATION, STRIPE, WEBHOOKS, WITH_WEBHOOKS, Results


@dataclass(frozen=True)
class Goal:
    """A limit of the ratio of a figure between `contestant` and `against`.

    Against STRIPE it is a limit of the difference in milliseconds.
    """

    contestant: str
    figure: Figure
    against: str
    limit: float
    at_least: bool = False

    @property
    def text(self) -> str:
        """The figure and the two contestants."""
        load = f" at {self.figure.rate:.0f}/s" if self.figure.rate else ""
        kind = "" if self.figure.kind == WEBHOOKS else f" of {self.figure.kind}"
        return f"{self.contestant}: {self.figure.measure}{load}{kind} / {self.against}"

    @property
    def target(self) -> str:
        """The limit with its direction."""
        unit = " ms more" if self.against == STRIPE else ""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{unit}"

    def measure(self, results: Results) -> Spread | None:
        """Return the ratio or the difference, or None if it was not measured."""
        if self.against == STRIPE:
            return self.figure.added_to_stripe(results, self.contestant)
        return self.figure.ratio(results, self.contestant, self.against)

    def met_by(self, measured: Spread) -> bool:
        """Return whether the median over the rounds is within the limit."""
        return measured.median >= self.limit if self.at_least else measured.median <= self.limit


def _goals() -> Iterator[Goal]:
    for rate in (100.0, 1000.0):
        p50, p99, cpu = Figure("p50", rate), Figure("p99", rate), Figure("cpu", rate)
        yield Goal("waitress", p50, "limit", 1.15)
        yield Goal("waitress", p50, "spring-tuned", 1)
        yield Goal("waitress", p50, "go", 1.3)
        yield Goal("waitress", p99, "spring-tuned", 0.5)
        yield Goal("waitress", p50, "spring", 0.33)
        yield Goal("waitress", p99, "spring", 0.33)
        yield Goal("waitress", cpu, "spring", 0.6)
        yield Goal("waitress", cpu, "go", 1.3)
    yield Goal("waitress", Figure("memory"), "spring", 0.25)
    yield Goal("waitress", Figure("ready"), "spring", 0.25)
    max_rate = Figure("rate", SATURATION)
    yield Goal("waitress-2", max_rate, "spring", 0.5, at_least=True)
    yield Goal("waitress-2", max_rate, "fastapi", 2, at_least=True)
    for kind in (PAYMENTS, WITH_WEBHOOKS):
        yield Goal("waitress", Figure("p99", 100.0, kind), STRIPE, 20)


GOALS = tuple(_goals())


def measured(results: Results) -> list[tuple[Goal, Spread]]:
    """Return each goal that was measured, with its result."""
    spreads = [(goal, goal.measure(results)) for goal in GOALS]
    return [(goal, spread) for goal, spread in spreads if spread is not None]
