"""What befalls the links between daemons and brokers; brokers reach each other all the time.

Each function hits the link of one leader, sometimes all links, and returns what it hit.
"""

import random
import time
from collections.abc import Callable

from harness.kafka_cluster import NUMBERS
from harness.link import Link

from .world import World

ALL_LINKS = 0.3


def cut_link(world: World, chance: random.Random) -> str:
    """Connections are reset, and can't be made."""
    return _hit(world, chance, Link.cut)


def hold_link(world: World, chance: random.Random) -> str:
    """Nothing comes through, and nobody is told."""
    return _hit(world, chance, Link.hold)


def hold_responses(world: World, chance: random.Random) -> str:
    """Records reach the broker and its acknowledgements don't come back; then it is cut."""
    return _hit(world, chance, Link.hold_responses, cut_at_the_end=True)


def slow_link(world: World, chance: random.Random) -> str:
    """Everything takes up to half a second longer."""
    delay_seconds = chance.uniform(0.05, 0.5)
    return _hit(world, chance, lambda link: link.slow(delay_seconds))


def _hit(
    world: World,
    chance: random.Random,
    break_: Callable[[Link], None],
    *,
    cut_at_the_end: bool = False,
) -> str:
    leader = world.cluster.leader(world.topic, chance.randrange(world.partitions))
    numbers = NUMBERS if chance.random() < ALL_LINKS else (leader,)
    links = [world.cluster.links[number] for number in numbers]
    for link in links:
        break_(link)
    try:
        time.sleep(chance.uniform(1, 6))
        if cut_at_the_end:
            for link in links:
                link.cut()
    finally:
        for link in links:
            link.heal()
    return f"link {', '.join(map(str, numbers))}"
