"""The loop that waits for connections, and does nothing for those where nothing happens.

waitress's own asks every connection, each time, whether it waits to read or to write. Here the
system keeps that (epoll), and whoever has served a connection says what it waits for next.
"""

import select
import threading
from collections import defaultdict
from typing import Any

from waitress import wasyncore

_NEWCOMER = select.EPOLLIN | select.EPOLLONESHOT


class EpollMap(dict[int, Any]):
    """waitress's map, descriptor -> who has it: listeners, triggers, connections."""

    def __init__(self) -> None:
        super().__init__()
        self.epoll = select.epoll()
        # A closed descriptor's number is soon a newcomer's. Each has a lock of its own: the
        # system calls let other threads run, and with one for all these would queue at it.
        self.locks: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)

    def __setitem__(self, descriptor: int, who: Any) -> None:  # noqa: ANN401  (waitress's)
        with self.locks[descriptor]:
            super().__setitem__(descriptor, who)
            self.epoll.register(descriptor, _NEWCOMER)

    def __delitem__(self, descriptor: int) -> None:
        with self.locks[descriptor]:
            super().__delitem__(descriptor)
            self.epoll.unregister(descriptor)


class EpollLoop:
    """Waits for what may happen to each of `map`; a connection is told once, then left alone."""

    def __init__(self) -> None:
        self.map = EpollMap()

    def turn(self, seconds: float) -> None:
        """Waits so long at most, and handles what has happened."""
        for descriptor, events in self.map.epoll.poll(seconds):
            who = self.map.get(descriptor)
            if who is not None:
                wasyncore.readwrite(who, events)
                self.look_at(who)

    def look_at(self, who: Any) -> None:  # noqa: ANN401  (waitress's)
        """Waits for what it waits for; from any thread, whenever that may have changed."""
        descriptor = who._fileno  # noqa: SLF001  (waitress's)
        with self.map.locks[descriptor]:
            if descriptor not in self.map or self.map[descriptor] is not who:
                return
            events = select.EPOLLIN | select.EPOLLPRI if who.readable() else 0
            events |= select.EPOLLOUT if who.writable() else 0
            if events:
                self.map.epoll.modify(descriptor, events | select.EPOLLONESHOT)
