"""An event loop on epoll, in place of waitress's, whose cost grows with idle connections.

waitress asks each connection in each iteration whether it waits to read or to write. Here the
kernel keeps that, and it is updated after a connection has been served.
"""

import select
import threading
from collections import defaultdict
from typing import Any

from waitress import wasyncore

_NEW = select.EPOLLIN | select.EPOLLONESHOT


class EpollMap(dict[int, Any]):
    """waitress's map of file descriptors to dispatchers: listeners, triggers, connections."""

    def __init__(self) -> None:
        super().__init__()
        self.epoll = select.epoll()
        # The number of a closed descriptor is soon reused by a new connection. Each number has a
        # lock of its own: system calls let other threads run, which would queue at a shared lock.
        self.locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def __setitem__(self, descriptor: int, dispatcher: Any) -> None:  # noqa: ANN401  (waitress's)
        with self.locks[descriptor]:
            super().__setitem__(descriptor, dispatcher)
            self.epoll.register(descriptor, _NEW)

    def __delitem__(self, descriptor: int) -> None:
        with self.locks[descriptor]:
            super().__delitem__(descriptor)
            self.epoll.unregister(descriptor)


class EpollLoop:
    """Waits for events of the dispatchers in `map`.

    Each event is reported once (EPOLLONESHOT); `update_interest` asks for the next one.
    """

    def __init__(self) -> None:
        self.map = EpollMap()

    def run_once(self, seconds: float) -> None:
        """Waits for events for at most `seconds`, and handles those that have occurred."""
        for descriptor, events in self.map.epoll.poll(seconds):
            dispatcher = self.map.get(descriptor)
            if dispatcher is not None:
                wasyncore.readwrite(dispatcher, events)
                self.update_interest(dispatcher)

    def update_interest(self, dispatcher: Any) -> None:  # noqa: ANN401  (waitress's)
        """Registers the events that the dispatcher waits for; may be called from any thread."""
        descriptor = dispatcher._fileno  # noqa: SLF001  (waitress's)
        with self.map.locks[descriptor]:
            if descriptor not in self.map or self.map[descriptor] is not dispatcher:
                return
            events = select.EPOLLIN | select.EPOLLPRI if dispatcher.readable() else 0
            events |= select.EPOLLOUT if dispatcher.writable() else 0
            if events:
                self.map.epoll.modify(descriptor, events | select.EPOLLONESHOT)
