"""Controls of the oracle: it detects a daemon that violates the guarantee, and passes ours.

Each control is a daemon with one weakness (`chaos/variants`) in a situation that exposes it. The
product passes in the same situation.
"""

import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

import chaos
from chaos.deployment import Deployment
from chaos.oracle import Verdict, check, persisted_event
from chaos.webhooks import Webhook, webhooks
from harness.daemon import COMMAND
from harness.kafka_cluster import NODE_IDS, KafkaCluster
from harness.kafka_records import read_records
from harness.sender import Attempt, Redelivery, send
from service import SECRET

pytestmark = pytest.mark.timeout(240)

VARIANTS = Path(chaos.__file__).parent / "variants"
UNTIL_ACCEPTED = Redelivery(max_attempts=40)
EVENTS_AT_RISK = 20
FETCH_WAIT_SECONDS = 0.5
"""How long a leader holds a follower's fetch request: Kafka's replica.fetch.wait.max.ms."""

numbers = itertools.count()


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    """Give a cluster of three brokers; leave all of them running and in sync."""
    with KafkaCluster() as cluster:
        yield cluster


def weakened(name: str) -> tuple[str, ...]:
    """Return the command that starts a weakened daemon."""
    return (sys.executable, str(VARIANTS / f"{name}.py"), "serve")


def verdict(
    cluster: KafkaCluster,
    command: tuple[str, ...],
    count: int,
    scenario: Callable[[Deployment, Callable[[], None]], None],
) -> Verdict:
    """Send webhooks once during a scenario, redeliver those not accepted, and check the records."""
    attempts: list[Attempt] = []
    sent: list[Webhook] = list(webhooks(count, SECRET, seed=1))
    topic = f"control.{next(numbers)}"
    # One partition, so that one leader has everything.
    with Deployment(cluster, topic=topic, partitions=1, daemons=1, command=command) as deployment:

        def send_once() -> None:
            send([each.delivery for each in sent], deployment.urls, on_attempt=attempts.append)

        scenario(deployment, send_once)
        accepted = {attempt.event_id for attempt in attempts if attempt.status == 200}
        again = [w.delivery for w in sent if w.delivery.event_id not in accepted]
        send(again, deployment.urls, redelivery=UNTIL_ACCEPTED, on_attempt=attempts.append)
        records = list(map(persisted_event, read_records(cluster.direct_servers, topic)))
    return check([each.expected for each in sent], attempts, records)


def lose_leader(deployment: Deployment, send_once: Callable[[], None]) -> None:
    """Suspend both followers while webhooks are sent; then kill the leader and wipe its records."""
    cluster = deployment.cluster
    leader = cluster.leader(deployment.topic, 0)
    followers = [cluster.nodes[number] for number in NODE_IDS if number != leader]
    for follower in followers:
        follower.pause()
    # The responses to their last requests are read once they are resumed, so these must be empty.
    time.sleep(2 * FETCH_WAIT_SECONDS)
    send_once()
    cluster.nodes[leader].kill()
    cluster.nodes[leader].wipe()
    for follower in followers:
        follower.resume()
    cluster.wait_out_of_sync(deployment.topic, leader)
    cluster.nodes[leader].start()
    cluster.wait_in_sync(deployment.topic)


def kill_daemon(deployment: Deployment, send_once: Callable[[], None]) -> None:
    """Suspend all brokers while webhooks are sent; then kill the daemon."""
    nodes = deployment.cluster.nodes.values()
    for node in nodes:
        node.pause()
    send_once()
    deployment.daemons[0].kill()
    for node in nodes:
        node.resume()
    deployment.cluster.wait_in_sync(deployment.topic)
    deployment.daemons[0].start()
    deployment.daemons[0].wait_ready(30)


def lose_responses(deployment: Deployment, stopping: threading.Event) -> None:
    """Repeatedly lose the leader's responses, each time until the first webhooks time out."""
    link = deployment.cluster.links[deployment.cluster.leader(deployment.topic, 0)]
    while not stopping.wait(1):
        link.hold_responses()
        stopping.wait(1.3)
        link.cut()
        stopping.wait(0.85)
        link.heal()


