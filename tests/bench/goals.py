"""What the project wants of itself, as ratios, and whether it is so."""

from collections.abc import Iterator
from dataclasses import dataclass

from .figures import Figure, Spread
from .results import SATURATION, Results


@dataclass(frozen=True)
class Goal:
    """One figure of `contestant` is to be so many times that of `against`: at most, or at least."""

    contestant: str
    figure: Figure
    against: str
    limit: float
    at_least: bool = False

    def met_by(self, ratio: Spread) -> bool:
        """Whether the median over the rounds is on the right side."""
        return ratio.median >= self.limit if self.at_least else ratio.median <= self.limit

    def __str__(self) -> str:
        load = f" at {self.figure.rate:.0f}/s" if self.figure.rate else ""
        return f"{self.contestant}: {self.figure.measure}{load} of {self.against}"


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


GOALS = tuple(_goals())


def judged(results: Results) -> list[tuple[Goal, Spread, bool]]:
    """Return each goal that the results tell something about: its ratio, and whether it is met."""
    found = []
    for goal in GOALS:
        ratio = goal.figure.ratio(results, goal.contestant, goal.against)
        if ratio is not None:
            found.append((goal, ratio, goal.met_by(ratio)))
    return found
