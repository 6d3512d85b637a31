"""Topics of a running Kafka broker or cluster: listed, created and deleted."""

from collections.abc import Mapping

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from .kafka_records import end_offsets, end_offsets_of
from .polling import wait_until

REQUEST_TIMEOUT_SECONDS = 20.0
PARTITIONS = 3


class KafkaTopics:
    """The topics behind some bootstrap servers.

    Args:
        admin_servers: The bootstrap servers that administrative requests go to.
        replication_factor: Of each topic that is created.
        admin_config: Further librdkafka settings of the admin client.
    """

    def __init__(
        self,
        admin_servers: str,
        replication_factor: int = 1,
        admin_config: Mapping[str, str | int] | None = None,
    ) -> None:
        self._admin_servers = admin_servers
        self._replication_factor = replication_factor
        self._admin_config = admin_config or {}
        self._admin_client: AdminClient | None = None

    def topics(self) -> set[str]:
        """Return the names of all topics except Kafka's internal ones, without creating any."""
        names = self._admin().list_topics(timeout=REQUEST_TIMEOUT_SECONDS).topics
        return {name for name in names if not name.startswith("__")}

    def create_topic(
        self, name: str, partitions: int = PARTITIONS, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic and return when every partition can be read and written."""
        self._create({name: partitions}, config)

    def create_event_topics(
        self, name: str, partitions: int = PARTITIONS, config: Mapping[str, str] | None = None
    ) -> None:
        """Create the two topics that a daemon needs: `name` and `<name>.unreadable`."""
        self._create({name: partitions, f"{name}.unreadable": 1}, config)

    def delete_topic(self, name: str) -> None:
        """Delete a topic and return when no broker lists it."""
        self._admin().delete_topics([name])[name].result(REQUEST_TIMEOUT_SECONDS)
        wait_until(
            lambda: name not in self.topics(), REQUEST_TIMEOUT_SECONDS, f"topic {name} is deleted"
        )

    def delete_records(self, topic: str, *, keep: int) -> None:
        """Delete the records of a topic as retention does, except the last `keep` per partition."""
        ends = end_offsets(self._admin_servers, topic)
        before = [TopicPartition(topic, p, max(0, end - keep)) for p, end in ends.items()]
        for deleted in self._admin().delete_records(before).values():
            deleted.result(REQUEST_TIMEOUT_SECONDS)

    def _broker_count(self, timeout_seconds: float) -> int:
        """Return how many brokers the cluster has; 0 if none responds in time."""
        try:
            return len(self._admin().list_topics(timeout=timeout_seconds).brokers)
        except KafkaException:
            return 0

    def _create(self, partitions: Mapping[str, int], config: Mapping[str, str] | None) -> None:
        """Create topics by name and number of partitions, all with the same settings."""
        topics = [
            NewTopic(name, count, self._replication_factor, config=dict(config or {}))
            for name, count in partitions.items()
        ]
        for created in self._admin().create_topics(topics).values():
            created.result(REQUEST_TIMEOUT_SECONDS)
        wait_until(
            lambda: self._have_leaders(partitions),
            REQUEST_TIMEOUT_SECONDS,
            f"{', '.join(partitions)} can be read",
        )

    def _have_leaders(self, partitions: Mapping[str, int]) -> bool:
        # Metadata name a leader a moment before it accepts requests for its partition.
        try:
            ends = end_offsets_of(self._admin_servers, partitions)
        except KafkaException:
            return False
        return {name: len(offsets) for name, offsets in ends.items()} == partitions

    def _admin(self) -> AdminClient:
        # Reconnects quickly, because this client survives outages of the brokers.
        if self._admin_client is None:
            self._admin_client = AdminClient(
                {
                    "bootstrap.servers": self._admin_servers,
                    "reconnect.backoff.max.ms": 200,
                    "log_level": 0,
                    **self._admin_config,
                }
            )
        return self._admin_client

    def _close_admin(self) -> None:
        self._admin_client = None