def verdict_with_lost_responses(cluster: KafkaCluster, command: tuple[str, ...]) -> Verdict:
    """Send webhooks while responses of the broker are lost, each until it is accepted."""
    topic = f"lost_responses.{next(numbers)}"
    sent = list(webhooks(60, SECRET, seed=1))
    attempts: list[Attempt] = []
    stopping = threading.Event()
    with Deployment(cluster, topic=topic, partitions=1, daemons=1, command=command) as deployment:
        losing = threading.Thread(target=lose_responses, args=(deployment, stopping))
        losing.start()
        send(
            [each.delivery for each in sent],
            deployment.urls,
            redelivery=UNTIL_ACCEPTED,
            # At this rate at most five produce requests are in flight, so the broker gets each one.
            rate_per_second=4,
            on_attempt=attempts.append,
        )
        stopping.set()
        losing.join()
        records = list(map(persisted_event, read_records(cluster.direct_servers, topic)))
    assert any(attempt.status == 503 for attempt in attempts), (
        "responses were not lost for long enough"
    )
    return check([each.expected for each in sent], attempts, records)


def test_expired_records_are_detected(cluster: KafkaCluster) -> None:
    """A producer that expires records writes them again in a new epoch: `repeated`."""
    result = verdict_with_lost_responses(cluster, weakened("expires_records"))
    assert result.problems.keys() == {"repeated"}


def test_records_in_flight_while_webhooks_time_out_are_stored_once(cluster: KafkaCluster) -> None:
    """In the same situation the product stores no record twice for a single 2xx."""
    result = verdict_with_lost_responses(cluster, COMMAND)
    assert result.problems == {}


def no_fault(_: Deployment, send_once: Callable[[], None]) -> None:
    """Inject no fault."""
    send_once()


def test_a_wiped_broker_replicates_all_records_again(cluster: KafkaCluster) -> None:
    """A broker whose records were wiped has all of them in its own log again."""
    topic = "wiped"
    cluster.create_topic(topic, 1)
    produce(cluster, topic)
    before = read_records(cluster.direct_servers, topic)
    cluster.nodes[1].kill()
    cluster.wait_out_of_sync(topic, 1)
    cluster.nodes[1].wipe()
    assert list(cluster.nodes[1].data.glob(f"{topic}-0/*.log")) == []
    cluster.nodes[1].start()
    cluster.wait_in_sync(topic)
    [log] = cluster.nodes[1].data.glob(f"{topic}-0/*.log")
    assert len(before) == EVENTS_AT_RISK
    assert all((record.value or b"") in log.read_bytes() for record in before)


def produce(cluster: KafkaCluster, topic: str) -> None:
    """Produce EVENTS_AT_RISK records with acks=all."""
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "acks": "all"})
    for number in range(EVENTS_AT_RISK):
        producer.produce(topic, f"value-{number:03d}".encode())
    assert producer.flush(30) == 0


def test_acks_one_is_detected(cluster: KafkaCluster) -> None:
    """With acks=1 records that only the leader had are reported as lost."""
    result = verdict(cluster, weakened("acks_one"), EVENTS_AT_RISK, lose_leader)
    assert len(result.lost) == EVENTS_AT_RISK


def test_the_product_loses_no_event_with_the_leader(cluster: KafkaCluster) -> None:
    """In the same situation the product acknowledges nothing, and every event is redelivered."""
    result = verdict(cluster, COMMAND, EVENTS_AT_RISK, lose_leader)
    assert result.problems == {}


def test_a_response_before_the_acknowledgement_is_detected(cluster: KafkaCluster) -> None:
    """With a response when a record is queued, the killed daemon's records are reported as lost."""
    result = verdict(cluster, weakened("responds_early"), 5 * EVENTS_AT_RISK, kill_daemon)
    # The first five produce requests are in the brokers' socket buffers and are read once these are
    # resumed; each has one record or, on a busy machine, a few.
    assert result.lost


def test_the_product_loses_no_event_with_its_process(cluster: KafkaCluster) -> None:
    """In the same situation the product acknowledges nothing, and every event is redelivered."""
    result = verdict(cluster, COMMAND, EVENTS_AT_RISK, kill_daemon)
    assert result.problems == {}


def test_one_dropped_event_in_a_thousand_is_detected(cluster: KafkaCluster) -> None:
    """Of 1,500 events one gets 200 without being published and is reported as lost."""
    result = verdict(cluster, weakened("drops_events"), 1_500, no_fault)
    assert len(result.lost) == 1
    assert result.lost == result.missing
