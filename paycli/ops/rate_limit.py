"""Limits how often something is done."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class RateLimiter:
    """Allows at most `per_second` calls a second, evenly spaced, without bursts after a pause."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Blocks until the next call is allowed."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


def rate_limited(items: Iterable[T], per_second: float | None) -> Iterator[T]:
    """Yields the items, at most `per_second` a second; None: without a limit."""
    if per_second is None:
        yield from items
        return
    limiter = RateLimiter(per_second)
    for item in items:
        limiter.wait()
        yield item
