"""Requests that share one thread: each is suspended while it waits for Kafka.

A thread for each would have to be woken with the request and once more with its acknowledgement,
and all of them would fight for the interpreter. Here all that has come is handed to Kafka, then all
that is acknowledged is answered: one at a time when it is quiet, many when it is not.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from greenlet import getcurrent, greenlet

from paycli.waiting import SUSPEND
from server.http.interface import PollDeliveryReports

log = logging.getLogger("paycli.server")

_WAIT_SECONDS = 0.001
"""At most so long who comes next waits for an acknowledgement of those before: librdkafka's least
but nothing."""


class Connection(Protocol):
    """It has brought a request."""

    def service(self) -> None:
        """Answers it."""


class GreenletScheduler:
    """Serves requests in the thread that calls `turn`.

    `poll_delivery_reports` polls for at most so many seconds. `wake` makes that thread call `turn`
    soon. At most `limit` are served at a time, the others in the order they came.
    """

    def __init__(
        self, poll_delivery_reports: PollDeliveryReports, wake: Callable[[], None], limit: int
    ) -> None:
        self._limit = limit
        self._poll_delivery_reports = poll_delivery_reports
        self._wake = wake
        self._thread: int | None = None
        self._turning = getcurrent()
        self._due: deque[Connection] = deque()
        self._suspended: dict[greenlet, tuple[Callable[[], bool], float]] = {}

    def add(self, connection: Connection) -> None:
        """Its request is served with the next turn; may be called from any thread."""
        self._due.append(connection)
        if threading.get_ident() != self._thread:
            self._wake()

    def busy(self) -> bool:
        """Whether the next turn is due at once."""
        return bool(self._suspended or self._due)

    def turn(self) -> None:
        """Serves whoever is due, until each waits or is done; then whoever has waited enough."""
        self._thread, self._turning = threading.get_ident(), getcurrent()
        while self._due and len(self._suspended) < self._limit:
            greenlet(self._serve).switch(self._due.popleft())
        if not self._suspended:
            return
        self._poll_delivery_reports(_WAIT_SECONDS)
        now = time.monotonic()
        for waiting, (holds, deadline) in list(self._suspended.items()):
            held = holds()
            if held or deadline <= now:
                del self._suspended[waiting]
                waiting.switch(held)

    def _serve(self, connection: Connection) -> None:
        SUSPEND.set(self._suspend)
        try:
            connection.service()
        except Exception:
            log.exception("request_failed")

    def _suspend(self, holds: Callable[[], bool], deadline: float) -> bool:
        self._suspended[getcurrent()] = holds, deadline
        held: bool = self._turning.switch()
        return held
