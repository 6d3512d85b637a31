"""Replays stored records unchanged, from an export or a topic, at a limited rate."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from paycli.errors import LineInvalid, TopicNotConfirmed
from paycli.models import Offsets, StoredRecord
from paycli.ops.batching import batched
from paycli.ops.jsonl import LineBatch, from_line
from paycli.ops.progress import Progress
from paycli.ops.rate_limit import RateLimiter
from paycli.ops.topic_range import TopicRange, TopicReader, read_batches
from paycli.printable import shell_word

_MAX_BATCH_SIZE = 100


class StoredRecordPublisher(Protocol):
    """Publishes stored records."""

    def publish_all(
        self, batches: Iterable[Sequence[StoredRecord]], topic: str, *, keep_partitions: bool
    ) -> Iterator[int]:
        """Publishes to `topic` in order; yields the growing number of persisted records.

        `keep_partitions` keeps each record's partition; otherwise its key decides. Raises
        KafkaFailure.
        """


class ReplayBatch(NamedTuple):
    """Records to publish, and the position after them in each partition of the source.

    A file counts as partition 0; its position is in bytes.
    """

    records: list[StoredRecord]
    next_offsets: Offsets


@dataclass(frozen=True, slots=True)
class Selection:
    """Criteria for records; an empty one matches every record. Types are ours or Stripe's."""

    ids: Collection[str] = ()
    payments: Collection[str] = ()
    types: Collection[str] = ()
    range: TopicRange = field(default_factory=TopicRange)

    def filter(self, records: list[StoredRecord]) -> list[StoredRecord]:
        """Returns the records that match."""
        if not (self.ids or self.payments or self.types):
            return self.range.filter(records)
        return [record for record in records if self.matches(record)]

    def matches(self, record: StoredRecord) -> bool:
        """Whether the record meets every criterion."""
        return (
            self.range.matches(record)
            and (not self.ids or record.header("ce_id") in self.ids)
            and (not self.payments or _key(record) in self.payments)
            and (
                not self.types
                or record.header("__TypeId__") in self.types
                or record.header("stripe_event_type") in self.types
            )
        )


def batches_from_file(
    line_batches: Iterable[LineBatch],
    selection: Selection,
    topic: str,
    *,
    topic_confirmed: bool,
    start: int = 0,
) -> Iterator[ReplayBatch]:
    """Yields the selected records of an export that is read from the byte `start` on.

    `topic` is the target; unless `topic_confirmed`, the records must come from it. Raises
    LineInvalid, TopicNotConfirmed.
    """
    offsets = selection.range.offsets
    for line_batch in line_batches:
        records = []
        for index, line in enumerate(line_batch.lines):
            try:
                record = from_line(line)
            except LineInvalid as error:
                if not line.strip():
                    continue
                place = line_batch.place(index, from_start=not start)
                raise LineInvalid(f"{place} {error.detail}") from None
            if record.topic != topic and not topic_confirmed:
                raise TopicNotConfirmed(
                    f"these records are from {record.topic}: "
                    f"confirm the target with --topic {shell_word(topic)}, or name another"
                )
            if not offsets or _in_offsets(record, offsets):
                records.append(record)
        yield ReplayBatch(selection.filter(records), {0: line_batch.end_position})


def batches_from_topic(
    reader: TopicReader,
    selection: Selection,
    next_offsets: Mapping[int, int],
    progress: Progress,
    batch_size: int,
) -> Iterator[ReplayBatch]:
    """Yields the selected records that the topic has now.

    `next_offsets` are the offsets at which an earlier run stopped.
    """
    since, until = selection.range.resolve(reader)
    since = {p: min(max(first, next_offsets.get(p, 0)), until[p]) for p, first in since.items()}
    for batch in read_batches(reader, since, until, progress):
        for records in batched(batch, batch_size):
            position = {record.partition: record.offset + 1 for record in records}
            yield ReplayBatch(selection.filter(records), position)


def replay(
    batches: Iterable[ReplayBatch],
    publisher: StoredRecordPublisher,
    topic: str,
    *,
    keep_partitions: bool = False,
    per_second: float | None = None,
) -> Iterator[tuple[int, Offsets]]:
    """Publishes the records to `topic` with their key, value, headers and time unchanged.

    Yields the number of persisted records and the source offsets that follow them. Raises
    KafkaFailure.
    """
    in_flight, sent = deque[tuple[int, Offsets]](), 0
    limiter = None if per_second is None else RateLimiter(per_second)

    def send() -> Iterator[list[StoredRecord]]:
        nonlocal sent
        for records, next_offsets in batches:
            sent += len(records)
            in_flight.append((sent, next_offsets))
            if limiter is not None:
                for _ in records:
                    limiter.wait()
            yield records

    for persisted in publisher.publish_all(send(), topic, keep_partitions=keep_partitions):
        confirmed: Offsets = {}
        while in_flight and in_flight[0][0] <= persisted:
            confirmed |= in_flight.popleft()[1]
        yield persisted, confirmed


def batch_size(per_second: float | None) -> int:
    """Returns the largest batch that takes at most a tenth of a second at this rate."""
    if per_second is None:
        return _MAX_BATCH_SIZE
    return min(_MAX_BATCH_SIZE, max(1, int(per_second / 10)))


def _in_offsets(record: StoredRecord, offsets: Mapping[int, tuple[int, int | None]]) -> bool:
    first, end = offsets.get(record.partition, (0, 0))
    return first <= record.offset and (end is None or record.offset < end)


def _key(record: StoredRecord) -> str | None:
    return None if record.key is None else record.key.decode("utf-8", "replace")
