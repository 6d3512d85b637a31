"""Does an event cost the same after a million others, and grows its cost with its size alone?"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from . import load, webhooks
from .arena import Arena, say, told
from .contestants import Contestant
from .load import RateLimiter
from .results import SATURATION

STEPS = (1_000, 9_000, 90_000)
STEP = 100_000
SECONDS_FOR_A_STEP = 200.0
SIZES_KB = (1, 4, 16, 32, 64, 128, 256)
CONNECTIONS = 8
SETTLING_EVENTS = 2_000


@dataclass(frozen=True)
class Point:
    """What an event cost at a place: `at` is how many events there were, or KB of each."""

    at: float
    cpu_ms: float
    p50_ms: float
    memory_mib: float


@dataclass(frozen=True)
class Costs:
    """The points of a contestant, in their order, and what was wrong with them."""

    contestant: str
    unit: str
    points: Sequence[Point]
    problem: str | None = None

    def deviation(self) -> float:
        """Return how far a point lies from the straight line through all, as a share of it."""
        places, costs = [p.at for p in self.points], [p.cpu_ms for p in self.points]
        line = statistics.linear_regression(places, costs)
        fitted = [line.slope * place + line.intercept for place in places]
        return max(abs(c - f) / f for c, f in zip(costs, fitted, strict=True))

    def growth(self) -> float:
        """Return the cost at the end of that line, as a multiple of the cost at its beginning."""
        places, costs = [p.at for p in self.points], [p.cpu_ms for p in self.points]
        line = statistics.linear_regression(places, costs)
        first, last = (line.slope * place + line.intercept for place in (places[0], places[-1]))
        return last / first


def by_count(arena: Arena, contestant: Contestant, count: int) -> Costs:
    """Send so many events to one process, and look at what they cost on the way."""
    steps = [*STEPS, *[STEP] * ((count - sum(STEPS)) // STEP)]
    return _measured(arena, contestant, "events", [(step, 0) for step in steps])


def by_size(arena: Arena, contestant: Contestant, events: int) -> Costs:
    """Send so many events of each size."""
    return _measured(arena, contestant, "KB", [(events, size_kb * 1024) for size_kb in SIZES_KB])


def _measured(
    arena: Arena, contestant: Contestant, unit: str, steps: Sequence[tuple[int, int]]
) -> Costs:
    place = arena.place()
    points: list[Point] = []
    problem, total = None, 0
    with arena.running(contestant, place) as server:
        settling = RateLimiter(SATURATION, SECONDS_FOR_A_STEP, CONNECTIONS, SETTLING_EVENTS)
        load.send(server.address, webhooks.requests(), settling)
        for events, size_bytes in steps:
            pace = RateLimiter(SATURATION, SECONDS_FOR_A_STEP, CONNECTIONS, events)
            sent = webhooks.requests(size_bytes)
            phase = arena.webhooks(contestant, place, server, pace, sent)
            total += events
            at = len(sent.body) / 1024 if size_bytes else total
            assert phase.cpu_ms is not None, "a server was measured"
            cpu_ms, p50_ms = phase.cpu_ms, phase.times_ms["p50"]
            points.append(Point(at, cpu_ms, p50_ms, server.memory_mib()))
            problem = problem or phase.problem
            say(f"{at:10,.1f} {unit}  {points[-1].memory_mib:.1f} MiB  {told(phase)}")
    return Costs(contestant.name, unit, points, problem)
