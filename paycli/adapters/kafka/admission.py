"""Limits how many records wait for Kafka's acknowledgement at a time, first come, first served."""

import threading
from collections import deque

from paycli import errors
from paycli.waiting import Event, NewEvent

_QUEUE_SECONDS = 0.5


class AdmissionLimit:
    """Has `slots` slots; a caller queues for a free one for up to half a second.

    Once a caller has timed out in the queue, Kafka counts as stalled: further callers are refused
    immediately, until `end_stall`.
    """

    def __init__(self, slots: int, new_event: NewEvent) -> None:
        self._free_slots = slots
        self._new_event = new_event
        self._queue: deque[Event] = deque()
        self._stalled = False
        self._lock = threading.Lock()

    def acquire(self) -> None:
        """Takes a slot, to be returned with `release`. Raises TooManyWebhooks."""
        with self._lock:
            if self._free_slots:
                self._free_slots -= 1
                return
            slot = None if self._stalled else self._new_event()
            if slot is not None:
                self._queue.append(slot)
        if slot is None or not (slot.wait(_QUEUE_SECONDS) or self._received_late(slot)):
            self._stalled = True
            raise errors.TooManyWebhooks("too many records wait for Kafka's acknowledgement")

    def release(self) -> None:
        """Returns a slot: to the caller that has queued longest, if there is one."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free_slots += 1

    def end_stall(self) -> None:
        """Lets callers queue again, since Kafka has acknowledged a record."""
        self._stalled = False

    def _received_late(self, slot: Event) -> bool:
        """Leaves the queue; returns whether the slot was received just after the timeout."""
        with self._lock:
            if slot in self._queue:
                self._queue.remove(slot)
                return False
            return True
