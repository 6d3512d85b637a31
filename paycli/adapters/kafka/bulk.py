"""Many records to Kafka through one producer, in order, with a window of them in flight."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from paycli import errors
from paycli.models import Record, StoredRecord

_CHUNK = 1000
_CHUNK_SECONDS = 1.0
_POLL_SECONDS = 0.2
_FULL_QUEUE_SECONDS = 0.05

WINDOW = 8 * _CHUNK
"""How many records are in flight at most."""

_Report = Callable[[KafkaError | None, Message], None]


class _Chunk:
    """Counts the delivery reports of consecutive records."""

    __slots__ = ("error", "pending", "sent", "started_at")

    def __init__(self) -> None:
        self.started_at = time.monotonic()
        self.sent = self.pending = 0
        self.error: KafkaError | None = None

    def add(self, count: int) -> None:
        self.sent += count
        self.pending += count

    def report(self, error: KafkaError | None, _: Message) -> None:
        self.pending -= 1
        if error is not None:
            self.error = self.error or error

    @property
    def full(self) -> bool:
        return self.sent >= _CHUNK or time.monotonic() - self.started_at >= _CHUNK_SECONDS


class WindowedProducer:
    """Publishes from one thread, which polls the producer meanwhile.

    `check_topic` raises TopicMissing; `failure` translates an error about a record, or about an
    unknown one of many (None). A record waits at most `ack_timeout_seconds` for room in the
    producer's queue, and as long again for its acknowledgement.
    """

    def __init__(
        self,
        producer: Producer,
        ack_timeout_seconds: float,
        check_topic: Callable[[str], None],
        failure: Callable[[KafkaError | None, Record | StoredRecord | None], errors.KafkaFailure],
    ) -> None:
        self._producer = producer
        self._ack_timeout_seconds = ack_timeout_seconds
        self._check_topic = check_topic
        self._failure = failure

    def publish(
        self,
        batches: Iterable[Sequence[Record | StoredRecord]],
        topic: str | None,
        *,
        keep_partitions: bool,
    ) -> Iterator[int]:
        """Yields how many of the first records are persisted, as it grows. Raises KafkaFailure."""
        chunks, sent, persisted, chunk = deque[_Chunk](), 0, 0, _Chunk()
        for batch in batches:
            for each in [topic] if topic else {record.topic for record in batch}:
                self._check_topic(each)
            chunk.add(len(batch))
            self._send(batch, topic, chunk.report, keep_partitions=keep_partitions)
            if not chunk.full:
                continue
            chunks.append(chunk)
            sent += chunk.sent
            chunk = _Chunk()
            self._poll(0)
            # Leaves room for another chunk, and for the batch that fills it.
            while chunks and (not chunks[0].pending or sent - persisted > WINDOW - 2 * _CHUNK):
                persisted += self._wait_for(chunks.popleft())
                yield persisted
        for rest in (*chunks, chunk):
            persisted += self._wait_for(rest)
            yield persisted

    def _send(
        self,
        batch: Sequence[Record | StoredRecord],
        topic: str | None,
        report: _Report,
        *,
        keep_partitions: bool,
    ) -> None:
        """Queues the records at the producer: one plain loop, since most of the time goes here."""
        produce = self._producer.produce
        for record in batch:
            partition = record.partition if keep_partitions else None
            deadline = None
            while True:
                try:
                    # By position, since keyword arguments cost a tenth of a replay's time.
                    produce(
                        topic or record.topic,
                        record.value,
                        record.key,
                        -1 if partition is None else partition,
                        report,
                        None,
                        record.timestamp_ms or 0,
                        list(record.headers),
                    )
                    break
                except BufferError:
                    deadline = deadline or time.monotonic() + self._ack_timeout_seconds
                    if time.monotonic() >= deadline:
                        raise errors.TooManyWebhooks("the producer's queue is full") from None
                    self._poll(_FULL_QUEUE_SECONDS)
                except KafkaException as error:
                    raise self._failure(error.args[0], record) from error

    def _wait_for(self, chunk: _Chunk) -> int:
        """Returns the number of its records once all are persisted. Raises KafkaFailure."""
        deadline = time.monotonic() + self._ack_timeout_seconds
        while chunk.pending and chunk.error is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ack_timeout(self._ack_timeout_seconds)
            self._poll(min(left, _POLL_SECONDS))
        if chunk.error is not None:
            raise self._failure(chunk.error, None)
        return chunk.sent

    def _poll(self, seconds: float) -> None:
        try:
            self._producer.poll(seconds)
        except KafkaException as error:
            raise errors.NotPersisted("Kafka's client has had a fatal error") from error


def ack_timeout(ack_timeout_seconds: float) -> errors.NotPersisted:
    """Returns the error for a record whose acknowledgement has not arrived in time."""
    return errors.NotPersisted(f"Kafka has not acknowledged within {ack_timeout_seconds:g} s")
