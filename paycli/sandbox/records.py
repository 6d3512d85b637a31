"""Follows a topic, so that the page of a payment can show its records."""

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
        whole: bool = False,
    ) -> None:
        """`config`: how to reach the brokers; `whole`: from the topic's begin, not from now on."""
        self._config = config
        self._topic = topic
        self._on_record = on_record
        self._whole = whole

    def start(self) -> None:
        """Follows in a thread that lives as long as the process."""
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
        while not self._assigned(consumer):
            continue
        while True:
            message = consumer.poll(_POLL_SECONDS)
            if message is not None and message.error() is None:
                self._tell(message)

    def _assigned(self, consumer: Consumer) -> bool:
        """Begins in each partition where it shall; False while the brokers can't be asked."""
        try:
            told = consumer.list_topics(timeout=_TIMEOUT_SECONDS).topics.get(self._topic)
            partitions = [TopicPartition(self._topic, number) for number in told.partitions or ()]
            for partition in partitions:
                begin, end = consumer.get_watermark_offsets(partition, timeout=_TIMEOUT_SECONDS)
                partition.offset = begin if self._whole else end
        except (KafkaException, AttributeError, TypeError):
            return False
        consumer.assign(partitions)
        return bool(partitions)

    def _tell(self, message: Message) -> None:
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
