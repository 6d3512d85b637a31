"""A listening socket on waitress, with limits on connections and on what they have received.

The only module that uses waitress, whose server class is not documented: its version is pinned, and
`tests/server/http/test_waitress_names.py` fails when a name that is used here changes.
"""

import contextlib
import logging
import socket
import sys

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from server.http.connection import Connection, State
from server.http.dispatcher import RequestDispatcher
from server.http.event_loop import EventLoop
from server.http.interface import Limits, WsgiApp
from server.http.sockets import resume_accepting

log = logging.getLogger("paycli.server")

_ACCEPT_BATCH = 64
"""How many connections are accepted before requests of earlier ones are served."""


class Listener(TcpWSGIServer):
    """Accepts at most `max_connections` connections, and forgets each when it is closed."""

    wants_write = False

    def __init__(
        self,
        application: WsgiApp,
        sock: socket.socket,
        loop: EventLoop,
        dispatcher: RequestDispatcher,
        limits: Limits,
        max_connections: int,
    ) -> None:
        self.loop = loop
        self.limits = limits
        self.dispatch = dispatcher.dispatch
        self.connections: dict[Connection, None] = {}
        """By the time at which their state began: the one that is idle or stuck longest first."""
        self._accepted = 0
        self._max_connections = max_connections
        self._received_bytes = 0
        self.stopping = False
        resume_accepting(sock)
        super().__init__(
            application,
            map={},
            _sock=sock,
            dispatcher=dispatcher,
            adj=Adjustments(backlog=2048, clear_untrusted_proxy_headers=False),
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            bind_socket=False,
        )
        self.trigger.close()  # waitress's way to wake its own event loop
        self.port: int = sock.getsockname()[1]
        loop.register(self, sock)

    @property
    def wants_read(self) -> bool:
        """Whether connections are accepted."""
        return bool(self.accepting)

    def on_readable(self) -> None:
        """Accepts connections; for each one over the limit, closes one that serves no request.

        So a client that opens connections without using them does not keep out other clients.
        """
        for _ in range(_ACCEPT_BATCH):
            before = self._accepted
            self.handle_accept()
            if self._accepted == before:
                break
            if len(self.connections) > self._max_connections:
                self._evict()

    def accept(self) -> tuple[socket.socket, tuple[str, int]] | None:
        """Called by `handle_accept`; without a free descriptor, frees one."""
        try:
            accepted: tuple[socket.socket, tuple[str, int]] | None = super().accept()
        except OSError:
            self._evict()
            return None
        return accepted

    def channel_class(
        self,
        _server: object,
        sock: socket.socket,
        address: tuple[str, int],
        _adj: object,
        map: object,  # noqa: A002, ARG002  (waitress's name)
    ) -> None:
        """Called by `handle_accept` for each connection."""
        self._accepted += 1
        self.connections[Connection(self, sock, address[0])] = None

    def on_writable(self) -> None:
        """Is never called."""

    def on_error(self) -> None:
        """Logs an internal error, and continues."""
        log.error("accept_failed", exc_info=sys.exc_info())

    def state_changed(self, connection: Connection) -> None:
        """Puts the connection behind all others."""
        self.connections.pop(connection, None)
        self.connections[connection] = None

    def closed(self, connection: Connection) -> None:
        """Forgets the connection."""
        self.connections.pop(connection, None)

    def count_received(self, change: int) -> None:
        """Adds to the bytes of incomplete requests; over the limit, closes those with the most."""
        self._received_bytes += change
        if change <= 0 or self._received_bytes <= self.limits.receiving_bytes:
            return
        candidates = [each for each in self.connections if each.state is not State.SERVING]
        for connection in sorted(candidates, key=lambda it: it.received_bytes, reverse=True):
            # A little below the limit, so that not every byte that follows sorts them again.
            if self._received_bytes <= self.limits.receiving_bytes * 7 // 8:
                break
            connection.close()

    def time_out_connections(self, now: float) -> None:
        """Ends the connections whose deadline has passed; `now` is a `time.monotonic()` value."""
        for connection in list(self.connections):
            if connection.has_timed_out(now):
                connection.time_out()

    def stop_listening(self) -> None:
        """Accepts every connection that the kernel has completed, then closes the socket."""
        before = -1
        while before != self._accepted:
            before = self._accepted
            self.on_readable()
        self.accepting = False
        self.loop.unregister(self)
        with contextlib.suppress(OSError):
            # The supervisor has the socket open too; this stops it for both processes.
            self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()

    def _evict(self) -> None:
        """Closes the connection that has been idle, or received or sent one message, longest."""
        for connection in self.connections:
            if connection.state is not State.SERVING:
                connection.close()
                break
