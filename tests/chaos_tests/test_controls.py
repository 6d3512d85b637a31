"""The oracle is worth something: a daemon that breaks the promise turns it red, ours doesn't.

Each control is a daemon with one weakness (`chaos/variants`) in a situation that exposes it. The
product goes through the same situation and stays green.
"""

import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

import chaos
from chaos.oracle import Verdict, judge, persisted
from chaos.webhooks import Webhook, webhooks
from chaos.world import World
from harness.daemon import COMMAND
from harness.kafka_cluster import NUMBERS, KafkaCluster
from harness.kafka_records import read_records
from harness.sender import Attempt, Redelivery, send
from service import SECRET

pytestmark = pytest.mark.timeout(240)

VARIANTS = Path(chaos.__file__).parent / "variants"
UNTIL_ACCEPTED = Redelivery(max_attempts=40)
EVENTS_IN_DANGER = 20

numbers = itertools.count()


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    """Give a cluster of three brokers; leave all of them running and in sync."""
    with KafkaCluster() as cluster:
        yield cluster


def weakened(name: str) -> tuple[str, ...]:
    """The command that starts a weakened daemon."""
    return (sys.executable, str(VARIANTS / f"{name}.py"), "serve")


def verdict(
    cluster: KafkaCluster,
    command: tuple[str, ...],
    count: int,
    endanger: Callable[[World, Callable[[], None]], None],
) -> Verdict:
    """Send so many webhooks once, in the situation given, then all that is not accepted again."""
    attempts: list[Attempt] = []
    sent: list[Webhook] = list(webhooks(count, SECRET, seed=1))
    topic = f"control.{next(numbers)}"
    # One partition, so that one leader has everything.
    with World(cluster, topic=topic, partitions=1, daemons=1, command=command) as world:

        def send_once() -> None:
            send([each.delivery for each in sent], world.urls, on_attempt=attempts.append)

        endanger(world, send_once)
        accepted = {attempt.event_id for attempt in attempts if attempt.status == 200}
        again = [w.delivery for w in sent if w.delivery.event_id not in accepted]
        send(again, world.urls, redelivery=UNTIL_ACCEPTED, on_attempt=attempts.append)
        records = list(map(persisted, read_records(cluster.inside, topic)))
    return judge([each.expected for each in sent], attempts, records)


def lose_the_leader(world: World, send_once: Callable[[], None]) -> None:
    """Both followers stand still while the webhooks come; then the leader and its records go."""
    cluster = world.cluster
    leader = cluster.leader(world.topic, 0)
    followers = [cluster.nodes[number] for number in NUMBERS if number != leader]
    for follower in followers:
        follower.pause()
    send_once()
    cluster.nodes[leader].kill()
    cluster.nodes[leader].wipe()
    for follower in followers:
        follower.resume()
    cluster.wait_out(world.topic, leader)
    cluster.nodes[leader].start()
    cluster.wait_in_sync(world.topic)


def kill_the_daemon(world: World, send_once: Callable[[], None]) -> None:
    """All brokers stand still while the webhooks come; then the daemon is killed."""
    nodes = world.cluster.nodes.values()
    for node in nodes:
        node.pause()
    send_once()
    world.daemons[0].kill()
    for node in nodes:
        node.resume()
    world.cluster.wait_in_sync(world.topic)
    world.daemons[0].start()
    world.daemons[0].wait_ready(30)


def lose_answers(world: World, over: threading.Event) -> None:
    """Again and again the leader's answers are lost, and it is away until the first give up."""
    link = world.cluster.links[world.cluster.leader(world.topic, 0)]
    while not over.wait(1):
        link.hold_responses()
        over.wait(1.3)
        link.cut()
        over.wait(0.85)
        link.heal()


