"""What a request waits for: its thread blocks until it happens, or a scheduler suspends it.

`threading.Event` is an `Event`. A server that runs many requests on one thread has its own.
"""

from collections.abc import Callable
from typing import Protocol


class Event(Protocol):
    """Happens once; at most one request waits for it."""

    def set(self) -> None:
        """Lets `wait` return; may be called from any thread."""

    def wait(self, timeout: float) -> bool:
        """Waits for `set`, for at most `timeout` seconds; returns whether it has been called."""


NewEvent = Callable[[], Event]
