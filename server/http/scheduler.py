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

from greenlet import getcurrent, greenlet

from paycli.waiting import Event

log = logging.getLogger("paycli.server")

_BATCH = 64
"""How many requests begin before the event loop looks at sockets again."""

Serve = Callable[[], None]
"""Serves one request: runs the application and sends the response."""


class GreenletScheduler:
    """Serves requests in the thread that calls `run`, at most `limit` at a time, in order.

    A request waits with an event of `new_event`; `set` puts it into the ready queue. `wake` makes
    the scheduler's thread call `run` soon.
    """

    def __init__(self, limit: int, wake: Callable[[], None]) -> None:
        self._limit = limit
        self._wake = wake
        self._thread: int | None = None
        self._main = getcurrent()
        self._arrived: deque[Serve] = deque()
        self._ready: deque[_Event] = deque()
        self._suspended: dict[_Event, tuple[greenlet, float]] = {}
        self._earliest_deadline = 0.0

    def new_event(self) -> Event:
        """Returns an event for which the current request may wait; other threads block for it."""
        if threading.get_ident() != self._thread:
            return threading.Event()
        return _Event(self)

    def add(self, serve: Serve) -> None:
        """Queues a request; may be called from any thread."""
        self._arrived.append(serve)
        self._wake_from_other_thread()

    def seconds_left(self, seconds: float) -> float:
        """Returns `seconds`, or how long until `run` has to be called if that is less."""
        if self._ready or self._can_begin():
            return 0
        if not self._suspended:
            return seconds
        return max(0.0, min(seconds, self._earliest_deadline - time.monotonic()))

    def run(self) -> None:
        """Runs what is ready, has timed out or has arrived, until it is suspended or done.

        What becomes ready or arrives meanwhile is left to the next call, so that clients that
        pipeline requests do not keep the caller from others.
        """
        self._thread, self._main = threading.get_ident(), getcurrent()
        for _ in range(len(self._ready)):
            self._resume(self._ready.popleft())
        if self._suspended and time.monotonic() >= self._earliest_deadline:
            self._resume_expired()
        for _ in range(min(_BATCH, len(self._arrived))):
            if not self._can_begin():
                break
            greenlet(self._serve).switch(self._arrived.popleft())

    def suspend(self, event: "_Event", timeout: float) -> bool:
        """Suspends the current request until its event is set or the timeout."""
        deadline = time.monotonic() + timeout
        if not self._suspended or deadline < self._earliest_deadline:
            self._earliest_deadline = deadline
        self._suspended[event] = getcurrent(), deadline
        # After it is registered: another thread may set the event at any moment.
        if not event.is_set:
            self._main.switch()
        self._suspended.pop(event, None)
        return event.is_set

    def resume_soon(self, event: "_Event") -> None:
        """Puts the request that waits for the event into the ready queue."""
        self._ready.append(event)
        self._wake_from_other_thread()

    def _can_begin(self) -> bool:
        return bool(self._arrived) and len(self._suspended) < self._limit

    def _resume(self, event: "_Event") -> None:
        if event in self._suspended:
            request, _ = self._suspended.pop(event)
            request.switch()

    def _resume_expired(self) -> None:
        now = time.monotonic()
        for event, (_, deadline) in list(self._suspended.items()):
            if deadline <= now:
                self._resume(event)
        self._earliest_deadline = min((at for _, at in self._suspended.values()), default=0.0)

    def _serve(self, serve: Serve) -> None:
        try:
            serve()
        except Exception:
            log.exception("request_failed")

    def _wake_from_other_thread(self) -> None:
        if threading.get_ident() != self._thread:
            self._wake()


class _Event:
    """Implements `paycli.waiting.Event` for requests of a scheduler."""

    __slots__ = ("_scheduler", "is_set")

    def __init__(self, scheduler: GreenletScheduler) -> None:
        self.is_set = False
        self._scheduler = scheduler

    def set(self) -> None:
        """Lets `wait` return; may be called from any thread."""
        self.is_set = True
        self._scheduler.resume_soon(self)

    def wait(self, timeout: float) -> bool:
        """Suspends the request until `set`, for at most `timeout` seconds."""
        return self.is_set or self._scheduler.suspend(self, timeout)