def with_lost_answers(cluster: KafkaCluster, command: tuple[str, ...]) -> Verdict:
    """Send webhooks while answers are lost, each until it is accepted."""
    topic = f"in_doubt.{next(numbers)}"
    sent = list(webhooks(60, SECRET, seed=1))
    attempts: list[Attempt] = []
    over = threading.Event()
    with World(cluster, topic=topic, partitions=1, daemons=1, command=command) as world:
        losing = threading.Thread(target=lose_answers, args=(world, over))
        losing.start()
        send(
            [each.delivery for each in sent],
            world.urls,
            redelivery=UNTIL_ACCEPTED,
            # So few that the broker has each of them: five requests are under way at most.
            rate_per_second=4,
            on_attempt=attempts.append,
        )
        over.set()
        losing.join()
        records = list(map(persisted, read_records(cluster.inside, topic)))
    assert any(attempt.status == 503 for attempt in attempts), "answers were lost for too short"
    return judge([each.expected for each in sent], attempts, records)


def test_records_that_are_given_up_are_caught(cluster: KafkaCluster) -> None:
    """A producer with a deadline of its own sends again in a new epoch, and the oracle says so."""
    found = with_lost_answers(cluster, weakened("gives_up"))
    assert found.problems.keys() == {"repeated"}


def test_what_is_under_way_while_callers_give_up_comes_once(cluster: KafkaCluster) -> None:
    """In the same situation the product stores nothing twice behind a single 2xx."""
    found = with_lost_answers(cluster, COMMAND)
    assert found.problems == {}


def nothing(_: World, send_once: Callable[[], None]) -> None:
    """Nothing breaks."""
    send_once()


def test_a_wiped_broker_gets_everything_back(cluster: KafkaCluster) -> None:
    """After its records were wiped a broker has them again: they lie in its own log."""
    topic = "wiped"
    cluster.create_topic(topic, 1)
    produced(cluster, topic)
    before = read_records(cluster.inside, topic)
    cluster.nodes[1].kill()
    cluster.wait_out(topic, 1)
    cluster.nodes[1].wipe()
    assert list(cluster.nodes[1].data.glob(f"{topic}-0/*.log")) == []
    cluster.nodes[1].start()
    cluster.wait_in_sync(topic)
    [log] = cluster.nodes[1].data.glob(f"{topic}-0/*.log")
    assert len(before) == EVENTS_IN_DANGER
    assert all((record.value or b"") in log.read_bytes() for record in before)


def produced(cluster: KafkaCluster, topic: str) -> None:
    """Write some records, acknowledged by all in sync."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "acks": "all"})
    for number in range(EVENTS_IN_DANGER):
        producer.produce(topic, f"value-{number:03d}".encode())
    assert producer.flush(30) == 0


def test_acknowledged_by_the_leader_alone_is_caught(cluster: KafkaCluster) -> None:
    """With acks=1 what only the leader had is lost with it, and the oracle says so."""
    found = verdict(cluster, weakened("acks_one"), EVENTS_IN_DANGER, lose_the_leader)
    # What the followers had asked for before they stood still may have reached them.
    assert EVENTS_IN_DANGER / 2 < len(found.lost) <= EVENTS_IN_DANGER


def test_the_product_loses_nothing_with_the_leader(cluster: KafkaCluster) -> None:
    """In the same situation the product acknowledges nothing, and all is delivered again."""
    found = verdict(cluster, COMMAND, EVENTS_IN_DANGER, lose_the_leader)
    assert found.problems == {}


def test_answers_before_the_acknowledgement_are_caught(cluster: KafkaCluster) -> None:
    """Answered when queued: what the killed daemon had queued is lost, and the oracle says so."""
    found = verdict(cluster, weakened("answers_early"), EVENTS_IN_DANGER, kill_the_daemon)
    # What had come as far as the brokers' sockets before they stood still is read from there.
    assert EVENTS_IN_DANGER / 2 < len(found.lost) <= EVENTS_IN_DANGER


def test_the_product_loses_nothing_with_its_process(cluster: KafkaCluster) -> None:
    """In the same situation the product acknowledges nothing, and all is delivered again."""
    found = verdict(cluster, COMMAND, EVENTS_IN_DANGER, kill_the_daemon)
    assert found.problems == {}


def test_one_dropped_event_in_a_thousand_is_caught(cluster: KafkaCluster) -> None:
    """Of 1,500 events one is answered with 200 and not published, and the oracle names it."""
    found = verdict(cluster, weakened("drops_events"), 1_500, nothing)
    assert len(found.lost) == 1
    assert found.lost == found.missing
