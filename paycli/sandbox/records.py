"""Follows a topic, so that a payment's page can show its records."""

import threading
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 5.0

OnRecord = Callable[[str, Mapping[str, object]], None]


class RecordFollower:
    """Calls `on_record(key, {type, event_id, topic, partition, offset})` for each record."""

    def __init__(
        self,
        config: Mapping[str, str | float],
        topic: str,
        on_record: OnRecord,
        *,
        from_beginning: bool = False,
    ) -> None:
        """Args: the consumer's `config`; `from_beginning`: include the records already there."""
        self._config = config
        self._topic = topic
        self._on_record = on_record
        self._from_beginning = from_beginning

    def start(self) -> None:
        """Follows the topic in a thread until the process ends."""
        threading.Thread(target=self._follow, name="sandbox-records", daemon=True).start()

    def _follow(self) -> None:
        consumer = Consumer(
            {
                "log_level": 2,
                **self._config,
                "group.id": "paycli-sandbox",  # required, but nothing is ever committed
                "enable.auto.commit": False,
                "allow.auto.create.topics": False,
                "fetch.wait.max.ms": 50,
            }
        )
        while not self._assign(consumer):
            continue
        while True:
            message = consumer.poll(_POLL_SECONDS)
            if message is not None and message.error() is None:
                self._report(message)

    def _assign(self, consumer: Consumer) -> bool:
        """Assigns all partitions at their start offsets; False if the brokers don't respond."""
        try:
            metadata = consumer.list_topics(timeout=_TIMEOUT_SECONDS).topics.get(self._topic)
            numbers = metadata.partitions or ()
            partitions = [TopicPartition(self._topic, number) for number in numbers]
            for partition in partitions:
                low, high = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_SECONDS)
                partition.offset = low if self._from_beginning else high
        except (KafkaException, AttributeError, TypeError):
            return False
        consumer.assign(partitions)
        return bool(partitions)

    def _report(self, message: Message) -> None:
        headers = dict(message.headers() or [])
        self._on_record(
            (message.key() or b"").decode("utf-8", "replace"),
            {
                "type": _text(headers.get("__TypeId__")),
                "event_id": _text(headers.get("ce_id")),
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
            },
        )


def _text(value: str | bytes | None) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
