"""Records to Kafka: `publish` returns once the broker has persisted the record, or raises.

`publish_all` does the same for many, and keeps a window of them in flight (`kafka_bulk`).

One producer a process, made after any fork, and made anew when it fails for good. Its callbacks are
served by whoever waits (`kafka_reports`), by a thread while nobody does; another thread watches
whether brokers answer.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from paycli import errors
from paycli.adapters.kafka.admission import AdmissionLimit
from paycli.adapters.kafka.bulk import WINDOW, WindowedProducer, ack_timeout
from paycli.adapters.kafka.config import create_producer, producer_config
from paycli.adapters.kafka.delivery_reports import Delivery, DeliveryReports
from paycli.models import Acknowledgement, BrokerStatus, Record, StoredRecord
from paycli.settings import KafkaSettings

log = logging.getLogger("paycli.kafka")

_POLL_SECONDS = 0.2
_TEND_SECONDS = 0.1
_PROBE_SECONDS = 2.0
_MISSING_TOPIC_PROBE_SECONDS = 2.0
_PROBE_PAUSE_SECONDS = 0.1
_STUCK_SECONDS = 10.0
_REBUILD_PAUSE_SECONDS = 1.0
_STATISTICS_MS = 100
_MISSING_TOPIC = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)  # noqa: SLF001

_Report = Callable[[KafkaError | None, Message], None]


class KafkaPublisher:
    """Publishes records of the topics given, of which the first is needed to be ready.

    At most `max_in_flight` calls of `publish` wait for acknowledgements at a time. It counts as no
    longer alive when nobody has taken in acknowledgements for `stuck_seconds`. A record waits
    `linger_ms` for others: 0 is best for one at a time, a little for many.
    """

    WINDOW = WINDOW
    """How many records `publish_all` has in flight at most."""

    def __init__(
        self,
        settings: KafkaSettings,
        topics: tuple[str, ...],
        max_in_flight: int,
        *,
        stuck_seconds: float = _STUCK_SECONDS,
        linger_ms: float = 0,
    ) -> None:
        self._ack_timeout_seconds = settings.ack_timeout_seconds
        self._wanted = topics
        self._known: frozenset[str] = frozenset()
        self._ready = threading.Event()
        self._reachable = False
        self._failures = 0
        self._places = AdmissionLimit(max_in_flight)
        self._closing = threading.Event()
        self._failed = threading.Event()
        self._reports = DeliveryReports(self._serve)
        self._probe_now = threading.Event()
        self._told: set[str] = set()
        self._has_producer_id = threading.Event()
        self._stuck_seconds = stuck_seconds
        self._beat = time.monotonic()
        self._config: dict[str, Any] = {
            **producer_config(settings, linger_ms),
            "error_cb": self._on_error,
            "stats_cb": self._on_statistics,
            "statistics.interval.ms": _STATISTICS_MS,
        }
        self._producer = create_producer(self._config)
        self._threads = [
            threading.Thread(target=self._tend, name="kafka-tend", daemon=True),
            threading.Thread(target=self._watch, name="kafka-watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once all in-sync replicas have the record.

        Raises BrokerUnreachable, TooManyWebhooks, TopicMissing and RecordTooLarge at once or as
        soon as known, NotPersisted at the deadline or for any other failure: the record may then
        be persisted all the same.
        """
        if not self._reachable:
            raise errors.BrokerUnreachable("no Kafka broker can be reached")
        if record.topic not in self._known:
            raise _topic_missing(record.topic)
        deadline = time.monotonic() + self._ack_timeout_seconds
        self._places.take()
        try:
            delivery = Delivery(self._failures)
            self._produce(record, partial(self._on_delivery, delivery))
            if not self._reports.wait(delivery, deadline - time.monotonic()):
                self._doubt()
                raise ack_timeout(self._ack_timeout_seconds)
        finally:
            self._places.give_back()
        if delivery.acknowledgement is None:
            raise self._failure(delivery.error, record)
        self._places.moves_on()
        return delivery.acknowledgement

    def publish_all(
        self,
        batches: Iterable[Sequence[Record | StoredRecord]],
        topic: str | None = None,
        *,
        keep_partitions: bool = False,
    ) -> Iterator[int]:
        """Publishes records in their order; tells how many of the first are persisted, as it grows.

        They go to `topic`, or each to its own, and to the partition that the key decides, or its
        own. At most WINDOW records are in flight, if a batch has 1000 at most. Raises what
        `publish` raises; then what was in flight may be persisted all the same. One thread at a
        time may use it, and no other `publish`.
        """
        with self._reports.paused():
            yield from WindowedProducer(
                self._producer, self._ack_timeout_seconds, self._check_topics, self._failure
            ).publish(batches, topic, keep_partitions=keep_partitions)

    def _check_topics(self, topics: Iterable[str]) -> None:
        """Raises TopicMissing for the first that is known to be missing."""
        for topic in topics:
            if topic not in self._known:
                raise _topic_missing(topic)

    def status(self) -> BrokerStatus:
        """How it stands with the broker; never blocks."""
        missing = tuple(topic for topic in self._wanted if topic not in self._known)
        beats = time.monotonic() - self._beat <= self._stuck_seconds
        alive = beats and all(thread.is_alive() for thread in self._threads)
        waiting = len(self._producer)
        return BrokerStatus(self._ready.is_set(), self._reachable, missing, alive, waiting)

    def poll_delivery_reports(self, seconds: float) -> None:
        """Takes in acknowledgements for up to so long, for requests that are suspended."""
        self._reports.poll(seconds)

    def wait_until_ready(self) -> None:
        """Returns once brokers have answered and the topic was there."""
        self._ready.wait()

    def connect(self, timeout_seconds: float) -> None:
        """The same within a time. Raises BrokerUnreachable or TopicMissing when it is over."""
        if self._ready.wait(timeout_seconds):
            return
        if self._reachable:
            raise _topic_missing(self._wanted[0])
        raise errors.BrokerUnreachable(f"no Kafka broker has answered within {timeout_seconds:g} s")

    def close(self) -> None:
        """Sends what is still queued, waits for it within the deadline, and ends the threads."""
        left = self._flush(self._ack_timeout_seconds)
        if left:
            log.error("kafka_records_unacknowledged", extra={"count": left})
        self._closing.set()
        self._probe_now.set()
        for thread in self._threads:
            thread.join(_PROBE_SECONDS + _POLL_SECONDS + 1)

    def _produce(self, record: Record, report: _Report) -> None:
        try:
            self._producer.produce(
                record.topic,
                record.value,
                record.key,
                on_delivery=report,
                headers=list(record.headers),
            )
        except BufferError:
            raise errors.TooManyWebhooks("the producer's queue is full") from None
        except KafkaException as error:
            raise self._failure(error.args[0], record) from error

    def _on_delivery(self, delivery: Delivery, error: KafkaError | None, message: Message) -> None:
        """Called once for each record, by whoever takes in reports.

        What is under way when a record fails is not acknowledged: the producer starts a new epoch
        and may send it again, which a broker that has it already keeps twice.
        """
        if error is not None:
            self._failures += 1
        elif delivery.failures != self._failures:
            error = KafkaError(KafkaError._STATE)  # noqa: SLF001  (librdkafka's own name)
        delivery.report(error, message)

    def _failure(
        self, error: KafkaError | None, record: Record | StoredRecord | None
    ) -> errors.KafkaFailure:
        """Our error for Kafka's, about one record, or about one of many."""
        code = None if error is None else error.code()
        name = "no report" if error is None else error.name()
        if code == KafkaError.MSG_SIZE_TOO_LARGE:
            size = len(record.value or b"") if record else None
            which = "a record" if size is None else f"the record of {size} bytes"
            return errors.RecordTooLarge(f"{which} is too large")
        if code in _MISSING_TOPIC:
            topic = record.topic if record else self._wanted[0]
            self._known -= {topic}
            self._probe_now.set()
            return _topic_missing(topic)
        self._doubt()
        return errors.NotPersisted(f"Kafka has not persisted the record: {name}")

    def _doubt(self) -> None:
        """After a failure nobody is sent to wait again before a broker has answered."""
        self._reachable = False
        self._probe_now.set()

    def _on_error(self, error: KafkaError) -> None:
        """What librdkafka reports outside of any record; called by whoever takes in reports."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  (librdkafka's own name)
            self._doubt()
        if error.name() not in self._told:
            self._told.add(error.name())
            log.warning("kafka_error", extra={"error": error.name(), "detail": error.str()})

    def _on_statistics(self, statistics: str) -> None:
        """Notes when the broker has given the producer its id, which only the statistics tell."""
        if self._has_producer_id.is_set():
            return
        if json.loads(statistics)["eos"]["idemp_state"] == "Assigned":
            self._has_producer_id.set()

    def _tend(self) -> None:
        while not self._closing.wait(self._pause_seconds()):
            if self._failed.is_set():
                self._rebuild()
            self._reports.poll(0)

    def _pause_seconds(self) -> float:
        """Short before it is ready, since the statistics come this way too."""
        return _TEND_SECONDS if self._has_producer_id.is_set() else _TEND_SECONDS / 10

    def _serve(self, seconds: float) -> None:
        self._beat = time.monotonic()
        try:
            self._producer.poll(seconds)
        except Exception as error:  # acknowledgements of all others must go on
            if _is_fatal(error):
                self._fail()
            else:
                log.exception("kafka_callback_failed")

    def _fail(self) -> None:
        """The producer takes no more records: whoever waits for it is told at once.

        An idempotent producer fails for good when it can't tell any more whether the broker has a
        record: librdkafka's INTRODUCTION.md, "Idempotent producer fatal errors".
        """
        log.error("kafka_producer_failed", extra={"detail": "a fatal error: it is made anew"})
        self._reachable = False
        self._has_producer_id.clear()
        self._producer.purge(blocking=False)
        self._failed.set()

    def _rebuild(self) -> None:
        """Replaces the producer that has failed, once all have been told that it has."""
        with self._reports.paused():
            self._flush(_REBUILD_PAUSE_SECONDS)
        self._producer = create_producer(self._config)
        self._failed.clear()
        self._probe_now.set()
        self._closing.wait(_REBUILD_PAUSE_SECONDS)  # however often it fails, not more often

    def _flush(self, seconds: float) -> int:
        """Waits for what is queued; returns how much of it is left, also after a fatal error."""
        try:
            return self._producer.flush(seconds)
        except KafkaException:
            return len(self._producer)

    def _watch(self) -> None:
        """Asks the brokers which topics there are: at the start, in doubt, while one is missing."""
        while not self._closing.is_set():
            self._probe_now.clear()
            asked_at = time.monotonic()
            try:
                wait_seconds = self._probe()
            except KafkaException as error:
                self._tell("kafka_unreachable", error.args[0].str())
                self._reachable = False
                wait_seconds = _POLL_SECONDS
            except Exception:  # without this thread nothing is ever reachable again
                log.exception("kafka_probe_failed")
                wait_seconds = _PROBE_SECONDS
            self._probe_now.wait(wait_seconds)
            # However many doubt, not more often.
            self._closing.wait(max(0.0, asked_at + _PROBE_PAUSE_SECONDS - time.monotonic()))

    def _probe(self) -> float | None:
        """Asks once; returns after how many seconds to ask again, None for not before a doubt.

        Raises KafkaException when nobody answers.
        """
        topics = self._producer.list_topics(timeout=_PROBE_SECONDS).topics
        # Asking for all topics, since asking for one by name would create it.
        self._known = frozenset(topics)
        # Without its id an idempotent producer sends nothing, and a broker that has just come
        # up lets the first one wait: whoever is told "ready" before would get 503.
        if not self._has_producer_id.wait(_PROBE_SECONDS):
            self._tell("kafka_producer_id_missing", "brokers answer, but not yet for writing")
            return 0
        self._reachable = True
        if self._wanted[0] in self._known:
            self._ready.set()
        missing = self.status().missing_topics
        if missing:
            self._tell("kafka_topic_missing", "; ".join(_topic_missing(t).detail for t in missing))
        else:
            if self._told:
                log.info("kafka_recovered", extra={"detail": "brokers answer, topics are there"})
            self._told.clear()
        return _MISSING_TOPIC_PROBE_SECONDS if missing else None

    def _tell(self, event: str, detail: str) -> None:
        """Once for each outage."""
        if event not in self._told:
            self._told.add(event)
            log.warning(event, extra={"detail": detail})


def _is_fatal(error: Exception) -> bool:
    """Whether it is what `poll` raises when the producer has failed for good."""
    told = error.args[0] if isinstance(error, KafkaException) and error.args else None
    return isinstance(told, KafkaError) and told.fatal()


def _topic_missing(topic: str) -> errors.TopicMissing:
    return errors.TopicMissing(
        f"the topic {topic} does not exist: create it (kafka-topics.sh --create --topic {topic})"
    )
