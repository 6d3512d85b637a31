"""Publishes stored records again as they are: from a file or a topic, chosen, at a pace."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from paycli.errors import LineInvalid, TopicNotConfirmed
from paycli.models import Offsets, StoredRecord
from paycli.ops import topic_range
from paycli.ops.jsonl import Lines, from_line
from paycli.ops.rate_limit import RateLimiter, batched
from paycli.ops.topic_range import Reader, Window

_AT_ONCE = 100


class Publisher(Protocol):
    """Where copies go."""

    def publish_all(
        self, batches: Iterable[Sequence[StoredRecord]], topic: str, *, keep_partitions: bool
    ) -> Iterator[int]:
        """Publishes to `topic` in order; yields how many of the first are persisted, per batch.

        The partition stays, or the key decides it. Raises KafkaFailure.
        """


class Batch(NamedTuple):
    """Records, and where their lanes (a partition; a file is one) go on behind them."""

    records: list[StoredRecord]
    behind: Offsets


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records; whatever is empty does not matter. Types are ours or Stripe's."""

    ids: Collection[str] = ()
    payments: Collection[str] = ()
    types: Collection[str] = ()
    window: Window = field(default_factory=Window)

    def of(self, records: list[StoredRecord]) -> list[StoredRecord]:
        """Those of the records that are among them."""
        if not (self.ids or self.payments or self.types):
            return self.window.of(records)
        return [record for record in records if self.has(record)]

    def has(self, record: StoredRecord) -> bool:
        """Whether the record is among them."""
        return (
            self.window.has(record)
            and (not self.ids or record.header("ce_id") in self.ids)
            and (not self.payments or _key(record) in self.payments)
            and (
                not self.types
                or record.header("__TypeId__") in self.types
                or record.header("stripe_event_type") in self.types
            )
        )


def from_file(
    read: Iterable[Lines], wanted: Selection, topic: str, *, said: bool, start: int = 0
) -> Iterator[Batch]:
    """The wanted records of an export, which is read from the byte `start` on.

    `topic` is where they go; `said` whether somebody chose it: else they must be from there. Raises
    LineInvalid, TopicNotConfirmed.
    """
    offsets = wanted.window.offsets
    for lines in read:
        records = []
        for index, line in enumerate(lines.texts):
            try:
                record = from_line(line)
            except LineInvalid as error:
                if not line.strip():
                    continue
                place = lines.place(index, counted=not start)
                raise LineInvalid(f"{place} {error.detail}") from None
            if record.topic != topic and not said:
                raise TopicNotConfirmed(
                    f"these records are from {record.topic}: "
                    f"say --topic {topic}, or where else they go"
                )
            if not offsets or _in_offsets(record, offsets):
                records.append(record)
        yield Batch(wanted.of(records), {0: lines.behind})


def from_topic(
    reader: Reader,
    wanted: Selection,
    done: Mapping[int, int],
    hear: Callable[[str, float], None],
    most: int,
) -> Iterator[Batch]:
    """The wanted records that the topic has now, from where each partition was `done` to."""
    since, until = wanted.window.bounds(reader)
    since = {p: min(max(at, done.get(p, 0)), until[p]) for p, at in since.items()}
    for batch in topic_range.batches(reader, since, until, hear):
        for records in batched(batch, most):
            behind = {record.partition: record.offset + 1 for record in records}
            yield Batch(wanted.of(records), behind)


def replay(
    batches: Iterable[Batch],
    publisher: Publisher,
    topic: str,
    *,
    keep_partitions: bool = False,
    per_second: float | None = None,
) -> Iterator[tuple[int, Offsets]]:
    """Publishes copies to `topic`: key, value, headers and time stay as they are.

    Tells as it goes how many are persisted, and where each lane goes on behind them. Raises
    KafkaFailure.
    """
    in_flight, sent = deque[tuple[int, Offsets]](), 0
    pace = None if per_second is None else RateLimiter(per_second)

    def send() -> Iterator[list[StoredRecord]]:
        nonlocal sent
        for records, behind in batches:
            sent += len(records)
            in_flight.append((sent, behind))
            if pace is not None:
                for _ in records:
                    pace.wait()
            yield records

    for persisted in publisher.publish_all(send(), topic, keep_partitions=keep_partitions):
        behind: Offsets = {}
        while in_flight and in_flight[0][0] <= persisted:
            behind |= in_flight.popleft()[1]
        yield persisted, behind


def at_once(per_second: float | None) -> int:
    """How many records a batch has at most, so that it does not take long at this rate."""
    return _AT_ONCE if per_second is None else min(_AT_ONCE, max(1, int(per_second / 10)))


def _in_offsets(record: StoredRecord, offsets: Mapping[int, tuple[int, int | None]]) -> bool:
    first, end = offsets.get(record.partition, (0, 0))
    return first <= record.offset and (end is None or record.offset < end)


def _key(record: StoredRecord) -> str | None:
    return None if record.key is None else record.key.decode("utf-8", "replace")
