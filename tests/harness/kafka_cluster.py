"""A real Kafka cluster for tests: three brokers that are controllers too, each behind a link."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException

from .jvm import QUICK_START
from .kafka_node import KafkaNode
from .kafka_topics import KafkaTopics
from .link import Link
from .polling import wait_until
from .ports import free_port
from .tools import kafka_libs

NODE_IDS = (1, 2, 3)
START_TIMEOUT_SECONDS = 90.0
METADATA_TIMEOUT_SECONDS = 2.0
JAVA_OPTIONS = ("-Xmx192m", *QUICK_START)


@dataclass(frozen=True)
class Partition:
    """The id of a partition's leader, -1 without one, and the ids of its in-sync replicas."""

    leader: int
    in_sync: frozenset[int]


NO_LEADER = Partition(-1, frozenset())


class KafkaCluster(KafkaTopics):
    """Three brokers while the context lasts: replication factor 3, min.insync.replicas 2.

    `bootstrap_servers` are the addresses of the links, which forward to the brokers and can fail;
    `direct_servers` are the brokers' own addresses, for observers.

    Args:
        config: Broker settings that extend or replace the default ones.
        directories: By node id, where a broker stores its data; a temporary one by default.
    """

    def __init__(
        self,
        config: Mapping[str, str] | None = None,
        directories: Mapping[int, Path] | None = None,
    ) -> None:
        kafka_libs()  # raises before there is a directory to remove
        self._directory = Path(tempfile.mkdtemp(prefix="paycli-kafka-cluster-"))
        ports = {node_id: (free_port(), free_port(), free_port()) for node_id in NODE_IDS}
        self.links = {node_id: Link(linked) for node_id, (_, linked, _) in ports.items()}
        self.bootstrap_servers = _addresses(link.port for link in self.links.values())
        self.direct_servers = _addresses(direct for direct, _, _ in ports.values())
        super().__init__(
            self.direct_servers,
            replication_factor=len(NODE_IDS),
            admin_config={"socket.timeout.ms": int(1000 * METADATA_TIMEOUT_SECONDS)},
        )
        self.nodes: dict[int, KafkaNode] = {}
        voters = ",".join(f"{n}@127.0.0.1:{port}" for n, (_, _, port) in ports.items())
        for node_id in NODE_IDS:
            directory = (directories or {}).get(node_id, self._directory / str(node_id))
            directory.mkdir(exist_ok=True)
            listeners = _listeners(*ports[node_id], self.links[node_id].port)
            own = {"node.id": str(node_id), "controller.quorum.voters": voters, **listeners}
            settings = {**COMMON, **own, **(config or {})}
            self.nodes[node_id] = KafkaNode(directory, settings, JAVA_OPTIONS)
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._exits.callback(shutil.rmtree, self._directory, ignore_errors=True)
        try:
            for node in self.nodes.values():
                self._exits.callback(node.discard)
            for link in self.links.values():
                self._exits.enter_context(link)
            with ThreadPoolExecutor() as pool:
                list(pool.map(KafkaNode.format, self.nodes.values()))
            for node in self.nodes.values():
                node.start()
            wait_until(self._all_respond, START_TIMEOUT_SECONDS, "three Kafka brokers respond")
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _create(self, partitions: Mapping[str, int], config: Mapping[str, str] | None) -> None:
        """Create topics; return when every partition can be read and has three replicas."""
        super()._create(partitions, config)
        for name in partitions:
            self.wait_in_sync(name)

    def leader(self, topic: str, partition: int) -> int:
        """Return the id of the broker that leads a partition, waiting until there is one."""

        def current() -> int:
            return self._partitions(topic).get(partition, NO_LEADER).leader

        description = f"partition {partition} of {topic} has a leader"
        wait_until(lambda: current() in NODE_IDS, START_TIMEOUT_SECONDS, description)
        return current()

    def wait_in_sync(self, topic: str, node_ids: Collection[int] = NODE_IDS) -> None:
        """Return when these brokers are in-sync replicas of every partition.

        A broker that was killed still counts until the others have noticed: call
        `wait_out_of_sync` first.
        """
        wait_until(
            lambda: self._every(topic, lambda partition: partition.in_sync >= set(node_ids)),
            START_TIMEOUT_SECONDS,
            f"brokers {sorted(node_ids)} are in sync",
        )

    def wait_out_of_sync(self, topic: str, node_id: int) -> None:
        """Return when the others have removed a broker from every partition, and lead them."""
        wait_until(
            lambda: self._every(topic, lambda partition: node_id not in partition.in_sync),
            START_TIMEOUT_SECONDS,
            f"broker {node_id} is out of sync",
        )

    def _every(self, topic: str, condition: Callable[[Partition], bool]) -> bool:
        partitions = self._partitions(topic).values()
        return bool(partitions) and all(
            partition.leader in NODE_IDS and condition(partition) for partition in partitions
        )

    def _partitions(self, topic: str) -> dict[int, Partition]:
        """Return the partitions by number as the brokers report them; empty without a response."""
        try:
            topics = self._admin().list_topics(timeout=METADATA_TIMEOUT_SECONDS).topics
        except KafkaException:
            return {}
        partitions = topics[topic].partitions if topic in topics else {}
        return {
            number: Partition(metadata.leader, frozenset(metadata.isrs))
            for number, metadata in partitions.items()
        }

    def _all_respond(self) -> bool:
        for node in self.nodes.values():
            node.process.check_running()
        return self._broker_count(METADATA_TIMEOUT_SECONDS) == len(NODE_IDS)


COMMON = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "DIRECT",
    "listener.security.protocol.map": "DIRECT:PLAINTEXT,LINKED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
    "offsets.topic.num.partitions": "1",
    "auto.create.topics.enable": "true",
    # Leaders return to their preferred broker, so that every broker keeps leading something.
    "leader.imbalance.check.interval.seconds": "5",
    # A broker counts as gone after its session has expired, by default 9 s.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    # Few threads and small files: three brokers share two cores with the daemons.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.index.size.max.bytes": "1048576",
    "log.cleaner.dedupe.buffer.size": "4194304",
}


def _listeners(direct: int, linked: int, controller: int, link: int) -> dict[str, str]:
    """Return a broker's listeners; a client that connects through the link stays on the link."""
    host = "127.0.0.1"
    listeners = {"DIRECT": direct, "LINKED": linked, "CONTROLLER": controller}
    return {
        "listeners": ",".join(f"{name}://{host}:{port}" for name, port in listeners.items()),
        "advertised.listeners": f"DIRECT://{host}:{direct},LINKED://{host}:{link}",
    }


def _addresses(ports: Iterable[int]) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)
