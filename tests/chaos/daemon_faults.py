"""Faults of daemons. Each function injects one, repairs it, and returns the affected daemon."""

import random
import signal
import time

from .deployment import READY_TIMEOUT_SECONDS, Deployment

CLOCK_OFFSETS_SECONDS = (-86_400, -3_600, -400, -200, 200, 400, 3_600, 86_400)


def kill_daemon(deployment: Deployment, rng: random.Random) -> str:
    """Kill a daemon with SIGKILL while it handles requests; start it again on the same address."""
    number = rng.randrange(len(deployment.daemons))
    daemon = deployment.daemons[number]
    daemon.kill()
    time.sleep(rng.uniform(0, 2))
    daemon.start()
    daemon.wait_ready(READY_TIMEOUT_SECONDS)
    return f"daemon {number + 1}"


def pause_daemon(deployment: Deployment, rng: random.Random) -> str:
    """Suspend a daemon, sometimes for longer than Stripe waits for the response."""
    number = rng.randrange(len(deployment.daemons))
    process = deployment.daemons[number].process
    process.signal(signal.SIGSTOP)
    try:
        time.sleep(rng.uniform(0.5, 7))
    finally:
        process.signal(signal.SIGCONT)
    return f"daemon {number + 1}"


def move_clock(deployment: Deployment, rng: random.Random) -> str:
    """Shift the first daemon's clock and, some seconds later, shift it back."""
    offset_seconds = rng.choice(CLOCK_OFFSETS_SECONDS)
    assert deployment.clock is not None, "planned only if clocks can be shifted"
    deployment.clock.move(offset_seconds)
    try:
        time.sleep(rng.uniform(2, 6))
    finally:
        deployment.clock.move(0)
    return f"daemon 1 by {offset_seconds:+d} s"
