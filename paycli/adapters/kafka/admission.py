"""Limits how many records wait for Kafka's acknowledgement at a time, first come, first served."""

import threading
import time
from collections import deque

from paycli import errors
from paycli.waiting import SUSPEND

_QUEUE_SECONDS = 0.5


class AdmissionLimit:
    """Has `slots` slots; a caller queues for a free one for up to half a second.

    Once a caller has timed out in the queue, Kafka counts as stalled: further callers are refused
    immediately, until `end_stall`.
    """

    def __init__(self, slots: int) -> None:
        self._free = threading.BoundedSemaphore(slots)
        # Suspended requests in their order of arrival, so that none overtakes another.
        self._queue: deque[object] = deque()
        self._stalled = False

    def acquire(self) -> None:
        """Takes a slot, to be returned with `release`. Raises TooManyWebhooks."""
        acquired = not self._queue and self._free.acquire(blocking=False)
        if not acquired and not self._stalled:
            acquired = self._wait()
        if not acquired:
            self._stalled = True
            raise errors.TooManyWebhooks("too many records wait for Kafka's acknowledgement")

    def release(self) -> None:
        """Returns a slot."""
        self._free.release()

    def end_stall(self) -> None:
        """Lets callers queue again, since Kafka has acknowledged a record."""
        self._stalled = False

    def _wait(self) -> bool:
        suspend = SUSPEND.get()
        if suspend is None:
            return self._free.acquire(timeout=_QUEUE_SECONDS)
        ticket = object()
        self._queue.append(ticket)
        try:
            return suspend(
                lambda: self._queue[0] is ticket and self._free.acquire(blocking=False),
                time.monotonic() + _QUEUE_SECONDS,
            )
        finally:
            self._queue.remove(ticket)
