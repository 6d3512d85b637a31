"""Who may wait for an acknowledgement: so many at a time, in the order they came."""

import threading
import time
from collections import deque

from paycli import errors
from paycli.waiting import SUSPEND

_SECONDS = 0.5


class AdmissionLimit:
    """`count` places. While Kafka stalls nobody waits for one, once somebody did so in vain."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)
        self._queue: deque[object] = deque()  # of those who are suspended, so none is overtaken
        self._stalled = False

    def take(self) -> None:
        """Returns with a place, to be given back. Raises TooManyWebhooks."""
        taken = not self._queue and self._free.acquire(blocking=False)
        if not taken and not self._stalled:
            taken = self._wait()
        if not taken:
            self._stalled = True
            raise errors.TooManyWebhooks("too many records wait for Kafka's acknowledgement")

    def give_back(self) -> None:
        """The place is free."""
        self._free.release()

    def moves_on(self) -> None:
        """Kafka has acknowledged a record: it is worth waiting again."""
        self._stalled = False

    def _wait(self) -> bool:
        suspend = SUSPEND.get()
        if suspend is None:
            return self._free.acquire(timeout=_SECONDS)
        me = object()
        self._queue.append(me)
        try:
            return suspend(
                lambda: self._queue[0] is me and self._free.acquire(blocking=False),
                time.monotonic() + _SECONDS,
            )
        finally:
            self._queue.remove(me)
