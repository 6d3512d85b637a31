"""Reading a topic's records, byte for byte, without joining a consumer group."""

import math
import time
from collections.abc import Iterator, Mapping

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from paycli import errors, kafka_config
from paycli.models import StoredRecord
from paycli.settings import KafkaSettings

Offsets = Mapping[int, int]
"""Partition -> offset."""

_METADATA_SECONDS = 5.0
_POLL_SECONDS = 0.2


class KafkaReader:
    """Reads `topic`. Raises BrokerUnreachable or TopicMissing when it can't. Close it after use."""

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
                "fetch.wait.max.ms": 50,
                "enable.partition.eof": True,
                "reconnect.backoff.max.ms": 1000,
            }
        )

    def begin_offsets(self) -> Offsets:
        """Where the oldest record of each partition is."""
        return {partition: begin for partition, (begin, _) in self._watermarks().items()}

    def end_offsets(self) -> Offsets:
        """Where the next record of each partition will be."""
        return {partition: end for partition, (_, end) in self._watermarks().items()}

    def _watermarks(self) -> dict[int, tuple[int, int]]:
        try:
            told = self._consumer.list_topics(self.topic, timeout=_METADATA_SECONDS)
            topic = told.topics[self.topic]
            if topic.error is not None:
                raise errors.TopicMissing(f"the topic {self.topic} does not exist")
            return {
                partition: self._consumer.get_watermark_offsets(
                    TopicPartition(self.topic, partition), timeout=_METADATA_SECONDS
                )
                for partition in topic.partitions
            }
        except KafkaException as error:
            raise errors.BrokerUnreachable(f"Kafka can't be read: {error.args[0].str()}") from error

    def follow(
        self,
        since: Offsets,
        *,
        until: Offsets | None = None,
        timeout_seconds: float = math.inf,
    ) -> Iterator[StoredRecord]:
        """The records from `since` on as they come.

        Ends when every partition has come to `until`, or when `timeout_seconds` have passed. While
        no broker can be reached it waits.
        """
        self._consumer.assign(
            [TopicPartition(self.topic, partition, offset) for partition, offset in since.items()]
        )
        open_ = set(since) if until is None else {p for p in until if since.get(p, 0) < until[p]}
        deadline = time.monotonic() + timeout_seconds
        while open_ and (left := deadline - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, _POLL_SECONDS))
            if message is None:
                continue
            failure = message.error()
            if failure is not None:
                if failure.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  (its own name)
                    if until is not None:
                        open_.discard(_number(message.partition()))
                elif failure.fatal() or not failure.retriable():
                    raise errors.BrokerUnreachable(f"Kafka can't be read: {failure.str()}")
                continue
            record = _stored(message)
            if until is None or record.offset < until.get(record.partition, 0):
                yield record
            if until is not None and record.offset + 1 >= until.get(record.partition, 0):
                open_.discard(record.partition)

    def close(self) -> None:
        """Lets go of the connections."""
        self._consumer.close()


def _headers(message: Message) -> Iterator[tuple[str, bytes | None]]:
    headers = message.headers() or []
    assert isinstance(headers, list), "what is read comes as a list, repeats and order kept"
    for name, value in headers:
        yield name, value.encode() if isinstance(value, str) else value


def _stored(message: Message) -> StoredRecord:
    kind, timestamp_ms = message.timestamp()
    return StoredRecord(
        partition=_number(message.partition()),
        offset=_number(message.offset()),
        timestamp_ms=timestamp_ms if kind != TIMESTAMP_NOT_AVAILABLE else None,
        key=message.key(),
        value=message.value(),
        headers=tuple(_headers(message)),
    )


def _number(value: int | None) -> int:
    assert value is not None, "what is read has a place"
    return value
