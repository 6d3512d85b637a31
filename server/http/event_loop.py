"""An event loop on `selectors`. Only its thread touches sockets; others use `call`."""

import contextlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Protocol


class Handler(Protocol):
    """A listener or a connection."""

    @property
    def wants_read(self) -> bool:
        """Whether it waits for connections or bytes."""

    @property
    def wants_write(self) -> bool:
        """Whether it has bytes to send."""

    def on_readable(self) -> None:
        """Accepts connections or receives bytes."""

    def on_writable(self) -> None:
        """Sends bytes."""

    def on_error(self) -> None:
        """Handles an exception of its own; it continues or has unregistered itself."""


class EventLoop:
    """Calls handlers when their sockets are readable or writable."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._registered: dict[Handler, tuple[int, int]] = {}  # descriptor, events
        self._calls: deque[tuple[Handler, Callable[[], None]]] = deque()
        self._thread = threading.get_ident()
        self._woken, self._waking = socket.socketpair()
        self._woken.setblocking(False)
        self._waking.setblocking(False)
        self._selector.register(self._woken, EVENT_READ)

    def register(self, handler: Handler, sock: socket.socket) -> None:
        """Waits for the handler's socket to be readable."""
        self._selector.register(sock, EVENT_READ, handler)
        self._registered[handler] = sock.fileno(), EVENT_READ

    def unregister(self, handler: Handler) -> None:
        """Forgets the handler, whose socket must still be open."""
        descriptor, events = self._registered.pop(handler)
        if events:
            self._selector.unregister(descriptor)

    def call(self, handler: Handler, function: Callable[[], None]) -> None:
        """Calls a function of the handler's in the loop's thread: now if this is it, else soon."""
        if threading.get_ident() == self._thread:
            self._guarded(handler, function)
        else:
            self._calls.append((handler, function))
            self.wake()

    def wake(self) -> None:
        """Makes `run_once` return soon; may be called from any thread."""
        # A full pipe wakes the loop as well, and after `close` there is nothing to wake.
        with contextlib.suppress(OSError):
            self._waking.send(b"\0")

    def run_once(self, seconds: float) -> None:
        """Waits for events for at most `seconds`, and handles those that have occurred."""
        self._thread = threading.get_ident()
        for key, events in self._selector.select(0 if self._calls else seconds):
            if key.data is None:
                self._woken.recv(4096)
            elif key.data in self._registered:
                self._handle(key.data, events)
        # Not those that come meanwhile, so that they do not keep sockets waiting.
        for _ in range(len(self._calls)):
            self._guarded(*self._calls.popleft())

    def update(self, handler: Handler, occurred: int = 0) -> None:
        """Waits for what the handler wants from now on; `occurred` are events it did not handle.

        It stays registered for reading until there is something to read that it does not want: most
        connections want to read again before that, which saves two system calls for each request.
        """
        if handler not in self._registered:
            return
        descriptor, registered = self._registered[handler]
        events = EVENT_WRITE if handler.wants_write else 0
        if handler.wants_read or registered & EVENT_READ & ~occurred:
            events |= EVENT_READ
        if events == registered:
            return
        if not events:
            self._selector.unregister(descriptor)
        elif not registered:
            self._selector.register(descriptor, events, handler)
        else:
            self._selector.modify(descriptor, events, handler)
        self._registered[handler] = descriptor, events

    def close(self) -> None:
        """Closes the selector; `wake` and `call` do nothing any more."""
        self._selector.close()
        self._woken.close()
        self._waking.close()

    def _handle(self, handler: Handler, events: int) -> None:
        if events & EVENT_WRITE and handler.wants_write:
            self._guarded(handler, handler.on_writable)
        if events & EVENT_READ and handler.wants_read:
            self._guarded(handler, handler.on_readable)
            events &= ~EVENT_READ
        self._guarded(handler, partial(self.update, handler, events))

    @staticmethod
    def _guarded(handler: Handler, function: Callable[[], None]) -> None:
        try:
            function()
        except Exception:  # noqa: BLE001  (the handler logs it; all others continue)
            handler.on_error()
