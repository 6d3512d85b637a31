"""A recording of a run: delivery attempts, faults, and sampled figures."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.sender import Attempt

from .background import BackgroundLoop

NO_RESPONSE = "no response"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault that was injected: its kind, its target, its start and end (monotonic seconds).

    `webhook` is the number of the webhook that was sent next when it began.
    """

    kind: str
    target: str
    webhook: int
    started_at_seconds: float
    ended_at_seconds: float


@dataclass
class Recording:
    """Written by many threads during the run. Times are monotonic seconds."""

    started_at_seconds: float = field(default_factory=time.monotonic)
    attempts: list[Attempt] = field(default_factory=list)
    faults: list[InjectedFault] = field(default_factory=list)
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def add_fault(self, fault: InjectedFault) -> None:
        """Store a fault and log it."""
        self.faults.append(fault)
        self._log(
            fault=fault.kind,
            target=fault.target,
            webhook=fault.webhook,
            started=round(fault.started_at_seconds - self.started_at_seconds, 1),
            seconds=round(fault.ended_at_seconds - fault.started_at_seconds, 1),
        )

    def _log(self, **fields: object) -> None:
        """Write a line of JSON to standard error, with the seconds since the start."""
        at = round(time.monotonic() - self.started_at_seconds, 1)
        sys.stderr.write(json.dumps({"at": at, **fields}) + "\n")

    def counts(self) -> dict[str, int]:
        """Return the number of injected faults by kind."""
        kinds = sorted(fault.kind for fault in self.faults)
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


class Sampler(BackgroundLoop):
    """Samples figures at an interval on a thread of its own and stores them in a recording."""

    def __init__(
        self,
        recording: Recording,
        figures: Mapping[str, Callable[[], float]],
        interval_seconds: float = 1.0,
    ) -> None:
        super().__init__("sampler")
        self._recording = recording
        self._figures = figures
        self._interval_seconds = interval_seconds

    def _run(self) -> None:
        while not self._stopping.wait(self._interval_seconds):
            for name, figure in self._figures.items():
                self._recording.samples[name].append((time.monotonic(), figure()))


def status_of(attempt: Attempt) -> str:
    """Return the response's status as text, or NO_RESPONSE."""
    return NO_RESPONSE if attempt.status is None else str(attempt.status)


def responses_by_status(attempts: Iterable[Attempt]) -> dict[str, int]:
    """Return the number of attempts by status."""
    counts: defaultdict[str, int] = defaultdict(int)
    for attempt in attempts:
        counts[status_of(attempt)] += 1
    return dict(sorted(counts.items()))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0 to 1) of the values lies; `values` is not empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
