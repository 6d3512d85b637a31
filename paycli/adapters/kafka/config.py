"""How our producers are set up. Settings are librdkafka's (CONFIGURATION.md)."""

import re
from typing import Any

from confluent_kafka import KafkaException, Producer

from paycli import errors
from paycli.settings import KafkaSettings, kafka_config


def producer_config(settings: KafkaSettings, linger_ms: float = 0) -> kafka_config.Config:
    """What makes an acknowledgement mean: persisted, once.

    `linger_ms` is how long a record waits for others, where the settings don't say.
    """
    return {
        # Recovery after an outage is as slow as the longest pause between two tries.
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 1000,
        "linger.ms": linger_ms,
        # Outages are told once, below, not once for each try to connect.
        "log_level": 2,
        "queue.buffering.max.messages": 10_000,
        "queue.buffering.max.kbytes": 65_536,
        # A broker that hangs is left, and asked again, while somebody still waits for its answer.
        "socket.timeout.ms": _patience_ms(settings.ack_timeout_seconds),
        **kafka_config.parse(settings.config),
        "bootstrap.servers": settings.bootstrap_servers,
        "acks": "all",
        "enable.idempotence": True,
        # The broker tells a record that comes again by its epoch and number. After a record that
        # is given up librdkafka starts a new epoch, and what is under way and already persisted
        # would be kept twice. So none is given up: who waited is told in time, and the record is
        # sent when Kafka answers again.
        "message.timeout.ms": 0,
        # With a second request under way the same happens when a broker refuses the first one.
        "max.in.flight.requests.per.connection": 1,
        # A deleted topic would come back with a broker's defaults, which may keep one copy only.
        "allow.auto.create.topics": False,
        "partitioner": "murmur2_random",
        "topic.metadata.propagation.max.ms": _patience_ms(settings.ack_timeout_seconds),
    }


def _patience_ms(ack_timeout_seconds: float) -> int:
    """How long librdkafka waits for one answer; it counts by the second, and we want its word."""
    return int(1000 * max(ack_timeout_seconds - 1.25, ack_timeout_seconds * 0.4))


def create_producer(config: dict[str, Any]) -> Producer:
    """Raises SettingsInvalid, without the value, for what librdkafka does not take."""
    try:
        return Producer(config)
    except (KafkaException, TypeError, ValueError) as error:
        named = re.search(r'property:? "([\w.]+)"', str(error))
        what = f"librdkafka refuses {named[1]}" if named else "librdkafka refuses these settings"
        raise errors.SettingsInvalid([errors.Problem("PAYCLI_KAFKA_CONFIG", what)]) from None
