"""What the project wants of itself, as ratios, and whether it is so."""

from collections.abc import Iterator
from dataclasses import dataclass

from .figures import Figure, Spread
from .results import BESIDE_WEBHOOKS, PAYMENTS, SATURATION, STRIPE, WEBHOOKS, Results


@dataclass(frozen=True)
class Goal:
    """A figure of `contestant` is to be so many times that of `against`: at most, or at least.

    Against STRIPE it is to be at most so much more, in milliseconds.
    """

    contestant: str
    figure: Figure
    against: str
    limit: float
    at_least: bool = False

    @property
    def text(self) -> str:
        """What it is about, in a few words."""
        load = f" at {self.figure.rate:.0f}/s" if self.figure.rate else ""
        kind = "" if self.figure.kind == WEBHOOKS else f" of {self.figure.kind}"
        return f"{self.contestant}: {self.figure.measure}{load}{kind} / {self.against}"

    @property
    def wanted(self) -> str:
        """The limit, and its side."""
        unit = " ms more" if self.against == STRIPE else ""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{unit}"

    def measure(self, results: Results) -> Spread | None:
        """Return the ratio, or the milliseconds more; None if it was not measured."""
        if self.against == STRIPE:
            return self.figure.added_to_stripe(results, self.contestant)
        return self.figure.ratio(results, self.contestant, self.against)

    def met_by(self, measured: Spread) -> bool:
        """Whether the median over the rounds is on the right side."""
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
        yield Goal("granian", p50, "go", 1.15)
        yield Goal("granian", p99, "go", 1)
    yield Goal("waitress", Figure("memory"), "spring", 0.25)
    yield Goal("waitress", Figure("ready"), "spring", 0.25)
    most = Figure("rate", SATURATION)
    yield Goal("waitress-2", most, "spring", 0.5, at_least=True)
    yield Goal("waitress-2", most, "fastapi", 2, at_least=True)
    yield Goal("granian-2", most, "go", 1, at_least=True)
    yield Goal("granian-2", most, "spring", 1, at_least=True)
    for kind in (PAYMENTS, BESIDE_WEBHOOKS):
        yield Goal("waitress", Figure("p99", 100.0, kind), STRIPE, 20)


GOALS = tuple(_goals())


def measured(results: Results) -> list[tuple[Goal, Spread]]:
    """Return each goal that the results tell something about, with what was measured."""
    found = [(goal, goal.measure(results)) for goal in GOALS]
    return [(goal, spread) for goal, spread in found if spread is not None]
