"""A recording as time series for charts. Times are seconds since its start."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.sender import Attempt

from .recording import Recording, percentile, status_of

Points = list[tuple[float, float]]
BINS = 240
LATENCIES = {"p50": 0.5, "p99": 0.99, "longest": 1.0}


@dataclass(frozen=True)
class Bar:
    """A fault: its row, its label, its start and end."""

    row: str
    label: str
    start: float
    end: float


class Timeline:
    """Divides a recording into bins of `bin_seconds`, one second or, for long runs, more."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._origin = recording.started_at_seconds
        ends = [a.started_at_seconds + a.seconds for a in recording.attempts]
        ends += [fault.ended_at_seconds for fault in recording.faults]
        self.seconds = max(ends) - self._origin
        self.bin_seconds = max(1.0, self.seconds / BINS)

    def responses(self) -> dict[str, Points]:
        """Return attempts per second by status; each series has a point for each bin."""
        counts = {
            bin_number: Counter(map(status_of, each)) for bin_number, each in self._bins().items()
        }
        statuses = sorted({status for count in counts.values() for status in count})
        bin_numbers = range(max(counts) + 1)
        return {
            status: [
                (
                    bin_number * self.bin_seconds,
                    counts.get(bin_number, Counter())[status] / self.bin_seconds,
                )
                for bin_number in bin_numbers
            ]
            for status in statuses
        }

    def latencies(self) -> dict[str, Points]:
        """Return percentiles of the response time in milliseconds, for each bin with responses."""
        series: dict[str, Points] = {name: [] for name in LATENCIES}
        for bin_number, attempts in sorted(self._bins().items()):
            milliseconds = [1000 * a.seconds for a in attempts if a.status is not None]
            if milliseconds:
                middle = (bin_number + 0.5) * self.bin_seconds
                for name, share in LATENCIES.items():
                    series[name].append((middle, percentile(milliseconds, share)))
        return series

    def figure(self, name: str) -> Points:
        """Return a sampled figure, the highest of each bin."""
        highest: dict[int, float] = defaultdict(float)
        for at, value in self._recording.samples[name]:
            bin_number = int((at - self._origin) / self.bin_seconds)
            highest[bin_number] = max(highest[bin_number], value)
        return [
            (bin_number * self.bin_seconds, value) for bin_number, value in sorted(highest.items())
        ]

    def bars(self) -> list[Bar]:
        """Return the injected faults."""
        return [
            Bar(
                fault.kind,
                f"{fault.kind}: {fault.target}, from webhook {fault.webhook}",
                fault.started_at_seconds - self._origin,
                fault.ended_at_seconds - self._origin,
            )
            for fault in self._recording.faults
        ]

    def _bins(self) -> Mapping[int, Sequence[Attempt]]:
        bins: defaultdict[int, list[Attempt]] = defaultdict(list)
        for attempt in self._recording.attempts:
            ended = attempt.started_at_seconds + attempt.seconds - self._origin
            bins[int(ended / self.bin_seconds)].append(attempt)
        return bins
