"""Waiting for a condition with a deadline, in place of a fixed sleep."""

import time
from collections.abc import Callable

INTERVAL_SECONDS = 0.01


def wait_until(condition: Callable[[], bool], timeout_seconds: float, description: str) -> None:
    """Return once `condition()` is true; `TimeoutError` with the description after the deadline."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{description}: not within {timeout_seconds} s")
        time.sleep(INTERVAL_SECONDS)
