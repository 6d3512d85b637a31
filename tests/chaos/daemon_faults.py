"""What befalls daemons. Each function hits one, mends it, and returns what it hit."""

import random
import signal
import time

from .world import READY_TIMEOUT_SECONDS, World

CLOCK_OFFSETS_SECONDS = (-86_400, -3_600, -400, -200, 200, 400, 3_600, 86_400)


def kill_daemon(world: World, chance: random.Random) -> str:
    """SIGKILL in the middle of its requests; it starts again on the same address."""
    number = chance.randrange(len(world.daemons))
    daemon = world.daemons[number]
    daemon.kill()
    time.sleep(chance.uniform(0, 2))
    daemon.start()
    daemon.wait_ready(READY_TIMEOUT_SECONDS)
    return f"daemon {number + 1}"


def pause_daemon(world: World, chance: random.Random) -> str:
    """SIGSTOP, sometimes for longer than Stripe waits; what it was sent is taken in after that."""
    number = chance.randrange(len(world.daemons))
    process = world.daemons[number].process
    process.signal(signal.SIGSTOP)
    try:
        time.sleep(chance.uniform(0.5, 7))
    finally:
        process.signal(signal.SIGCONT)
    return f"daemon {number + 1}"


def move_clock(world: World, chance: random.Random) -> str:
    """The first daemon's clock jumps and, some seconds later, jumps back."""
    offset_seconds = chance.choice(CLOCK_OFFSETS_SECONDS)
    assert world.clock is not None, "planned only where clocks can be moved"
    world.clock.move(offset_seconds)
    try:
        time.sleep(chance.uniform(2, 6))
    finally:
        world.clock.move(0)
    return f"daemon 1 by {offset_seconds:+d} s"
