"""Records to Kafka: `publish` returns once the broker has persisted the record, or raises.

`publish_all` does the same for many records and keeps a window of them in flight (`bulk`).

Each process has one producer, created after any fork, and replaced after a fatal error. One thread
polls its delivery reports, each of which wakes the request that waits for it. `broker_health`
probes the brokers.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from paycli import errors
from paycli.adapters.kafka.admission import AdmissionLimit
from paycli.adapters.kafka.broker_health import BrokerHealth
from paycli.adapters.kafka.bulk import WINDOW, WindowedProducer, ack_timeout
from paycli.adapters.kafka.config import create_producer, producer_config
from paycli.adapters.kafka.delivery_reports import Delivery
from paycli.models import Acknowledgement, BrokerStatus, Record, StoredRecord
from paycli.settings import KafkaSettings
from paycli.waiting import NewEvent

log = logging.getLogger("paycli.kafka")

_POLL_SECONDS = 0.1
_STUCK_SECONDS = 10.0
_MIN_REPLACE_INTERVAL_SECONDS = 1.0
_CLOSE_SECONDS = 3.0
_STATISTICS_MS = 100
_TOPIC_MISSING_CODES = (
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001  (librdkafka's own name)
)

_DeliveryCallback = Callable[[KafkaError | None, Message], None]


class KafkaPublisher:
    """Publishes records to `topics`, of which the first must exist for it to be ready.

    At most `max_in_flight` calls of `publish` wait for acknowledgements at a time, each with an
    event of `new_event`. It counts as stuck when nothing has polled the producer for
    `stuck_seconds`. A record waits `linger_ms` for others to share its request: 0 suits single
    records, a few milliseconds many.
    """

    WINDOW = WINDOW
    """How many records `publish_all` has in flight at most."""

    def __init__(
        self,
        settings: KafkaSettings,
        topics: tuple[str, ...],
        max_in_flight: int,
        *,
        new_event: NewEvent = threading.Event,
        stuck_seconds: float = _STUCK_SECONDS,
        linger_ms: float = 0,
    ) -> None:
        self._ack_timeout_seconds = settings.ack_timeout_seconds
        self._stuck_seconds = stuck_seconds
        self._polled_at = time.monotonic()
        self._failures = 0
        self._fatal_error = threading.Event()
        self._closing = threading.Event()
        self._new_event = new_event
        self._admission = AdmissionLimit(max_in_flight, new_event)
        self._polling = threading.Lock()
        self._poll_allowed = threading.Event()
        self._poll_allowed.set()
        self._health = BrokerHealth(topics, self._list_topics)
        self._config: dict[str, Any] = {
            **producer_config(settings, linger_ms),
            "error_cb": self._health.on_error,
            "stats_cb": self._health.on_statistics,
            "statistics.interval.ms": _STATISTICS_MS,
        }
        self._producer = create_producer(self._config)
        self._thread = threading.Thread(target=self._run, name="kafka-poll", daemon=True)
        self._thread.start()
        self._health.start()

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once all in-sync replicas have the record.

        Raises BrokerUnreachable, TooManyWebhooks, TopicMissing and RecordTooLarge immediately or
        as soon as known, NotPersisted at the deadline or for any other failure: the record may
        then be persisted nevertheless.
        """
        self._health.check_reachable()
        self._health.check_topic(record.topic)
        deadline = time.monotonic() + self._ack_timeout_seconds
        self._admission.acquire()
        try:
            delivery = Delivery(self._failures, self._new_event())
            self._produce(record, partial(self._on_delivery, delivery))
            if not delivery.arrived.wait(deadline - time.monotonic()):
                self._health.mark_unreachable()
                raise ack_timeout(self._ack_timeout_seconds)
        finally:
            self._admission.release()
        if delivery.acknowledgement is None:
            raise self._failure(delivery.error, record)
        self._admission.end_stall()
        return delivery.acknowledgement

    def publish_all(
        self,
        batches: Iterable[Sequence[Record | StoredRecord]],
        topic: str | None = None,
        *,
        keep_partitions: bool = False,
    ) -> Iterator[int]:
        """Publishes records in order; yields how many of the first are persisted, as it grows.

        They go to `topic`, or each to its own; to the partition of their key, or to their own with
        `keep_partitions`. With batches of at most 1000 records, at most WINDOW are in flight.
        Raises what `publish` raises; records in flight may then be persisted nevertheless. Only one
        thread may use it at a time, and `publish` must not run meanwhile.
        """
        with self._without_polling():
            yield from WindowedProducer(
                self._producer,
                self._ack_timeout_seconds,
                self._health.check_topic,
                self._failure,
            ).publish(batches, topic, keep_partitions=keep_partitions)

    def status(self) -> BrokerStatus:
        """Returns the state of the brokers and of this publisher; never blocks."""
        polled = time.monotonic() - self._polled_at <= self._stuck_seconds
        return BrokerStatus(
            ready=self._health.ready,
            reachable=self._health.reachable,
            missing_topics=self._health.missing_topics,
            alive=polled and self._thread.is_alive() and self._health.probing,
            waiting=len(self._producer),
        )

    def wait_until_ready(self) -> None:
        """Blocks until brokers have responded and the first topic exists."""
        self._health.wait_until_ready()

    def connect(self, timeout_seconds: float) -> None:
        """Like `wait_until_ready`. Raises BrokerUnreachable or TopicMissing after the timeout."""
        self._health.wait_until_ready(timeout_seconds)

    def close(self) -> None:
        """Flushes queued records within the deadline, and stops the threads."""
        unacknowledged = self._flush(self._ack_timeout_seconds)
        if unacknowledged:
            log.error("kafka_records_unacknowledged", extra={"count": unacknowledged})
        self._closing.set()
        self._health.close()
        self._thread.join(_CLOSE_SECONDS)

    def _produce(self, record: Record, on_delivery: _DeliveryCallback) -> None:
        try:
            self._producer.produce(
                record.topic,
                record.value,
                record.key,
                on_delivery=on_delivery,
                headers=list(record.headers),
            )
        except BufferError:
            raise errors.TooManyWebhooks("the producer's queue is full") from None
        except KafkaException as error:
            raise self._failure(error.args[0], record) from error

    def _on_delivery(self, delivery: Delivery, error: KafkaError | None, message: Message) -> None:
        """Called once for each record, by the thread that polls.

        Records that are in flight when another one fails don't count as acknowledged: the producer
        starts a new epoch and may send them again, and a broker that already has them would then
        store them twice.
        """
        if error is not None:
            self._failures += 1
        elif delivery.failures != self._failures:
            error = KafkaError(KafkaError._STATE)  # noqa: SLF001  (librdkafka's own name)
        delivery.report(error, message)

    def _failure(
        self, error: KafkaError | None, record: Record | StoredRecord | None
    ) -> errors.KafkaFailure:
        """Translates an error about `record`, or about one of many records (None)."""
        code = None if error is None else error.code()
        if error is not None and error.fatal() and not self._fatal_error.is_set():
            self._fail()
        if code == KafkaError.MSG_SIZE_TOO_LARGE:
            size = len(record.value or b"") if record else None
            subject = "a record" if size is None else f"the record of {size} bytes"
            return errors.RecordTooLarge(f"{subject} is too large")
        if code in _TOPIC_MISSING_CODES:
            return self._health.mark_topic_missing(record.topic if record else None)
        self._health.mark_unreachable()
        reason = "no delivery report" if error is None else error.name()
        return errors.NotPersisted(f"Kafka has not persisted the record: {reason}")

    def _list_topics(self, timeout_seconds: float) -> Iterable[str]:
        # All topics, since a request for one by name would create it.
        topics: Iterable[str] = self._producer.list_topics(timeout=timeout_seconds).topics
        return topics

    def _run(self) -> None:
        """Polls, and replaces a producer that has failed."""
        while not self._closing.is_set():
            if self._fatal_error.is_set():
                self._replace_producer()
            self._poll_allowed.wait()
            with self._polling:
                self._poll(_POLL_SECONDS)

    @contextmanager
    def _without_polling(self) -> Iterator[None]:
        """Lets the caller poll the producer instead."""
        self._poll_allowed.clear()
        try:
            with self._polling:
                yield
        finally:
            self._poll_allowed.set()

    def _poll(self, seconds: float) -> None:
        self._polled_at = time.monotonic()
        try:
            self._producer.poll(seconds)
        except Exception as error:  # the reports of all other records must still be polled
            if _is_fatal(error):
                self._fail()
            else:
                log.exception("kafka_callback_failed")

    def _fail(self) -> None:
        """Fails all records in flight, since the producer accepts and sends none any more.

        An idempotent producer fails for good when it does not know whether the broker has a record:
        librdkafka's INTRODUCTION.md, "Idempotent producer fatal errors".
        """
        log.error("kafka_producer_failed", extra={"detail": "a fatal error: it is replaced"})
        self._health.producer_failed()
        self._producer.purge(blocking=False)
        self._fatal_error.set()

    def _replace_producer(self) -> None:
        """Replaces the producer after a fatal error, once all failures are reported."""
        self._flush(_MIN_REPLACE_INTERVAL_SECONDS)
        self._producer = create_producer(self._config)
        self._fatal_error.clear()
        self._health.producer_replaced()
        self._closing.wait(_MIN_REPLACE_INTERVAL_SECONDS)

    def _flush(self, seconds: float) -> int:
        """Flushes the queue; returns how many records are left, also after a fatal error."""
        try:
            return self._producer.flush(seconds)
        except KafkaException:
            return len(self._producer)


def _is_fatal(error: Exception) -> bool:
    """Whether `poll` raised it because the producer has failed for good."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else None
    return isinstance(cause, KafkaError) and cause.fatal()
