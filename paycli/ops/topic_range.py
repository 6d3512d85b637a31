"""Windows of a topic: from where to where its records are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from paycli.models import Offsets, StoredRecord
from paycli.ops.rate_limit import Progress, silent

CLOCK_MARGIN_SECONDS = 3600
"""How far the clocks of Stripe, of our machines and of brokers may be apart."""


class Reader(Protocol):
    """One topic, to be read. Each call may raise KafkaFailure."""

    @property
    def topic(self) -> str:
        """Its name."""

    def begin_offsets(self) -> Offsets:
        """Where the oldest record of each partition is."""

    def end_offsets(self) -> Offsets:
        """Where the next record of each partition will be."""

    def offsets_at(self, timestamp_ms: int) -> Offsets:
        """Where the first record of each partition is whose time is not before."""

    def batches(self, since: Offsets, until: Offsets) -> Iterator[list[StoredRecord]]:
        """The records from `since` up to `until`, some at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which records: by their time (Unix seconds, from `since` and before `until`), by offset.

    `offsets` has a first offset and the one behind the last for each partition that is wanted;
    empty: all partitions. None: no limit.
    """

    since: float | None = None
    until: float | None = None
    offsets: Mapping[int, tuple[int, int | None]] | None = None

    def bounds(self, reader: Reader) -> tuple[Offsets, Offsets]:
        """Where to begin and to end; what comes from now on is not in it. Raises KafkaFailure."""
        begin, end = reader.begin_offsets(), reader.end_offsets()
        if self.since is not None:
            begin = reader.offsets_at(int(self.since * 1000))
        if self.offsets:
            wanted = {p: its for p, its in self.offsets.items() if p in end}
            begin = {p: max(begin[p], first) for p, (first, _) in wanted.items()}
            end = {
                p: end[p] if last is None else min(end[p], last) for p, (_, last) in wanted.items()
            }
        return {p: min(begin[p], end[p]) for p in end}, end

    def of(self, records: list[StoredRecord]) -> list[StoredRecord]:
        """Those of the records that are of the time."""
        if self.since is None and self.until is None:
            return records
        return [record for record in records if self.has(record)]

    def has(self, record: StoredRecord) -> bool:
        """Whether the record is of the time.

        Records that were copied keep their time, so a later offset may have an earlier time.
        """
        if record.timestamp_ms is None:
            return True
        return (self.since is None or record.timestamp_ms >= self.since * 1000) and (
            self.until is None or record.timestamp_ms < self.until * 1000
        )


def happened_since(moment: float | None) -> Window:
    """All records of what happened at Stripe since a moment, and more.

    They were published after it happened: by webhook up to three days later, else at any time.
    """
    return Window(since=None if moment is None else moment - CLOCK_MARGIN_SECONDS)


def read(
    reader: Reader, since: Offsets, until: Offsets, progress: Progress = silent
) -> Iterator[StoredRecord]:
    """The records in between, and how far it has come."""
    for batch in batches(reader, since, until, progress):
        yield from batch


def batches(
    reader: Reader, since: Offsets, until: Offsets, progress: Progress = silent
) -> Iterator[list[StoredRecord]]:
    """The same, some at a time."""
    total = sum(until[p] - since[p] for p in until) or 1
    at = dict(since)
    for batch in reader.batches(since, until):
        at |= {record.partition: record.offset for record in batch}
        left = sum(max(0, until[p] - at[p]) for p in until)
        progress(f"reading {reader.topic}", 1 - left / total)
        yield batch
