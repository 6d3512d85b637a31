"""The cost of an event by the number of events before it, and by its size."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from . import load, webhooks
from .contestants import Contestant
from .load import LoadProfile
from .results import SATURATION
from .workbench import Workbench, log, summary

STEPS = (1_000, 9_000, 90_000)
STEP = 100_000
MAX_SECONDS_PER_STEP = 200.0
SIZES_KB = (1, 4, 16, 32, 64, 128, 256)
CONNECTIONS = 8
WARM_UP_EVENTS = 2_000


@dataclass(frozen=True)
class Point:
    """The cost of an event: `at` is the number of events so far, or the size of each in KB."""

    at: float
    cpu_ms: float
    p50_ms: float
    memory_mib: float


@dataclass(frozen=True)
class Costs:
    """The points of a contestant in order, and its problem if it is disqualified."""

    contestant: str
    unit: str
    points: Sequence[Point]
    problem: str | None = None

    def deviation(self) -> float:
        """Return the largest distance of a point from the regression line, as a share of it."""
        positions, costs = [p.at for p in self.points], [p.cpu_ms for p in self.points]
        line = statistics.linear_regression(positions, costs)
        fitted = [line.slope * position + line.intercept for position in positions]
        return max(abs(c - f) / f for c, f in zip(costs, fitted, strict=True))

    def growth(self) -> float:
        """Return the cost at the end of the regression line relative to its beginning."""
        positions, costs = [p.at for p in self.points], [p.cpu_ms for p in self.points]
        line = statistics.linear_regression(positions, costs)
        ends = (positions[0], positions[-1])
        first, last = (line.slope * position + line.intercept for position in ends)
        return last / first


def by_count(workbench: Workbench, contestant: Contestant, count: int) -> Costs:
    """Send `count` events to one process and measure their cost in steps."""
    steps = [*STEPS, *[STEP] * ((count - sum(STEPS)) // STEP)]
    return _measured(workbench, contestant, "events", [(step, 0) for step in steps])


def by_size(workbench: Workbench, contestant: Contestant, events: int) -> Costs:
    """Measure the cost of events of each size."""
    return _measured(
        workbench, contestant, "KB", [(events, size_kb * 1024) for size_kb in SIZES_KB]
    )


def _measured(
    workbench: Workbench, contestant: Contestant, unit: str, steps: Sequence[tuple[int, int]]
) -> Costs:
    config = workbench.new_config()
    points: list[Point] = []
    problem, total = None, 0
    with workbench.running(contestant, config) as server:
        warm_up = LoadProfile(SATURATION, MAX_SECONDS_PER_STEP, CONNECTIONS, WARM_UP_EVENTS)
        load.send(server.address, webhooks.requests(), warm_up)
        for events, size_bytes in steps:
            profile = LoadProfile(SATURATION, MAX_SECONDS_PER_STEP, CONNECTIONS, events)
            requests = webhooks.requests(size_bytes)
            phase = workbench.send_webhooks(contestant, config, server, profile, requests)
            total += events
            at = len(requests.body) / 1024 if size_bytes else total
            assert phase.cpu_ms is not None, "a server was measured"
            cpu_ms, p50_ms = phase.cpu_ms, phase.times_ms["p50"]
            points.append(Point(at, cpu_ms, p50_ms, server.memory_mib()))
            problem = problem or phase.problem
            log(f"{at:10,.1f} {unit}  {points[-1].memory_mib:.1f} MiB  {summary(phase)}")
    return Costs(contestant.name, unit, points, problem)
