"""Reading a topic's records, byte for byte, without joining a consumer group."""

import time
from collections.abc import Iterator, Mapping

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
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
            }
        )

    def end_offsets(self) -> Offsets:
        """Where the next record of each partition will be."""
        try:
            told = self._consumer.list_topics(self.topic, timeout=_METADATA_SECONDS)
            topic = told.topics[self.topic]
            if topic.error is not None:
                raise errors.TopicMissing(f"the topic {self.topic} does not exist")
            return {
                partition: self._consumer.get_watermark_offsets(
                    TopicPartition(self.topic, partition), timeout=_METADATA_SECONDS
                )[1]
                for partition in topic.partitions
            }
        except KafkaException as error:
            raise errors.BrokerUnreachable(f"Kafka can't be read: {error.args[0].str()}") from error

    def follow(self, since: Offsets, timeout_seconds: float) -> Iterator[StoredRecord]:
        """The records from `since` on as they come, until `timeout_seconds` have passed."""
        self._consumer.assign(
            [TopicPartition(self.topic, partition, offset) for partition, offset in since.items()]
        )
        deadline = time.monotonic() + timeout_seconds
        while (left := deadline - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, 0.2))
            if message is None:
                continue
            failure = message.error()
            if failure is not None:
                raise errors.BrokerUnreachable(f"Kafka can't be read: {failure.str()}")
            yield _stored(message)

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
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp_ms=timestamp_ms if kind != TIMESTAMP_NOT_AVAILABLE else None,
        key=message.key(),
        value=message.value(),
        headers=tuple(_headers(message)),
    )
