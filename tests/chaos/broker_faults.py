"""What befalls brokers. Each function hits one or two, mends it, and returns what it hit.

Each ends when all brokers are in sync again, so no two of these happen at once.
"""

import random
import time

from harness.kafka_cluster import NUMBERS

from .world import World

TWO_OF_THREE = 0.3


def kill_leader(world: World, chance: random.Random) -> str:
    """SIGKILL of a partition's leader, which starts again once the others have taken over."""
    number = _leader(world, chance)
    world.cluster.nodes[number].kill()
    world.cluster.wait_out(world.topic, number)
    time.sleep(chance.uniform(0, 1))
    _start_again(world, number)
    return f"broker {number}"


def pause_leader(world: World, chance: random.Random) -> str:
    """SIGSTOP of a partition's leader, sometimes of one more, so that too few are in sync."""
    numbers = [_leader(world, chance)]
    if chance.random() < TWO_OF_THREE:
        numbers.append(chance.choice([n for n in NUMBERS if n not in numbers]))
    for number in numbers:
        world.cluster.nodes[number].pause()
    try:
        time.sleep(chance.uniform(1, 7))
    finally:
        for number in numbers:
            world.cluster.nodes[number].resume()
    # Whoever slept past its session comes back by itself.
    world.cluster.wait_in_sync(world.topic)
    return f"broker {' and '.join(map(str, numbers))}"


def wipe_broker(world: World, chance: random.Random) -> str:
    """All records of an ended broker are gone; it gets them from the other two, both in sync."""
    number = chance.choice(NUMBERS)
    others = set(NUMBERS) - {number}
    world.cluster.wait_in_sync(world.topic)
    world.cluster.nodes[number].kill()
    world.cluster.wait_out(world.topic, number)
    world.cluster.wait_in_sync(world.topic, others)
    world.cluster.nodes[number].wipe()
    _start_again(world, number)
    return f"broker {number}"


def _leader(world: World, chance: random.Random) -> int:
    return world.cluster.leader(world.topic, chance.randrange(world.partitions))


def _start_again(world: World, number: int) -> None:
    world.cluster.nodes[number].start()
    world.cluster.wait_in_sync(world.topic)
