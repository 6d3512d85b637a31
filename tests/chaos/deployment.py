"""The system under test of a run: daemons on a Kafka cluster."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from harness.daemon import COMMAND, Daemon
from harness.kafka_cluster import KafkaCluster
from service import EVENTS, daemon_settings

from .clock import Clock, available

TOPIC = "payments.events"
PARTITIONS = 3
DAEMONS = 3
READY_TIMEOUT_SECONDS = 60.0
NO_STRIPE = "http://127.0.0.1:9"


class Deployment:
    """Topics and daemons on a cluster, ready while the context lasts.

    `clock` is the clock of daemon 1, None if clocks cannot be shifted here.

    Args:
        cluster: The cluster, running once the context is entered.
        topic: The name of the topic.
        partitions: The number of its partitions.
        daemons: The number of daemons.
        command: The program to run as daemon, if not the product's own.
    """

    def __init__(
        self,
        cluster: KafkaCluster,
        *,
        topic: str = TOPIC,
        partitions: int = PARTITIONS,
        daemons: int = DAEMONS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.cluster = cluster
        self.topic = topic
        self.partitions = partitions
        self.daemons: list[Daemon] = []
        self.clock: Clock | None = None
        self._numbers = range(1, daemons + 1)
        self._command = command
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            self.cluster.create_event_topics(self.topic, self.partitions)
            if available():
                folder = tempfile.TemporaryDirectory(prefix="paycli-clock-")
                self.clock = Clock(Path(self._exits.enter_context(folder)))
            for number in self._numbers:
                self.daemons.append(self._exits.enter_context(self._daemon(number)))
            for daemon in self.daemons:
                daemon.wait_ready(READY_TIMEOUT_SECONDS)
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @property
    def urls(self) -> list[str]:
        """The URLs of the daemons' webhook endpoints."""
        return [daemon.url + EVENTS for daemon in self.daemons]

    def _daemon(self, number: int) -> Daemon:
        settings = daemon_settings(NO_STRIPE, self.cluster.bootstrap_servers, self.topic)
        environment = self.clock.environment if number == 1 and self.clock is not None else {}
        return Daemon({**settings, **environment}, command=self._command)
