"""A real Kafka broker for tests: one node that is its own controller."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from .jvm import QUICK_START, archive_classes
from .kafka_node import KafkaNode
from .kafka_topics import KafkaTopics
from .ports import free_port
from .processes import Process
from .tools import kafka_libs

START_TIMEOUT_SECONDS = 60.0
METADATA_TIMEOUT_SECONDS = 0.5


class KafkaBroker(KafkaTopics):
    """A broker with a data directory of its own, running while the context lasts.

    It keeps Kafka's default of creating a topic on the first write, so that tests notice if the
    product ever relies on that. Address and data stay the same across `kill` and `start`.

    `attach` gives a broker that another process has started: it has topics and records, but no
    process to start, stop or pause, and leaving its context leaves it running.

    Args:
        config: Kafka broker settings that extend or replace the default ones.
        java_options: Options of its JVM; by default it starts fast and is never fully optimised.
        running_at: The address of one that another process runs.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        *,
        java_options: Sequence[str] = QUICK_START,
        running_at: str | None = None,
    ) -> None:
        self.bootstrap_servers = running_at or f"127.0.0.1:{free_port()}"
        super().__init__(self.bootstrap_servers)
        self._node: KafkaNode | None = None
        if running_at is None:
            kafka_libs()  # raises before there is a directory to remove
            self._directory = Path(tempfile.mkdtemp(prefix="paycli-kafka-"))
            self._node = KafkaNode(
                self._directory, self._settings(config or {}), [*java_options, "-Xmx512m"]
            )

    @classmethod
    def attach(cls, bootstrap_servers: str) -> Self:
        """Return the broker that another process runs at this address."""
        return cls(running_at=bootstrap_servers)

    @classmethod
    def archive_classes(cls) -> None:
        """Make the archive of Kafka's classes, unless there is one."""

        def run(java_options: list[str]) -> None:
            with cls(java_options=java_options) as broker:
                broker.create_topic("any")
                broker.stop()

        archive_classes(kafka_libs(), run)

    def __enter__(self) -> Self:
        if self._node is not None:
            try:
                self._node.format()
                self.start()
            except BaseException:
                self._remove(self._node)
                raise
        return self

    def __exit__(self, *_: object) -> None:
        self._close_admin()
        if self._node is not None:
            self._remove(self._node)

    @property
    def process(self) -> Process:
        """The broker's process, running or exited."""
        return self._own_node().process

    def start(self) -> None:
        """Start the broker, first or again, and return when it responds to requests."""
        node = self._own_node()
        node.start()
        node.process.wait_until(
            lambda: self._broker_count(METADATA_TIMEOUT_SECONDS) > 0,
            START_TIMEOUT_SECONDS,
            "the Kafka broker responds",
        )

    def stop(self) -> None:
        """Shut the broker down cleanly; its data stay until the context ends."""
        self._own_node().stop()

    def kill(self) -> None:
        """Kill the broker with SIGKILL, as a crash would; its data stay."""
        self._own_node().kill()

    def pause(self) -> None:
        """Suspend the broker (SIGSTOP): connections stay open and get no response."""
        self._own_node().pause()

    def resume(self) -> None:
        """Resume a suspended broker."""
        self._own_node().resume()

    def _own_node(self) -> KafkaNode:
        if self._node is None:
            raise RuntimeError("another process runs this broker, so this one cannot control it")
        return self._node

    def _settings(self, config: Mapping[str, str]) -> dict[str, str]:
        controller = f"127.0.0.1:{free_port()}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
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
            # A killed broker can register again only after its session has expired, by default 9 s.
            "broker.heartbeat.interval.ms": "500",
            "broker.session.timeout.ms": "2000",
            **config,
        }

    def _remove(self, node: KafkaNode) -> None:
        # The data are never read again, so a clean shutdown would save nothing.
        node.discard()
        self._close_admin()
        shutil.rmtree(self._directory, ignore_errors=True)
