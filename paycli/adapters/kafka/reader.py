"""Reading a topic's records, byte for byte, without joining a consumer group."""

import math
import time
from collections.abc import Iterator

# `list_topics` imports it otherwise, in C, where Ctrl-C would become an ImportError.
import confluent_kafka.admin  # noqa: F401  (see above)
from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from paycli import errors
from paycli.models import Offsets, StoredRecord
from paycli.settings import KafkaSettings, kafka_config

_METADATA_SECONDS = 5.0
_POLL_SECONDS = 0.2
_STALLED_SECONDS = 30.0
# Small enough that a batch is used while it is in the processor's cache, and before the garbage
# collector has to look at it.
_BATCH = 100
_BUFFER_KIB = 16_384


class KafkaReader:
    """Reads `topic`; to be closed after use.

    Each method raises BrokerUnreachable or TopicMissing when the topic can't be read.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self.topic = topic
        self._consumer = Consumer(
            {
                "log_level": 2,
                **kafka_config.parse(settings.config),
                "bootstrap.servers": settings.bootstrap_servers,
                "group.id": "paycli-reader",  # required, but nothing is ever committed
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
                # If the requested offset has expired, reading starts at the oldest record.
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": _BUFFER_KIB,
                # When the buffer was full, the next fetch would wait for a second.
                "fetch.queue.backoff.ms": 5,
                "enable.partition.eof": True,
                "reconnect.backoff.max.ms": 1000,
            }
        )

    def begin_offsets(self) -> Offsets:
        """Returns the offset of the oldest record of each partition."""
        return {partition: begin for partition, (begin, _) in self._watermarks().items()}

    def end_offsets(self) -> Offsets:
        """Returns the offset that the next record of each partition will have."""
        return {partition: end for partition, (_, end) in self._watermarks().items()}

    def offsets_at(self, timestamp_ms: int) -> Offsets:
        """Returns each partition's first offset at or after the time, or its end."""
        timestamp_ms = max(0, timestamp_ms)  # negative ones stand for the beginning and the end
        marks = self._watermarks()
        times = [TopicPartition(self.topic, partition, timestamp_ms) for partition in marks]
        try:
            results = self._consumer.offsets_for_times(times, timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise _unreadable(error.args[0]) from error
        offsets = {each.partition: each.offset for each in results}
        ends = {partition: end for partition, (_, end) in marks.items()}
        # A broker without a time index, as librdkafka's mock, finds nothing either: the last
        # record's time distinguishes that from a partition without later records.
        last = {
            p: ends[p] - 1 for p, (begin, end) in marks.items() if offsets[p] < 0 and begin < end
        }
        for record in self.read(last, {p: ends[p] for p in last}):
            if record.timestamp_ms is None or record.timestamp_ms >= timestamp_ms:
                offsets[record.partition] = marks[record.partition][0]
        return {p: ends[p] if offsets[p] < 0 else offsets[p] for p in ends}

    def _watermarks(self) -> dict[int, tuple[int, int]]:
        try:
            metadata = self._consumer.list_topics(self.topic, timeout=_METADATA_SECONDS)
            topic = metadata.topics[self.topic]
            if topic.error is not None:
                raise errors.TopicMissing(f"the topic {self.topic} does not exist")
            return {
                partition: self._consumer.get_watermark_offsets(
                    TopicPartition(self.topic, partition), timeout=_METADATA_SECONDS
                )
                for partition in topic.partitions
            }
        except KafkaException as error:
            raise _unreadable(error.args[0]) from error

    def follow(
        self, since: Offsets, *, timeout_seconds: float = math.inf
    ) -> Iterator[StoredRecord]:
        """Yields the records from `since` on as they arrive, until the timeout.

        While no broker can be reached it blocks.
        """
        self._assign(since)
        deadline = time.monotonic() + timeout_seconds
        while (left := deadline - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, _POLL_SECONDS))
            if message is not None and not self._is_end(message):
                yield _stored(message)

    def read(self, since: Offsets, until: Offsets) -> Iterator[StoredRecord]:
        """Yields the records from `since` up to `until`, in the order of each partition."""
        for batch in self.batches(since, until):
            yield from batch

    def batches(self, since: Offsets, until: Offsets) -> Iterator[list[StoredRecord]]:
        """Like `read`, in batches."""
        open_ = {partition for partition, end in until.items() if since[partition] < end}
        self._assign({partition: since[partition] for partition in open_})
        stalled_at = time.monotonic() + _STALLED_SECONDS
        while open_:
            messages = self._consumer.consume(_BATCH, _POLL_SECONDS)
            if messages:
                stalled_at = time.monotonic() + _STALLED_SECONDS
            elif time.monotonic() >= stalled_at:
                raise errors.BrokerUnreachable(f"Kafka sent nothing for {_STALLED_SECONDS:g} s")
            records = [_stored(message) for message in messages if not self._is_end(message)]
            last = {record.partition: record.offset for record in records}
            if any(offset >= until[partition] for partition, offset in last.items()):
                records = [record for record in records if record.offset < until[record.partition]]
            if records:
                yield records
            open_ -= {partition for partition, at in last.items() if at + 1 >= until[partition]}
            # A partition may end in entries that are no records, such as transaction markers.
            open_ -= {_number(each.partition()) for each in messages if each.error() is not None}

    def _assign(self, since: Offsets) -> None:
        self._consumer.assign([TopicPartition(self.topic, p, at) for p, at in since.items()])

    @staticmethod
    def _is_end(message: Message) -> bool:
        """Whether it marks the end of a partition. Raises BrokerUnreachable for other errors."""
        failure = message.error()
        if failure is None:
            return False
        if failure.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  (librdkafka's own name)
            return True
        raise _unreadable(failure)

    def close(self) -> None:
        """Closes the connections."""
        self._consumer.close()


def _stored(message: Message) -> StoredRecord:
    kind, timestamp_ms = message.timestamp()
    headers = message.headers() or ()
    assert not isinstance(headers, dict), "a consumed message has a list, repeats and order kept"
    return StoredRecord(
        message.topic(),  # type: ignore[arg-type]  # set in consumed messages
        message.partition(),  # type: ignore[arg-type]  # the same
        message.offset(),  # type: ignore[arg-type]  # the same
        timestamp_ms if kind != TIMESTAMP_NOT_AVAILABLE else None,
        message.key(),
        message.value(),
        tuple(headers),  # type: ignore[arg-type]  # values are bytes or None
    )


def _number(value: int | None) -> int:
    assert value is not None, "a consumed message has a partition"
    return value


def _unreadable(error: KafkaError) -> errors.BrokerUnreachable:
    return errors.BrokerUnreachable(
        f"Kafka can't be read ({error.str()}): see PAYCLI_KAFKA_BOOTSTRAP_SERVERS, or paycli doctor"
    )
