"""The configuration of our producers, in librdkafka's terms (its CONFIGURATION.md)."""

import re
from typing import Any

from confluent_kafka import KafkaException, Producer

from paycli import errors
from paycli.settings import KafkaSettings, kafka_config


def producer_config(settings: KafkaSettings, linger_ms: float = 0) -> kafka_config.Config:
    """Returns the configuration with which an acknowledgement means: persisted, once.

    `linger_ms` is how long a record waits for others, unless the settings have `linger.ms`.
    """
    return {
        # Recovery after an outage takes as long as the longest pause between two attempts.
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 1000,
        "linger.ms": linger_ms,
        # `broker_health` logs an outage once, librdkafka would do so for each attempt.
        "log_level": 2,
        "queue.buffering.max.messages": 10_000,
        "queue.buffering.max.kbytes": 65_536,
        # Reconnects to a broker that hangs while callers still wait for its response.
        "socket.timeout.ms": _broker_timeout_ms(settings.ack_timeout_seconds),
        **kafka_config.parse(settings.config),
        "bootstrap.servers": settings.bootstrap_servers,
        "acks": "all",
        "enable.idempotence": True,
        # A broker recognizes a record that is sent again by the producer's epoch and a sequence
        # number. When librdkafka times a record out, it starts a new epoch, and records that are in
        # flight and already persisted would be stored twice. So none times out here: the caller
        # gets its error at its own deadline, and the record is sent when Kafka responds again.
        "message.timeout.ms": 0,
        # With a second request in flight the same happens when a broker refuses the first one.
        "max.in.flight.requests.per.connection": 1,
        # A deleted topic would come back with a broker's defaults, which may keep one copy only.
        "allow.auto.create.topics": False,
        "partitioner": "murmur2_random",
        "topic.metadata.propagation.max.ms": _broker_timeout_ms(settings.ack_timeout_seconds),
    }


def _broker_timeout_ms(ack_timeout_seconds: float) -> int:
    """How long librdkafka waits for one response.

    It checks once a second, and must report before the caller's own deadline.
    """
    return int(1000 * max(ack_timeout_seconds - 1.25, ack_timeout_seconds * 0.4))


def create_producer(config: dict[str, Any]) -> Producer:
    """Raises SettingsInvalid, without the value, if librdkafka refuses the configuration."""
    try:
        return Producer(config)
    except (KafkaException, TypeError, ValueError) as error:
        named = re.search(r'property:? "([\w.]+)"', str(error))
        detail = f"librdkafka refuses {named[1]}" if named else "librdkafka refuses these settings"
        raise errors.SettingsInvalid([errors.Problem("PAYCLI_KAFKA_CONFIG", detail)]) from None
