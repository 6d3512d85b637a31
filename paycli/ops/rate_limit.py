"""Doing something often, but not too often, and telling how far it has come."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

Progress = Callable[[str, float], None]
"""Hears what is being done, and which part of it is done, from 0 to 1."""


def silent(_what: str, _part: float) -> None:
    """A Progress for nobody."""


def batched(things: list[T], most: int) -> Iterator[list[T]]:
    """The things in their order, at most so many at a time."""
    for first in range(0, len(things), most):
        yield things[first : first + most]


class RateLimiter:
    """Lets pass at most `per_second` in a second, evenly; after a pause it catches nothing up."""

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
        """Returns when the next one may go."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._interval


def rate_limited(things: Iterable[T], per_second: float | None) -> Iterator[T]:
    """The things, at most so many in a second; None: as fast as they come."""
    if per_second is None:
        yield from things
        return
    pace = RateLimiter(per_second)
    for thing in things:
        pace.wait()
        yield thing
