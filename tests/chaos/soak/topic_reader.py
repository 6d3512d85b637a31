"""Reads a topic while it is written, and keeps only what is compared."""

from collections.abc import Container

from chaos.background import BackgroundLoop
from chaos.oracle import PersistedEvent, persisted_event
from harness.kafka_records import ConsumedRecord, stream_records

from .books import COMPARED

INTERVAL_SECONDS = 5.0


class TopicReader(BackgroundLoop):
    """The records of a topic so far; after leaving the context, all of them.

    Args:
        bootstrap_servers: Of the broker.
        topic: The topic's name.
        webhooks: The ids of the webhooks that the sender has made, whose records are compared
            completely; those of other events are compared by what callers know.
    """

    def __init__(self, bootstrap_servers: str, topic: str, webhooks: Container[str]) -> None:
        super().__init__("topic reader")
        self.records: list[PersistedEvent] = []
        self._bootstrap_servers, self._topic = bootstrap_servers, topic
        self._webhooks = webhooks
        self._offsets: dict[int, int] = {}

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._read_new()

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL_SECONDS):
            self._read_new()

    def _read_new(self) -> None:
        starts = dict(self._offsets)
        for record in stream_records(self._bootstrap_servers, self._topic, from_offsets=starts):
            self.records.append(self._persisted(record))
            self._offsets[record.partition] = record.offset + 1

    def _persisted(self, record: ConsumedRecord) -> PersistedEvent:
        if record.header("ce_id") in self._webhooks:
            return persisted_event(record)
        return persisted_event(record, COMPARED)
