"""Waiting for something to become true, with a deadline instead of a guess."""

import time
from collections.abc import Callable

INTERVAL_SECONDS = 0.01


def wait_until(condition: Callable[[], bool], timeout_seconds: float, what: str) -> None:
    """Return as soon as `condition()` holds; `TimeoutError` naming `what` after the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {timeout_seconds} s")
        time.sleep(INTERVAL_SECONDS)
