"""A real Kafka cluster for tests: three brokers, each a controller too, each behind a link."""

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from .kafka_node import QUICK_START, KafkaNode
from .kafka_records import end_offsets
from .link import Link
from .polling import wait_until
from .ports import free_port
from .tools import kafka_libs

NUMBERS = (1, 2, 3)
START_TIMEOUT_SECONDS = 90.0
REQUEST_TIMEOUT_SECONDS = 20.0
LOOK_TIMEOUT_SECONDS = 2.0
JAVA = ("-Xmx192m", *QUICK_START)


@dataclass(frozen=True)
class Partition:
    """Who leads a partition (a broker's number, or -1), and which brokers have all of it."""

    leader: int
    in_sync: frozenset[int]


class KafkaCluster:
    """Runs three brokers while the context lasts: replication 3, two in sync needed to write.

    `bootstrap_servers` are the addresses of the links, which lead to the brokers and can fail;
    `inside` are the brokers' own addresses, for those who watch. In: broker settings beyond or
    instead of ours; `folders`, where each broker keeps all it has, by default in one that vanishes.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        folders: Mapping[int, Path] | None = None,
    ) -> None:
        kafka_libs()  # first, since without them there is nothing to clean up
        self._directory = Path(tempfile.mkdtemp(prefix="paycli-kafka-cluster-"))
        ports = {number: (free_port(), free_port(), free_port()) for number in NUMBERS}
        self.links = {number: Link(own) for number, (_, own, _) in ports.items()}
        self.bootstrap_servers = _addresses(link.port for link in self.links.values())
        self.inside = _addresses(inside for inside, _, _ in ports.values())
        self.nodes: dict[int, KafkaNode] = {}
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, (_, _, port) in ports.items())
        for number in NUMBERS:
            folder = (folders or {}).get(number, self._directory / str(number))
            folder.mkdir(exist_ok=True)
            listening = _listeners(*ports[number], self.links[number].port)
            own = {"node.id": str(number), "controller.quorum.voters": voters, **listening}
            self.nodes[number] = KafkaNode(folder, {**COMMON, **own, **(config or {})}, JAVA)
        self._admin = AdminClient(
            {
                "bootstrap.servers": self.inside,
                "reconnect.backoff.max.ms": 200,
                "socket.timeout.ms": int(1000 * LOOK_TIMEOUT_SECONDS),
                "log_level": 0,
            }
        )
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._exits.callback(shutil.rmtree, self._directory, ignore_errors=True)
        try:
            for node in self.nodes.values():
                self._exits.callback(node.discard)
            for link in self.links.values():
                self._exits.enter_context(link)
            formatting = [threading.Thread(target=node.format) for node in self.nodes.values()]
            for thread in formatting:
                thread.start()
            for thread in formatting:
                thread.join()
            for node in self.nodes.values():
                node.start()
            wait_until(self._all_here, START_TIMEOUT_SECONDS, "three Kafka brokers answer")
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.close()

    def create_topic(
        self, name: str, partitions: int = 3, config: Mapping[str, str] | None = None
    ) -> None:
        """Create a topic and return when each partition can be read and has three replicas."""
        topic = NewTopic(name, partitions, len(NUMBERS), config=dict(config or {}))
        self._admin.create_topics([topic])[name].result(REQUEST_TIMEOUT_SECONDS)
        self.wait_in_sync(name)
        wait_until(
            lambda: self._serves(name, partitions), REQUEST_TIMEOUT_SECONDS, f"{name} serves"
        )

    def delete_topic(self, name: str) -> None:
        """Delete a topic and return when no broker lists it."""
        self._admin.delete_topics([name])[name].result(REQUEST_TIMEOUT_SECONDS)
        wait_until(
            lambda: name not in self.topics(), REQUEST_TIMEOUT_SECONDS, f"topic {name} is gone"
        )

    def topics(self) -> set[str]:
        """Return the names of all topics, without Kafka's own; asking creates none."""
        found = self._admin.list_topics(timeout=REQUEST_TIMEOUT_SECONDS).topics
        return {name for name in found if not name.startswith("__")}

    def leader(self, topic: str, partition: int) -> int:
        """Return the number of the broker that leads a partition, as soon as there is one."""
        nobody = Partition(-1, frozenset())

        def now() -> int:
            return self._partitions(topic).get(partition, nobody).leader

        what = f"partition {partition} of {topic} has a leader"
        wait_until(lambda: now() in NUMBERS, START_TIMEOUT_SECONDS, what)
        return now()

    def wait_in_sync(self, topic: str, numbers: Collection[int] = NUMBERS) -> None:
        """Return when in each partition at least these brokers have all that is acknowledged.

        A broker that was killed still counts until the others have noticed: `wait_out` first.
        """
        wait_until(
            lambda: self._each(topic, lambda partition: partition.in_sync >= set(numbers)),
            START_TIMEOUT_SECONDS,
            f"brokers {sorted(numbers)} are in sync",
        )

    def wait_out(self, topic: str, number: int) -> None:
        """Return when the others have noticed that a broker is gone, and lead in its place."""
        wait_until(
            lambda: self._each(topic, lambda partition: number not in partition.in_sync),
            START_TIMEOUT_SECONDS,
            f"broker {number} is out",
        )

    def _each(self, topic: str, holds: Callable[[Partition], bool]) -> bool:
        partitions = self._partitions(topic).values()
        return bool(partitions) and all(
            each.leader in NUMBERS and holds(each) for each in partitions
        )

    def _partitions(self, topic: str) -> dict[int, Partition]:
        """What the brokers say at the moment; nothing if none does."""
        try:
            topics = self._admin.list_topics(timeout=LOOK_TIMEOUT_SECONDS).topics
        except KafkaException:
            return {}
        found = topics[topic].partitions if topic in topics else {}
        return {
            number: Partition(each.leader, frozenset(each.isrs)) for number, each in found.items()
        }

    def _serves(self, topic: str, partitions: int) -> bool:
        # The leaders are named a moment before they answer for their partitions.
        try:
            return len(end_offsets(self.inside, topic)) == partitions
        except KafkaException:
            return False

    def _all_here(self) -> bool:
        for node in self.nodes.values():
            node.process.check_running()
        try:
            brokers = self._admin.list_topics(timeout=LOOK_TIMEOUT_SECONDS).brokers
        except KafkaException:
            return False
        return len(brokers) == len(NUMBERS)


COMMON = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "INSIDE",
    "listener.security.protocol.map": ("INSIDE:PLAINTEXT,LINKED:PLAINTEXT,CONTROLLER:PLAINTEXT"),
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "offsets.topic.num.partitions": "1",
    "auto.create.topics.enable": "true",
    # Leaders come back to where they were, so that each broker stays worth hitting.
    "leader.imbalance.check.interval.seconds": "5",
    # A broker that is gone is noticed after its session, 9 s by default.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    # Small threads and files: three brokers share two cores with what they serve.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.index.size.max.bytes": "1048576",
    "log.cleaner.dedupe.buffer.size": "4194304",
}


def _listeners(inside: int, own: int, controller: int, link: int) -> dict[str, str]:
    """Who comes by the link is sent back to the link."""
    at = "127.0.0.1"
    return {
        "listeners": f"INSIDE://{at}:{inside},LINKED://{at}:{own},CONTROLLER://{at}:{controller}",
        "advertised.listeners": f"INSIDE://{at}:{inside},LINKED://{at}:{link}",
    }


def _addresses(ports: Iterable[int]) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)
