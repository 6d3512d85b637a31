"""Publishes stored records again as they are: from a file or a topic, chosen, at a pace."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from paycli.errors import LineInvalid, TopicNotSaid
from paycli.models import Copy, Offsets, StoredRecord
from paycli.pace import paced
from paycli.record_lines import from_line
from paycli.windows import Reader, Window, read


class Publisher(Protocol):
    """Where copies go."""

    def publish_all(self, records: Iterable[Copy]) -> Iterator[int]:
        """Publishes in order; tells how many of the first are persisted. Raises KafkaError."""


class Item(NamedTuple):
    """A record, and where its lane (a partition; a file is one) goes on behind it."""

    lane: int
    behind: int
    record: StoredRecord


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records; whatever is empty does not matter. Types are ours or Stripe's."""

    ids: Collection[str] = ()
    payments: Collection[str] = ()
    types: Collection[str] = ()
    window: Window = field(default_factory=Window)

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
    lines: Iterable[bytes], wanted: Selection, topic: str, *, said: bool, start: int = 0
) -> Iterator[Item]:
    """The wanted records of an export, whose position is in bytes; `start` is that of the first.

    `topic` is where they go; `said` whether somebody chose it: else they must be from there. Raises
    LineInvalid, TopicNotSaid.
    """
    position, offsets = start, wanted.window.offsets
    for number, line in enumerate(lines, start=1):
        position += len(line)
        if not line.strip():
            continue
        try:
            source, record = from_line(line)
        except LineInvalid as error:
            place = f"line {number}" if not start else f"the line that ends at byte {position}"
            raise LineInvalid(f"{place} {error.detail}") from None
        if source != topic and not said:
            raise TopicNotSaid(
                f"these records are from {source}: say --topic {topic}, or where else they go"
            )
        if (not offsets or _in_offsets(record, offsets)) and wanted.has(record):
            yield Item(0, position, record)


def from_topic(
    reader: Reader,
    wanted: Selection,
    done: Mapping[int, int],
    hear: Callable[[str, float], None],
) -> Iterator[Item]:
    """The wanted records that the topic has now, from where each partition was `done` to."""
    since, until = wanted.window.bounds(reader)
    since = {p: min(max(at, done.get(p, 0)), until[p]) for p, at in since.items()}
    for record in read(reader, since, until, hear):
        if wanted.has(record):
            yield Item(record.partition, record.offset + 1, record)


def replay(
    items: Iterable[Item],
    publisher: Publisher,
    topic: str,
    *,
    keep_partitions: bool = False,
    per_second: float | None = None,
) -> Iterator[tuple[int, Offsets]]:
    """Publishes copies to `topic`: key, value, headers and time stay as they are.

    Tells as it goes how many are persisted, and where each lane goes on behind them. Raises
    KafkaError.
    """
    in_flight = deque[tuple[int, int]]()
    behind: Offsets = {}

    def copies() -> Iterator[Copy]:
        for lane, next_, it in paced(items, per_second):
            in_flight.append((lane, next_))
            partition = it.partition if keep_partitions else None
            yield Copy(topic, it.key, it.value, it.headers, it.timestamp_ms, partition)

    persisted = 0
    for count in publisher.publish_all(copies()):
        for _ in range(count - persisted):
            lane, next_ = in_flight.popleft()
            behind[lane] = next_
        persisted = count
        yield persisted, dict(behind)


def _in_offsets(record: StoredRecord, offsets: Mapping[int, tuple[int, int | None]]) -> bool:
    first, end = offsets.get(record.partition, (0, 0))
    return first <= record.offset and (end is None or record.offset < end)


def _key(record: StoredRecord) -> str | None:
    return None if record.key is None else record.key.decode("utf-8", "replace")
