"""How a topic is set up, asked of the brokers; nothing is changed, and no record written."""

from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # it is documented there
    AclOperation,
    AdminClient,
    ConfigResource,
    ResourceType,
)

from paycli import errors, kafka_config
from paycli.models import TopicFacts
from paycli.settings import KafkaSettings

_SECONDS = 5.0

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

    def topic(self, name: str) -> TopicFacts:
        """How the topic is set up. Raises BrokerUnreachable, TopicMissing."""
        try:
            topics = self._client.list_topics(timeout=_SECONDS).topics
        except KafkaException as error:
            raise errors.BrokerUnreachable(
                f"no broker answers ({error.args[0].str()}): check PAYCLI_KAFKA_BOOTSTRAP_SERVERS "
                "and PAYCLI_KAFKA_CONFIG"
            ) from error
        if name not in topics:
            raise errors.TopicMissing(
                f"the topic {name} does not exist: kafka-topics.sh --create --topic {name}"
            )
        partitions = topics[name].partitions.values()
        config = self._config(name)
        retention = config.get("retention.ms")
        in_sync = config.get("min.insync.replicas")
        return TopicFacts(
            partitions=len(partitions),
            replicas=min((len(it.replicas) for it in partitions), default=0),
            min_insync_replicas=None if in_sync is None else int(in_sync),
            cleanup_policy=config.get("cleanup.policy"),
            retention_ms=None if retention is None else int(retention),
            may_write=self._may_write(name),
        )

    def _config(self, name: str) -> dict[str, str | None]:
        resource = ConfigResource(ResourceType.TOPIC, name)
        asked = self._client.describe_configs([resource], request_timeout=_SECONDS)
        found = _told(asked[resource].result)
        return {} if found is None else {key: entry.value for key, entry in found.items()}

    def _may_write(self, name: str) -> bool | None:
        asked = self._client.describe_topics(
            TopicCollection([name]), include_authorized_operations=True, request_timeout=_SECONDS
        )
        found = _told(asked[name].result)
        operations = None if found is None else found.authorized_operations
        if operations is None:
            return None
        return bool({AclOperation.WRITE, AclOperation.ALL} & set(operations))


def _told(result: Callable[[float], T]) -> T | None:
    """The answer, None where the broker doesn't know the question or we may not ask it."""
    try:
        return result(_SECONDS)
    except (KafkaException, TimeoutError):
        return None
