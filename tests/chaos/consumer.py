"""An independent consumer that follows the topic during the faults."""

import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from harness.kafka_records import to_record

from .background import BackgroundLoop

BATCH = 500
POLL_SECONDS = 0.2


class Follower(BackgroundLoop):
    """Records on a thread of its own when each event was first seen (monotonic seconds).

    It reads each partition from its beginning, at the brokers' own addresses.
    """

    def __init__(self, bootstrap_servers: str, topic: str, partitions: int) -> None:
        super().__init__("follower")
        self.seen_at_seconds: dict[str, float] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": "chaos-follower",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        self._consumer.assign(
            [TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(partitions)]
        )

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._consumer.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for message in self._consumer.consume(BATCH, timeout=POLL_SECONDS):
                # librdkafka recovers from errors by itself, and the verdict uses the final records.
                if message.error() is None:
                    event_id = to_record(message).header("ce_id") or ""
                    self.seen_at_seconds.setdefault(event_id, time.monotonic())
