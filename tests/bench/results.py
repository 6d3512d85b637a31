"""What was measured, as it is kept in a file: rounds can be added, and reports made again."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

WEBHOOKS, PAYMENTS, BESIDE_WEBHOOKS = "webhooks", "payments", "payments beside webhooks"
"""Kinds of what is sent."""
STRIPE = "stripe"
"""Whose own time is measured too, where payments are."""
SATURATION = 0.0
"""The rate of a closed loop."""


@dataclass(frozen=True)
class Phase:
    """One contestant under one load, in one round; times in milliseconds.

    `kind` is what was sent; `rate` what was asked for, SATURATION for a closed loop; `per_second`
    what was answered. `cpu_ms` is processor time for each answer. `others_share` is how much of the
    machine programs used that have nothing to do with it. `problem` says why it does not count.
    """

    contestant: str
    round: int
    rate: float
    per_second: float
    times_ms: dict[str, float]
    cpu_ms: float | None
    answers: dict[str, int]
    failures: dict[str, int]
    late_ms: dict[str, float]
    others_share: float
    problem: str | None = None
    kind: str = WEBHOOKS


@dataclass(frozen=True)
class Life:
    """What a contestant took to start, its memory after all loads, and whether it lied."""

    contestant: str
    round: int
    ready_seconds: float
    memory_mib: float
    problem: str | None = None


@dataclass
class Results:
    """All rounds so far."""

    command: str
    machine: str
    phases: list[Phase] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        return 1 + max((phase.round for phase in self.phases), default=-1)

    def problems(self) -> dict[str, str]:
        """Return why each disqualified contestant is disqualified."""
        found = [(each.contestant, each.problem) for each in self.phases]
        found += [(each.contestant, each.problem) for each in self.lives]
        return {contestant: problem for contestant, problem in found if problem}

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> Results:
    """Return what a file keeps."""
    told = json.loads(path.read_text(encoding="utf-8"))
    phases = [Phase(**each) for each in told.pop("phases")]
    lives = [Life(**each) for each in told.pop("lives")]
    return Results(**told, phases=phases, lives=lives)
