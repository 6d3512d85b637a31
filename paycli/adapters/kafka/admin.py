"""How a topic is set up, asked of the brokers; nothing is changed, and no record written."""

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

_REACH_SECONDS = 5.0
_SECONDS = 2.0
"""For what some brokers do not know, and do not answer."""

T = TypeVar("T")


class KafkaAdmin:
    """Asks the brokers of the settings."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._client = AdminClient(
            {
                "log_level": 0,
                **kafka_config.parse(settings.config),
                "bootstrap.servers": settings.bootstrap_servers,
            }
        )

    def topic(self, name: str) -> TopicStatus:
        """How the topic is set up. Raises BrokerUnreachable, TopicMissing."""
        partitions = self._topic(name).partitions.values()
        resource = ConfigResource(ResourceType.TOPIC, name)
        configs = self._client.describe_configs([resource], request_timeout=_SECONDS)
        rights = self._client.describe_topics(
            TopicCollection([name]), include_authorized_operations=True, request_timeout=_SECONDS
        )
        config = _told(configs[resource].result) or {}
        topic = _told(rights[name].result)
        operations = None if topic is None else topic.authorized_operations
        return TopicStatus(
            partitions=len(partitions),
            replicas=min((len(it.replicas) for it in partitions), default=0),
            min_insync_replicas=_whole(config, "min.insync.replicas"),
            cleanup_policy=config["cleanup.policy"].value if config else None,
            retention_ms=_whole(config, "retention.ms"),
            may_write=operations and bool({AclOperation.WRITE, AclOperation.ALL} & set(operations)),
        )

    def check(self, name: str) -> None:
        """Whether the topic is there. Raises BrokerUnreachable, TopicMissing."""
        self._topic(name)

    def _topic(self, name: str) -> TopicMetadata:
        try:
            # Asking for all topics, since asking for one by name would create it.
            topics = self._client.list_topics(timeout=_REACH_SECONDS).topics
        except KafkaException as error:
            raise errors.BrokerUnreachable(f"no broker answers ({error.args[0].str()})") from error
        if name not in topics:
            raise errors.TopicMissing(
                f"the topic {name} does not exist: kafka-topics.sh --create --topic {name}"
            )
        return topics[name]


def _whole(config: Mapping[str, ConfigEntry], name: str) -> int | None:
    value = config[name].value if name in config else None
    return None if value is None else int(value)


def _told(result: Callable[[float], T]) -> T | None:
    """The answer, None where the broker doesn't know the question or we may not ask it."""
    try:
        return result(_SECONDS + 1)
    except (KafkaException, TimeoutError):
        return None
