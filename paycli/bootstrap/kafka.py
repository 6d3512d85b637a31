"""Creates Kafka readers, publishers and the admin client of the commands."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from paycli.errors import Problem, SettingsInvalid
from paycli.events.topics import Topics
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.adapters.kafka.admin import KafkaAdmin
    from paycli.adapters.kafka.publisher import KafkaPublisher
    from paycli.adapters.kafka.reader import KafkaReader

_CONNECT_SECONDS = 10.0
# Commands publish many records: large requests are cheaper for the brokers and for us.
_LINGER_MS = 10


def topics(settings: KafkaSettings) -> Topics:
    """Returns the topics, with the schema ids of their records. Raises SettingsInvalid."""
    return Topics(settings.topic, settings.unreadable_topic, _schema_ids(settings))


def _schema_ids(settings: KafkaSettings) -> Mapping[str, bytes]:
    file = settings.schema_ids_file
    if file is None:
        return {}
    from paycli.events.asyncapi import event_types  # not needed without the setting
    from paycli.events.schema_ids import header_values

    try:
        return header_values(file.read_bytes(), event_types())
    except OSError as error:
        problem = f"the file {file} can't be read: {error.strerror}"
    except ValueError as error:
        problem = f"the file {file} {error}"
    raise SettingsInvalid([Problem("PAYCLI_KAFKA_SCHEMA_IDS_FILE", problem)])


def reader(settings: KafkaSettings, topic: str) -> "closing[KafkaReader]":
    """Returns a context manager for a reader of the topic. Using it raises KafkaFailure."""
    from paycli.adapters.kafka.reader import KafkaReader

    return closing(KafkaReader(settings, topic))


@contextmanager
def topic_readers(settings: KafkaSettings) -> "Iterator[tuple[KafkaReader, KafkaReader]]":
    """Yields readers of the events topic and of the unreadable topic, in this order."""
    with (
        reader(settings, settings.topic) as events,
        reader(settings, settings.unreadable_topic) as unreadable,
    ):
        yield events, unreadable


@contextmanager
def publisher(settings: KafkaSettings, topic: str | None = None) -> "Iterator[KafkaPublisher]":
    """Yields a connected publisher to `topic`, by default to both our topics.

    Raises KafkaFailure.
    """
    from paycli.adapters.kafka.publisher import KafkaPublisher

    # The publisher logs for the daemon's operators. A command reports the same in its error.
    logging.getLogger("paycli.kafka").addHandler(logging.NullHandler())
    topics = (settings.topic, settings.unreadable_topic) if topic is None else (topic,)
    # The publisher waits for a missing topic, as the daemon must. A command fails immediately.
    kafka_admin(settings).check(topics[0])
    kafka_publisher = KafkaPublisher(settings, topics, max_in_flight=1, linger_ms=_LINGER_MS)
    try:
        kafka_publisher.connect(_CONNECT_SECONDS)
        yield kafka_publisher
    finally:
        kafka_publisher.close()


def kafka_admin(settings: KafkaSettings) -> "KafkaAdmin":
    """Returns an admin client that reads the configuration of the topics."""
    from paycli.adapters.kafka.admin import KafkaAdmin

    return KafkaAdmin(settings)
