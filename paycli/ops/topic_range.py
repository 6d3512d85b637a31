"""Ranges of a topic, by time or offset, and reading their records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from paycli.models import Offsets, StoredRecord
from paycli.ops.progress import Progress, no_progress

CLOCK_MARGIN_SECONDS = 3600
"""Allowed difference between the clocks of Stripe, of our machines and of the brokers."""


class TopicReader(Protocol):
    """Reads one topic. Each call may raise KafkaFailure."""

    @property
    def topic(self) -> str:
        """The topic's name."""

    def begin_offsets(self) -> Offsets:
        """Returns the offset of the oldest record of each partition."""

    def end_offsets(self) -> Offsets:
        """Returns the offset that the next record of each partition will have."""

    def offsets_at(self, timestamp_ms: int) -> Offsets:
        """Returns for each partition the offset of the first record at or after a time."""

    def batches(self, since: Offsets, until: Offsets) -> Iterator[list[StoredRecord]]:
        """Yields the records from the offsets `since` up to `until`, in batches."""


@dataclass(frozen=True, slots=True)
class TopicRange:
    """A range of records, by record time and by offset.

    `since` (inclusive) and `until` (exclusive) are Unix seconds. `offsets` maps each selected
    partition to its first offset and the offset after its last one; empty: all partitions.
    None means no limit.
    """

    since: float | None = None
    until: float | None = None
    offsets: Mapping[int, tuple[int, int | None]] | None = None

    def resolve(self, reader: TopicReader) -> tuple[Offsets, Offsets]:
        """Returns the first offsets and the end offsets, without records written from now on.

        Raises KafkaFailure.
        """
        begin, end = reader.begin_offsets(), reader.end_offsets()
        if self.since is not None:
            begin = reader.offsets_at(int(self.since * 1000))
        if self.offsets:
            selected = {p: bounds for p, bounds in self.offsets.items() if p in end}
            begin = {p: max(begin[p], first) for p, (first, _) in selected.items()}
            end = {
                p: end[p] if stop is None else min(end[p], stop)
                for p, (_, stop) in selected.items()
            }
        return {p: min(begin[p], end[p]) for p in end}, end

    def filter(self, records: list[StoredRecord]) -> list[StoredRecord]:
        """Returns the records whose time is in the range."""
        if self.since is None and self.until is None:
            return records
        return [record for record in records if self.matches(record)]

    def matches(self, record: StoredRecord) -> bool:
        """Whether the record's time is in the range.

        Replayed records keep their time, so a later offset may have an earlier time.
        """
        if record.timestamp_ms is None:
            return True
        return (self.since is None or record.timestamp_ms >= self.since * 1000) and (
            self.until is None or record.timestamp_ms < self.until * 1000
        )


def range_of_events_since(created: float | None) -> TopicRange:
    """Returns a range that has all records of events created at Stripe since `created`.

    An event is published after its creation: by webhook up to three days later, by backfill or
    replay at any time. The range therefore has no end.
    """
    return TopicRange(since=None if created is None else created - CLOCK_MARGIN_SECONDS)


def read_records(
    reader: TopicReader, since: Offsets, until: Offsets, progress: Progress = no_progress
) -> Iterator[StoredRecord]:
    """Yields the records from the offsets `since` up to `until`, and reports progress."""
    for batch in read_batches(reader, since, until, progress):
        yield from batch


def read_batches(
    reader: TopicReader, since: Offsets, until: Offsets, progress: Progress = no_progress
) -> Iterator[list[StoredRecord]]:
    """Yields the records from the offsets `since` up to `until` in batches."""
    total = sum(until[p] - since[p] for p in until) or 1
    position = dict(since)
    for batch in reader.batches(since, until):
        position |= {record.partition: record.offset for record in batch}
        remaining = sum(max(0, until[p] - position[p]) for p in until)
        progress(f"reading {reader.topic}", 1 - remaining / total)
        yield batch
