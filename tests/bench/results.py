"""The measured figures and their file, so that rounds can be added and reports repeated."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

WEBHOOKS, PAYMENTS, WITH_WEBHOOKS = "webhooks", "payments", "payments with webhooks"
"""Kinds of phases: what is sent."""
STRIPE = "stripe"
"""The name under which Stripe's own time is measured with payments."""
SATURATION = 0.0
"""The rate of a closed loop, in which each connection sends without a pause."""


@dataclass(frozen=True)
class Phase:
    """One contestant under one load in one round; times in milliseconds.

    Attributes:
        contestant: Its name.
        round: The number of the round, from 0.
        rate: The requested rate per second, SATURATION for a closed loop.
        responses_per_second: The rate of 2xx responses.
        times_ms: Percentiles of the response time of 2xx responses.
        cpu_ms: Processor time per 2xx response; None if it was not measured.
        responses: The number of responses by status.
        failures: The number of requests without a response by reason.
        late_ms: Percentiles of how far the load generator was behind its schedule.
        other_usage_share: The share of the machine that unrelated programs used.
        problem: Why the contestant is disqualified.
        kind: What was sent.
        broker_cpu_ms: The broker's processor time per 2xx response.
        sender_cpu_ms: That of the load generator.
    """

    contestant: str
    round: int
    rate: float
    responses_per_second: float
    times_ms: dict[str, float]
    cpu_ms: float | None
    responses: dict[str, int]
    failures: dict[str, int]
    late_ms: dict[str, float]
    other_usage_share: float
    problem: str | None = None
    kind: str = WEBHOOKS
    broker_cpu_ms: float | None = None
    sender_cpu_ms: float | None = None


@dataclass(frozen=True)
class ServerRun:
    """One run of a contestant's server: its start, its memory after all loads, and its problem."""

    contestant: str
    round: int
    ready_seconds: float
    memory_mib: float
    problem: str | None = None


@dataclass
class Results:
    """The phases and server runs of all rounds so far."""

    command: str
    machine: str
    phases: list[Phase] = field(default_factory=list)
    server_runs: list[ServerRun] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return 1 + max((phase.round for phase in self.phases), default=-1)

    def problems(self) -> dict[str, str]:
        """Return the problem of each disqualified contestant."""
        problems = [(each.contestant, each.problem) for each in self.phases]
        problems += [(each.contestant, each.problem) for each in self.server_runs]
        return {contestant: problem for contestant, problem in problems if problem}

    def write(self, path: Path) -> None:
        """Write everything to a file."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """Return the results of a file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    phases = [Phase(**each) for each in content.pop("phases")]
    server_runs = [ServerRun(**each) for each in content.pop("server_runs")]
    return Results(**content, phases=phases, server_runs=server_runs)
