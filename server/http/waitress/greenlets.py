"""Requests that share one thread: each is a greenlet, suspended while it waits for Kafka.

A thread for each request would have to be woken with the request and again with its
acknowledgement, and all of them would contend for the interpreter lock. Here all requests that have
arrived are handed to Kafka, then all that are acknowledged are answered: single requests under low
load, many together under high load.
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

_POLL_SECONDS = 0.001
"""How long one tick waits for acknowledgements, and so how long it may delay a request that arrives
meanwhile: librdkafka's smallest timeout above 0."""


class RequestSource(Protocol):
    """A connection with a complete request."""

    def service(self) -> None:
        """Serves the request and sends the response."""


class GreenletScheduler:
    """Serves requests in the thread that calls `tick`, at most `limit` at a time, in order.

    `poll_delivery_reports` polls for at most a number of seconds. `wake` makes the scheduler's
    thread call `tick` soon.
    """

    def __init__(
        self, poll_delivery_reports: PollDeliveryReports, wake: Callable[[], None], limit: int
    ) -> None:
        self._limit = limit
        self._poll_delivery_reports = poll_delivery_reports
        self._wake = wake
        self._thread: int | None = None
        self._main = getcurrent()
        self._ready: deque[RequestSource] = deque()
        self._suspended: dict[greenlet, tuple[Callable[[], bool], float]] = {}

    def add(self, source: RequestSource) -> None:
        """Queues a request for the next tick; may be called from any thread."""
        self._ready.append(source)
        if threading.get_ident() != self._thread:
            self._wake()

    def busy(self) -> bool:
        """Whether `tick` has to be called again without delay."""
        return bool(self._suspended or self._ready)

    def tick(self) -> None:
        """Runs queued requests until each is suspended or done, then resumes those that can go on.

        A suspended request is resumed when its condition holds or its deadline has passed.
        """
        self._thread, self._main = threading.get_ident(), getcurrent()
        while self._ready and len(self._suspended) < self._limit:
            greenlet(self._serve).switch(self._ready.popleft())
        if not self._suspended:
            return
        self._poll_delivery_reports(_POLL_SECONDS)
        now = time.monotonic()
        for request, (condition, deadline) in list(self._suspended.items()):
            holds = condition()
            if holds or deadline <= now:
                del self._suspended[request]
                request.switch(holds)

    def _serve(self, source: RequestSource) -> None:
        SUSPEND.set(self._suspend)
        try:
            source.service()
        except Exception:
            log.exception("request_failed")

    def _suspend(self, condition: Callable[[], bool], deadline: float) -> bool:
        self._suspended[getcurrent()] = condition, deadline
        holds: bool = self._main.switch()
        return holds
