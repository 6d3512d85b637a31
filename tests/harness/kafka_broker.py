"""A real Kafka broker for tests: one node that is its own controller."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from .kafka_node import KafkaNode
from .kafka_records import end_offsets
from .polling import wait_until
from .ports import free_port
from .processes import Process
from .tools import kafka_libs

START_TIMEOUT_SECONDS = 60.0
REQUEST_TIMEOUT_SECONDS = 20.0


class KafkaBroker:
    """Runs a broker in a folder of its own while the context lasts.

    It keeps Kafka's default of creating topics that somebody merely writes to, so tests can see
    whether the product ever does. Address and data stay the same across `kill` and `start`.
    """

    def __init__(self, config: Mapping[str, str] | None = None) -> None:
        """In: broker settings beyond or instead of ours, by Kafka's names."""
        kafka_libs()  # first, since without them there is nothing to clean up
        self._directory = Path(tempfile.mkdtemp(prefix="paycli-kafka-"))
        self._admin_client: AdminClient | None = None
        self.bootstrap_servers = f"127.0.0.1:{free_port()}"
        self._node = KafkaNode(self._directory, self._settings(config or {}), ["-Xmx512m"])

    def __enter__(self) -> Self:
        try:
            self._node.format("--standalone")
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    @property
    def process(self) -> Process:
        """The broker's process, running or ended."""
        return self._node.process

    def start(self) -> None:
        """Start it, first or again, and return when it answers."""
        self._node.start()
        wait_until(self._answers, START_TIMEOUT_SECONDS, "Kafka broker answers")

    def stop(self) -> None:
        """End it in an orderly way; its data stay until the context ends."""
        self._node.stop()

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would; its data stay."""
        self._node.kill()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open and, from the return on, nothing answers."""
        self._node.pause()

    def resume(self) -> None:
        """Let a frozen broker go on."""
        self._node.resume()

    def topics(self) -> set[str]:
        """Return the names of all topics, without Kafka's own; asking creates none."""
        found = self._admin().list_topics(timeout=REQUEST_TIMEOUT_SECONDS).topics
        return {name for name in found if not name.startswith("__")}

    def create_topic(
        self, name: str, partitions: int = 3, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic and return when every partition can be read and written."""
        topic = NewTopic(name, partitions, 1, config=dict(config or {}))
        self._admin().create_topics([topic])[name].result(REQUEST_TIMEOUT_SECONDS)
        wait_until(
            lambda: self._serves(name, partitions),
            REQUEST_TIMEOUT_SECONDS,
            f"topic {name} is served",
        )

    def delete_records(self, topic: str, *, keep: int) -> None:
        """Drop a topic's records as its retention does, but for the last ones of each partition."""
        ends = end_offsets(self.bootstrap_servers, topic)
        before = [TopicPartition(topic, p, max(0, end - keep)) for p, end in ends.items()]
        for done in self._admin().delete_records(before).values():
            done.result(REQUEST_TIMEOUT_SECONDS)

    def delete_topic(self, name: str) -> None:
        """Delete a topic and return when the broker no longer lists it."""
        self._admin().delete_topics([name])[name].result(REQUEST_TIMEOUT_SECONDS)
        wait_until(
            lambda: name not in self.topics(), REQUEST_TIMEOUT_SECONDS, f"topic {name} is gone"
        )

    def _admin(self) -> AdminClient:
        # Quick to come back, because this client lives through the broker's outages.
        if self._admin_client is None:
            self._admin_client = AdminClient(
                {
                    "bootstrap.servers": self.bootstrap_servers,
                    "reconnect.backoff.max.ms": 200,
                    "log_level": 0,
                }
            )
        return self._admin_client

    def _serves(self, topic: str, partitions: int) -> bool:
        # The leaders are named a moment before they answer for their partitions.
        try:
            return len(end_offsets(self.bootstrap_servers, topic)) == partitions
        except KafkaException:
            return False

    def _answers(self) -> bool:
        self.process.check_alive()
        try:
            return bool(self._admin().list_topics(timeout=0.5).brokers)
        except KafkaException:
            return False

    def _settings(self, config: Mapping[str, str]) -> dict[str, str]:
        controller = f"127.0.0.1:{free_port()}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": controller,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "auto.create.topics.enable": "true",
            "offsets.topic.num.partitions": "1",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # A killed broker's place is free again only after its session, 9 s by default.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "2000",
            **config,
        }

    def _remove(self) -> None:
        # Nobody reads the data again, so there is nothing that an orderly end would save.
        self._node.discard()
        self._admin_client = None
        shutil.rmtree(self._directory, ignore_errors=True)
