"""Many records to Kafka through one producer: a window of them is in flight, in their order."""

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
    """Counts the delivery reports of some records that follow each other."""

    __slots__ = ("began_at", "error", "left", "sent")

    def __init__(self) -> None:
        self.began_at = time.monotonic()
        self.sent = self.left = 0
        self.error: KafkaError | None = None

    def add(self, count: int) -> None:
        self.sent += count
        self.left += count

    def report(self, error: KafkaError | None, _: Message) -> None:
        self.left -= 1
        if error is not None:
            self.error = self.error or error

    @property
    def full(self) -> bool:
        return self.sent >= _CHUNK or time.monotonic() - self.began_at >= _CHUNK_SECONDS


class WindowedProducer:
    """One thread publishes with it, and serves the producer's callbacks meanwhile.

    `check_topics` raises if one of these is missing; `failure` says in our words what happened to
    a record, if it is known to which. A record waits at most `ack_timeout_seconds` for room in the
    producer's queue, and so long for its acknowledgement.
    """

    def __init__(
        self,
        producer: Producer,
        ack_timeout_seconds: float,
        check_topics: Callable[[Iterable[str]], None],
        failure: Callable[[KafkaError | None, Record | StoredRecord | None], errors.KafkaFailure],
    ) -> None:
        self._producer = producer
        self._ack_timeout_seconds = ack_timeout_seconds
        self._check_topics = check_topics
        self._failure = failure

    def publish(
        self,
        batches: Iterable[Sequence[Record | StoredRecord]],
        topic: str | None,
        *,
        keep_partitions: bool,
    ) -> Iterator[int]:
        """Tells how many of the first records are persisted, as it grows. Raises KafkaError."""
        chunks, sent, persisted, chunk = deque[_Chunk](), 0, 0, _Chunk()
        for batch in batches:
            self._check_topics([topic] if topic else {record.topic for record in batch})
            chunk.add(len(batch))
            self._send(batch, topic, chunk.report, keep_partitions=keep_partitions)
            if not chunk.full:
                continue
            chunks.append(chunk)
            sent += chunk.sent
            chunk = _Chunk()
            self._serve(0)
            # There is room for another chunk, and for the batch that fills it.
            while chunks and (not chunks[0].left or sent - persisted > WINDOW - 2 * _CHUNK):
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
        """Hands them to the producer. Most of the time goes here, so it is one plain loop."""
        produce = self._producer.produce
        for record in batch:
            partition = record.partition if keep_partitions else None
            deadline = None
            while True:
                try:
                    # By position, since names cost a tenth of the whole replay.
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
                    self._serve(_FULL_QUEUE_SECONDS)
                except KafkaException as error:
                    raise self._failure(error.args[0], record) from error

    def _wait_for(self, chunk: _Chunk) -> int:
        """Returns how many records of it are persisted: all. Raises KafkaError."""
        deadline = time.monotonic() + self._ack_timeout_seconds
        while chunk.left and chunk.error is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ack_timeout(self._ack_timeout_seconds)
            self._serve(min(left, _POLL_SECONDS))
        if chunk.error is not None:
            raise self._failure(chunk.error, None)
        return chunk.sent

    def _serve(self, seconds: float) -> None:
        """Takes in reports."""
        try:
            self._producer.poll(seconds)
        except KafkaException as error:
            raise errors.NotPersisted("Kafka's client has failed for good") from error


def ack_timeout(ack_timeout_seconds: float) -> errors.NotPersisted:
    """What a record failed with whose acknowledgement has not come in time."""
    return errors.NotPersisted(f"Kafka has not acknowledged within {ack_timeout_seconds:g} s")
