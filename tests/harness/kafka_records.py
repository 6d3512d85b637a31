"""The records of a topic, as any consumer reads them."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

BATCH = 1_000
RETRY_SECONDS = 0.05
REQUEST_TIMEOUT_SECONDS = 10.0
READ_TIMEOUT_SECONDS = 60.0
RETRYABLE_ERRORS = (
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError._UNKNOWN_PARTITION,
)
"""Errors of a partition whose leader is being elected or has just been elected."""


@dataclass(frozen=True)
class ConsumedRecord:
    """One record; headers in order, including duplicates."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int
    offset: int
    timestamp_ms: int

    def header(self, name: str) -> str | None:
        """Return the last header of this name as text, as Java's `lastHeader`; None if none."""
        values = [value for key, value in self.headers if key == name]
        return values[-1].decode() if values and values[-1] is not None else None


def end_offsets(bootstrap_servers: str, topic: str) -> dict[int, int]:
    """Return for each partition the offset that its next record will get."""
    return end_offsets_of(bootstrap_servers, [topic])[topic]


def end_offsets_of(bootstrap_servers: str, topics: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return the `end_offsets` of each topic."""
    consumer = _consumer(bootstrap_servers)
    try:
        return {topic: _end_offsets(consumer, topic) for topic in topics}
    finally:
        consumer.close()


def read_records(
    bootstrap_servers: str, topic: str, *, from_offsets: Mapping[int, int] | None = None
) -> list[ConsumedRecord]:
    """Return the records of a topic up to its current end, ordered by partition and offset.

    `from_offsets` has the first offset of each partition, 0 by default: with earlier `end_offsets`
    only newer records are read. Raises `KafkaException` if the topic does not exist and
    `TimeoutError` if reading takes more than a minute.
    """
    records = stream_records(bootstrap_servers, topic, from_offsets=from_offsets)
    return sorted(records, key=lambda record: (record.partition, record.offset))


def stream_records(
    bootstrap_servers: str, topic: str, *, from_offsets: Mapping[int, int] | None = None
) -> Iterator[ConsumedRecord]:
    """Yield the records of `read_records` as they arrive, ordered within each partition only."""
    consumer = _consumer(bootstrap_servers)
    try:
        ends = _end_offsets(consumer, topic)
        starts = {partition: (from_offsets or {}).get(partition, 0) for partition in ends}
        pending = {partition for partition, end in ends.items() if starts[partition] < end}
        consumer.assign([TopicPartition(topic, number, starts[number]) for number in pending])
        yield from _read(consumer, ends, pending)
    finally:
        consumer.close()


def _read(
    consumer: Consumer, ends: Mapping[int, int], pending: set[int]
) -> Iterator[ConsumedRecord]:
    deadline = time.monotonic() + READ_TIMEOUT_SECONDS
    while pending:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"partitions {sorted(pending)} not read to their end offsets {dict(ends)}"
            )
        if (first := consumer.poll(0.1)) is None:
            continue
        # With a timeout, `consume` would wait for a whole batch.
        for message in (first, *consumer.consume(BATCH - 1, timeout=0)):
            partition = message.partition()
            assert partition is not None
            error = message.error()
            # The end can be reached without a record: transaction markers have offsets too.
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                pending.discard(partition)
            elif error is not None:
                raise KafkaException(error)
            else:
                record = to_record(message)
                if record.offset < ends[partition]:
                    yield record
                if record.offset + 1 >= ends[partition]:
                    pending.discard(partition)


def to_record(message: Message) -> ConsumedRecord:
    """Convert a consumed message that is not an error."""
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    headers = message.headers() or []
    assert isinstance(headers, list)
    return ConsumedRecord(
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=tuple((name, _bytes(value)) for name, value in headers),
        partition=partition,
        offset=offset,
        timestamp_ms=message.timestamp()[1],
    )


def json_record(
    key: bytes, value: Mapping[str, object], headers: tuple[tuple[str, bytes | None], ...]
) -> ConsumedRecord:
    """Return the record of a value as JSON, the first of its partition, without a broker."""
    return ConsumedRecord(
        key=key,
        value=json.dumps(value).encode(),
        headers=headers,
        partition=0,
        offset=0,
        timestamp_ms=0,
    )


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _end_offsets(consumer: Consumer, topic: str) -> dict[int, int]:
    metadata = consumer.list_topics(topic, timeout=REQUEST_TIMEOUT_SECONDS).topics[topic]
    if metadata.error is not None:
        raise KafkaException(metadata.error)
    ends = {}
    for number in metadata.partitions:
        ends[number] = _end_offset(consumer, TopicPartition(topic, number))
    return ends


def _end_offset(consumer: Consumer, partition: TopicPartition) -> int:
    """Return the end offset, with retries while a newly elected leader does not serve it yet."""
    deadline = time.monotonic() + REQUEST_TIMEOUT_SECONDS
    while True:
        try:
            return consumer.get_watermark_offsets(partition, timeout=REQUEST_TIMEOUT_SECONDS)[1]
        except KafkaException as error:
            if error.args[0].code() not in RETRYABLE_ERRORS or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)


def _consumer(bootstrap_servers: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "paycli-tests",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
    )
