"""An event loop on `selectors`, in place of waitress's, whose cost grows with idle connections.

Only its thread touches connections; other threads give it work with `call`.
"""

import selectors
import threading
from collections import deque
from collections.abc import Callable, Iterator
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, Protocol


class Dispatcher(Protocol):
    """A listener, connection or trigger, as waitress's `wasyncore.dispatcher` is one."""

    def readable(self) -> bool:
        """Returns whether it waits for bytes or connections."""

    def writable(self) -> bool:
        """Returns whether it has bytes to send."""

    def handle_read_event(self) -> None:
        """Reads or accepts."""

    def handle_write_event(self) -> None:
        """Sends."""

    def handle_error(self) -> None:
        """Closes it after an exception of its own."""


class EventLoop:
    """Waits for the events of the dispatchers in `dispatchers`.

    `wake` makes `run_once` return soon; it may be called from any thread.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.dispatchers = _DispatcherMap()
        self._wake = wake
        self._calls: deque[Callable[[], None]] = deque()
        self._thread = threading.get_ident()

    def call(self, function: Callable[[], None]) -> None:
        """Calls the function in the loop's thread: now if this is it, else soon."""
        if threading.get_ident() == self._thread:
            function()
        else:
            self._calls.append(function)
            self._wake()

    def run_once(self, seconds: float) -> None:
        """Waits for events for at most `seconds`, and handles those that have occurred."""
        self._thread = threading.get_ident()
        for dispatcher, events in self.dispatchers.wait(seconds):
            try:
                if events & EVENT_WRITE and dispatcher.writable():
                    dispatcher.handle_write_event()
                if events & EVENT_READ and dispatcher.readable():
                    dispatcher.handle_read_event()
            except Exception:  # noqa: BLE001  (the dispatcher logs it; all others continue)
                dispatcher.handle_error()
            self.dispatchers.refresh(dispatcher, occurred=events)
        while self._calls:
            self._calls.popleft()()

    def update(self, dispatcher: Any) -> None:  # noqa: ANN401  (waitress's)
        """Waits for what the dispatcher wants from now on."""
        self.dispatchers.refresh(dispatcher, occurred=0)


class _DispatcherMap(dict[int, Any]):
    """waitress's map of file descriptors to dispatchers, each registered with a selector."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._registered: dict[int, int] = {}

    def __setitem__(self, descriptor: int, dispatcher: Any) -> None:  # noqa: ANN401  (waitress's)
        super().__setitem__(descriptor, dispatcher)
        self._register(descriptor, dispatcher, EVENT_READ)

    def __delitem__(self, descriptor: int) -> None:
        self._register(descriptor, self[descriptor], 0)
        super().__delitem__(descriptor)

    def wait(self, seconds: float) -> Iterator[tuple[Dispatcher, int]]:
        """Yields dispatchers with their events, except those that are closed meanwhile."""
        for key, events in self._selector.select(seconds):
            if self._has(key.fd, key.data):
                yield key.data, events

    def refresh(self, dispatcher: Any, occurred: int) -> None:  # noqa: ANN401  (waitress's)
        """Registers what the dispatcher waits for, after events that have occurred.

        It stays registered for reading until there is something to read that it does not want: most
        connections want to read again before that, which saves two system calls for each request.
        """
        descriptor = dispatcher._fileno  # noqa: SLF001  (waitress's)
        if not self._has(descriptor, dispatcher):
            return
        registered = self._registered.get(descriptor, 0)
        events = EVENT_WRITE if dispatcher.writable() else 0
        if dispatcher.readable() or registered & EVENT_READ & ~occurred:
            events |= EVENT_READ
        if events != registered:
            self._register(descriptor, dispatcher, events)

    def _has(self, descriptor: int, dispatcher: object) -> bool:
        return self.get(descriptor) is dispatcher

    def _register(self, descriptor: int, dispatcher: object, events: int) -> None:
        registered = self._registered.pop(descriptor, 0)
        if events and registered:
            self._selector.modify(descriptor, events, dispatcher)
        elif events:
            self._selector.register(descriptor, events, dispatcher)
        elif registered:
            self._selector.unregister(descriptor)
        if events:
            self._registered[descriptor] = events
