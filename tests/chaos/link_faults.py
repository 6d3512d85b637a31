"""Faults of the links between daemons and brokers; brokers always reach each other.

Each function affects the link of one leader, sometimes all links, and returns which.
"""

import random
import time
from collections.abc import Callable

from harness.kafka_cluster import NODE_IDS
from harness.link import Link

from .deployment import Deployment

ALL_LINKS_PROBABILITY = 0.3


def cut_link(deployment: Deployment, rng: random.Random) -> str:
    """Reset all connections, new ones included."""
    return _inject(deployment, rng, Link.cut)


def hold_link(deployment: Deployment, rng: random.Random) -> str:
    """Forward nothing in either direction without closing connections."""
    return _inject(deployment, rng, Link.hold)


def hold_responses(deployment: Deployment, rng: random.Random) -> str:
    """Hold back the acknowledgements of records that reach the broker, then reset connections."""
    return _inject(deployment, rng, Link.hold_responses, cut_at_the_end=True)


def slow_link(deployment: Deployment, rng: random.Random) -> str:
    """Delay everything by up to half a second."""
    delay_seconds = rng.uniform(0.05, 0.5)
    return _inject(deployment, rng, lambda link: link.slow(delay_seconds))


def _inject(
    deployment: Deployment,
    rng: random.Random,
    fault: Callable[[Link], None],
    *,
    cut_at_the_end: bool = False,
) -> str:
    leader = deployment.cluster.leader(deployment.topic, rng.randrange(deployment.partitions))
    numbers = NODE_IDS if rng.random() < ALL_LINKS_PROBABILITY else (leader,)
    links = [deployment.cluster.links[number] for number in numbers]
    for link in links:
        fault(link)
    try:
        time.sleep(rng.uniform(1, 6))
        if cut_at_the_end:
            for link in links:
                link.cut()
    finally:
        for link in links:
            link.heal()
    return f"link {', '.join(map(str, numbers))}"
