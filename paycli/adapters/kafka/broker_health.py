"""Whether Kafka accepts records: brokers reachable, topics present, the producer's id assigned."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, KafkaException

from paycli import errors

log = logging.getLogger("paycli.kafka")

_PROBE_TIMEOUT_SECONDS = 2.0
_RETRY_SECONDS = 0.2
_MISSING_TOPIC_RETRY_SECONDS = 2.0
_MIN_PROBE_INTERVAL_SECONDS = 0.1
_CLOSE_SECONDS = _PROBE_TIMEOUT_SECONDS + _RETRY_SECONDS + 1


class BrokerHealth:
    """Probes the brokers on a thread of its own, and logs each outage once.

    It probes at the start, after each failure that is reported to it, and while a topic is missing.
    `list_topics` requests the names of all topics within a number of seconds, and raises
    KafkaException if no broker responds. All of `topics` are expected; the first must exist for
    Kafka to count as ready.
    """

    def __init__(
        self, topics: tuple[str, ...], list_topics: Callable[[float], Iterable[str]]
    ) -> None:
        self.reachable = False
        self._topics = topics
        self._list_topics = list_topics
        # Before a broker has responded, no topic is known to be missing.
        self._existing_topics: frozenset[str] = frozenset(topics)
        self._ready = threading.Event()
        self._has_producer_id = threading.Event()
        self._probe_now = threading.Event()
        self._closing = threading.Event()
        self._logged: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="kafka-health", daemon=True)

    def start(self) -> None:
        """Starts probing."""
        self._thread.start()

    def close(self) -> None:
        """Stops probing and waits for the thread to end."""
        self._closing.set()
        self._probe_now.set()
        self._thread.join(_CLOSE_SECONDS)

    @property
    def probing(self) -> bool:
        """Whether the probing thread is alive."""
        return self._thread.is_alive()

    @property
    def ready(self) -> bool:
        """Whether brokers have responded and the first topic existed, at least once."""
        return self._ready.is_set()

    @property
    def missing_topics(self) -> tuple[str, ...]:
        """The expected topics that the brokers don't have."""
        return tuple(topic for topic in self._topics if topic not in self._existing_topics)

    def wait_until_ready(self, timeout_seconds: float | None = None) -> None:
        """Blocks until `ready`. Raises BrokerUnreachable or TopicMissing after the timeout."""
        if self._ready.wait(timeout_seconds):
            return
        if self.reachable:
            raise _topic_missing(self._topics[0])
        raise errors.BrokerUnreachable(f"no Kafka broker has answered within {timeout_seconds:g} s")

    def check_reachable(self) -> None:
        """Raises BrokerUnreachable if the last probe failed or a failure has come since."""
        if not self.reachable:
            raise errors.BrokerUnreachable("no Kafka broker can be reached")

    def check_topic(self, topic: str) -> None:
        """Raises TopicMissing if the brokers don't have the topic."""
        if topic not in self._existing_topics:
            raise _topic_missing(topic)

    def mark_unreachable(self) -> None:
        """After a failure: no request waits for Kafka again before a broker has responded."""
        self.reachable = False
        self._probe_now.set()

    def mark_topic_missing(self, topic: str | None) -> errors.TopicMissing:
        """After a broker has not found a topic (None: the first); returns the error to raise."""
        topic = topic or self._topics[0]
        self._existing_topics -= {topic}
        self._probe_now.set()
        return _topic_missing(topic)

    def producer_failed(self) -> None:
        """After a fatal error: nothing can be published before there is another producer."""
        self.reachable = False
        self._has_producer_id.clear()

    def producer_replaced(self) -> None:
        """Probes with the new producer."""
        self._probe_now.set()

    def on_error(self, error: KafkaError) -> None:
        """Handles an error of librdkafka's that is about no single record (`error_cb`)."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  (librdkafka's own name)
            self.mark_unreachable()
        if error.name() not in self._logged:
            self._logged.add(error.name())
            log.warning("kafka_error", extra={"error": error.name(), "detail": error.str()})

    def on_statistics(self, statistics: str) -> None:
        """Reads from librdkafka's statistics (`stats_cb`) whether the producer has its id.

        librdkafka reports it nowhere else.
        """
        if self._has_producer_id.is_set():
            return
        if json.loads(statistics)["eos"]["idemp_state"] == "Assigned":
            self._has_producer_id.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._probe_now.clear()
            started_at = time.monotonic()
            try:
                pause_seconds = self._probe()
            except KafkaException as error:
                self._warn_once("kafka_unreachable", error.args[0].str())
                self.reachable = False
                pause_seconds = _RETRY_SECONDS
            except Exception:  # without this thread the brokers would stay unreachable for good
                log.exception("kafka_probe_failed")
                pause_seconds = _PROBE_TIMEOUT_SECONDS
            self._probe_now.wait(pause_seconds)
            next_at = started_at + _MIN_PROBE_INTERVAL_SECONDS  # however many failures come in
            self._closing.wait(max(0.0, next_at - time.monotonic()))

    def _probe(self) -> float | None:
        """Probes once; returns the seconds until the next probe, None: not before a failure.

        Raises KafkaException when no broker responds.
        """
        self._existing_topics = frozenset(self._list_topics(_PROBE_TIMEOUT_SECONDS))
        # An idempotent producer sends nothing before it has its id, which a broker that has just
        # started assigns late: webhooks sent between "ready" and then would get 503.
        if not self._has_producer_id.wait(_PROBE_TIMEOUT_SECONDS):
            self._warn_once("kafka_producer_id_missing", "brokers answer, but not yet for writing")
            return 0
        self.reachable = True
        missing = self.missing_topics
        if self._topics[0] not in missing:
            self._ready.set()
        if missing:
            self._warn_once(
                "kafka_topic_missing", "; ".join(_topic_missing(topic).detail for topic in missing)
            )
            return _MISSING_TOPIC_RETRY_SECONDS
        if self._logged:
            log.info("kafka_recovered", extra={"detail": "brokers answer, all topics exist"})
        self._logged.clear()
        return None

    def _warn_once(self, event: str, detail: str) -> None:
        """Logs a warning once for each outage."""
        if event not in self._logged:
            self._logged.add(event)
            log.warning(event, extra={"detail": detail})


def _topic_missing(topic: str) -> errors.TopicMissing:
    return errors.TopicMissing(
        f"the topic {topic} does not exist: create it ({errors.TopicMissing.repair(topic)})"
    )
