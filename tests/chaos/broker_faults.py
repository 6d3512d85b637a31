"""Faults of brokers. Each function injects one, repairs it, and returns the affected brokers.

Each returns when all brokers are in sync again, so that no two of these overlap.
"""

import random
import time

from harness.kafka_cluster import NODE_IDS

from .deployment import Deployment

SECOND_BROKER_PROBABILITY = 0.3


def kill_leader(deployment: Deployment, rng: random.Random) -> str:
    """Kill a partition's leader with SIGKILL; restart it once the others have taken over."""
    number = _leader(deployment, rng)
    deployment.cluster.nodes[number].kill()
    deployment.cluster.wait_out_of_sync(deployment.topic, number)
    time.sleep(rng.uniform(0, 1))
    _restart(deployment, number)
    return f"broker {number}"


def pause_leader(deployment: Deployment, rng: random.Random) -> str:
    """Suspend a partition's leader and sometimes one more, so that too few are in sync."""
    numbers = [_leader(deployment, rng)]
    if rng.random() < SECOND_BROKER_PROBABILITY:
        numbers.append(rng.choice([n for n in NODE_IDS if n not in numbers]))
    for number in numbers:
        deployment.cluster.nodes[number].pause()
    try:
        time.sleep(rng.uniform(1, 7))
    finally:
        for number in numbers:
            deployment.cluster.nodes[number].resume()
    # A broker whose session has expired meanwhile rejoins by itself.
    deployment.cluster.wait_in_sync(deployment.topic)
    return f"broker {' and '.join(map(str, numbers))}"


def wipe_broker(deployment: Deployment, rng: random.Random) -> str:
    """Delete all records of a stopped broker, which it then replicates from the other two."""
    number = rng.choice(NODE_IDS)
    others = set(NODE_IDS) - {number}
    deployment.cluster.wait_in_sync(deployment.topic)
    deployment.cluster.nodes[number].kill()
    deployment.cluster.wait_out_of_sync(deployment.topic, number)
    deployment.cluster.wait_in_sync(deployment.topic, others)
    deployment.cluster.nodes[number].wipe()
    _restart(deployment, number)
    return f"broker {number}"


def _leader(deployment: Deployment, rng: random.Random) -> int:
    return deployment.cluster.leader(deployment.topic, rng.randrange(deployment.partitions))


def _restart(deployment: Deployment, number: int) -> None:
    deployment.cluster.nodes[number].start()
    deployment.cluster.wait_in_sync(deployment.topic)
