"""A topic's configuration, read from the brokers; nothing is created, changed or written."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it is documented there
    AclOperation,
    AdminClient,
    ConfigEntry,
    ConfigResource,
    ResourceType,
    TopicMetadata,
)

from paycli import errors
from paycli.models import TopicStatus
from paycli.settings import KafkaSettings, kafka_config

_METADATA_SECONDS = 5.0
_DESCRIBE_SECONDS = 2.0
"""For requests that some brokers don't support and leave unanswered."""

T = TypeVar("T")


class KafkaAdmin:
    """Queries the brokers named in the settings."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._client = AdminClient(
            {
                "log_level": 0,
                **kafka_config.parse(settings.config),
                "bootstrap.servers": settings.bootstrap_servers,
            }
        )

    def topic(self, name: str) -> TopicStatus:
        """Returns the topic's configuration. Raises BrokerUnreachable, TopicMissing."""
        partitions = self._topic(name).partitions.values()
        resource = ConfigResource(ResourceType.TOPIC, name)
        configs = self._client.describe_configs([resource], request_timeout=_DESCRIBE_SECONDS)
        topics = self._client.describe_topics(
            TopicCollection([name]),
            include_authorized_operations=True,
            request_timeout=_DESCRIBE_SECONDS,
        )
        config = _result_or_none(configs[resource].result) or {}
        topic = _result_or_none(topics[name].result)
        operations = None if topic is None else topic.authorized_operations
        return TopicStatus(
            partitions=len(partitions),
            replicas=min((len(partition.replicas) for partition in partitions), default=0),
            min_insync_replicas=_integer(config, "min.insync.replicas"),
            cleanup_policy=config["cleanup.policy"].value if config else None,
            retention_ms=_integer(config, "retention.ms"),
            may_write=operations and bool({AclOperation.WRITE, AclOperation.ALL} & set(operations)),
        )

    def check(self, name: str) -> None:
        """Raises BrokerUnreachable or TopicMissing unless the topic exists."""
        self._topic(name)

    def _topic(self, name: str) -> TopicMetadata:
        try:
            # All topics, since a request for one by name would create it.
            topics = self._client.list_topics(timeout=_METADATA_SECONDS).topics
        except KafkaException as error:
            raise errors.BrokerUnreachable(f"no broker answers ({error.args[0].str()})") from error
        if name not in topics:
            raise errors.TopicMissing(
                f"the topic {name} does not exist: {errors.TopicMissing.repair(name)}"
            )
        return topics[name]


def _integer(config: Mapping[str, ConfigEntry], name: str) -> int | None:
    value = config[name].value if name in config else None
    return None if value is None else int(value)


def _result_or_none(result: Callable[[float], T]) -> T | None:
    """The result, None where the broker doesn't support the request or we lack the right to it."""
    try:
        return result(_DESCRIBE_SECONDS + 1)
    except (KafkaException, TimeoutError):
        return None
