"""What happened during a run: attempts to deliver, faults, and what was counted meanwhile."""

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from harness.sender import Attempt

NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that happened: its kind, what it hit, and from when to when (monotonic seconds).

    `webhook` is the number of the webhook that was sent next when it began.
    """

    kind: str
    target: str
    webhook: int
    started_at_seconds: float
    ended_at_seconds: float


@dataclass
class Recording:
    """Fills while the run lasts, from many threads. Times are monotonic seconds."""

    started_at_seconds: float = field(default_factory=time.monotonic)
    attempts: list[Attempt] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def note_strike(self, strike: Strike) -> None:
        """Keep a fault, and say so in one line of JSON on standard error."""
        self.strikes.append(strike)
        self.say(
            fault=strike.kind,
            target=strike.target,
            webhook=strike.webhook,
            started=round(strike.started_at_seconds - self.started_at_seconds, 1),
            seconds=round(strike.ended_at_seconds - strike.started_at_seconds, 1),
        )

    def say(self, **facts: object) -> None:
        """One line of JSON on standard error, with the seconds since the start."""
        at = round(time.monotonic() - self.started_at_seconds, 1)
        sys.stderr.write(json.dumps({"at": at, **facts}) + "\n")

    def counts(self) -> dict[str, int]:
        """How many faults of each kind there were."""
        kinds = sorted(strike.kind for strike in self.strikes)
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


class Sampler:
    """Asks for figures at an interval, in a thread of its own, and keeps them in a recording."""

    def __init__(
        self,
        recording: Recording,
        figures: Mapping[str, Callable[[], float]],
        interval_seconds: float = 1.0,
    ) -> None:
        self._recording = recording
        self._figures = figures
        self._interval_seconds = interval_seconds
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ending.wait(self._interval_seconds):
            for name, figure in self._figures.items():
                self._recording.samples[name].append((time.monotonic(), figure()))


def status_of(attempt: Attempt) -> str:
    """The answer's status as text, or that there was none."""
    return NO_ANSWER if attempt.status is None else str(attempt.status)


def answers_by_status(attempts: Iterable[Attempt]) -> dict[str, int]:
    """How many attempts ended with each status."""
    found: defaultdict[str, int] = defaultdict(int)
    for attempt in attempts:
        found[status_of(attempt)] += 1
    return dict(sorted(found.items()))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which so large a share (0 to 1) of the values lies; there must be one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
