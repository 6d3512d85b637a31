"""A client's connection: one request at a time, a deadline in every state.

| state     | begins                          | ends, at the latest                 |
|-----------|---------------------------------|-------------------------------------|
| idle      | accepted, or a response is sent | after `idle_seconds`: closed        |
| receiving | the first byte of a request     | after `request_seconds`: 408, closed |
| serving   | the request is complete         | the application has its own deadline |
| sending   | the response is complete        | after `request_seconds`: closed     |
| closing   | the last response is sent       | after LINGER_SECONDS: closed        |

Only the event loop's thread touches a connection. The application may run in another thread, which
gives the response back with `EventLoop.call`.
"""

import enum
import logging
import math
import select
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from server.http.event_loop import EventLoop
from server.http.interface import LINGER_SECONDS, MAX_HEADER_BYTES, Limits, WsgiApp
from server.http.request_parser import Refusal, Request, RequestParser
from server.http.responses import environment, refusal_response, respond

log = logging.getLogger("paycli.server")

_READ_BYTES = 8192
_NOTHING = memoryview(b"")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class State(enum.Enum):
    """The state of a connection; CLOSED is the last."""

    IDLE = enum.auto()
    RECEIVING = enum.auto()
    SERVING = enum.auto()
    SENDING = enum.auto()
    CLOSING = enum.auto()
    CLOSED = enum.auto()


class Service(Protocol):
    """What the connections of one listener share."""

    loop: EventLoop
    limits: Limits
    application: WsgiApp
    port: int
    stopping: bool
    """Whether connections are closed after their next response."""

    def dispatch(self, path: str, serve: Callable[[], None]) -> None:
        """Calls `serve` for a request of this path, in a thread or greenlet."""

    def count_received(self, change: int) -> None:
        """Adds to the number of bytes received that are not a complete request."""

    def state_changed(self, connection: "Connection") -> None:
        """Notes that a state of the connection has begun."""

    def closed(self, connection: "Connection") -> None:
        """Forgets the connection."""


class Connection:
    """One connection, registered with the event loop until `close`.

    `progress_at` is when bytes were last sent or received, `deadline` when its state ends:
    `time.monotonic()` values.
    """

    def __init__(self, service: Service, sock: socket.socket, client: str) -> None:
        sock.setblocking(False)
        self.state = State.IDLE
        self.progress_at = time.monotonic()
        self.deadline = self.progress_at + service.limits.idle_seconds
        self._service = service
        self._socket = sock
        self._client = client
        self._parser = RequestParser(MAX_HEADER_BYTES, service.limits.max_body_bytes)
        self._unsent = _NOTHING
        self._close_when_sent = False
        self._counted_bytes = 0
        service.loop.register(self, sock)

    @property
    def wants_read(self) -> bool:
        """Whether it waits for bytes: until a request is complete, or until the client closes."""
        return self.state in (State.IDLE, State.RECEIVING, State.CLOSING)

    @property
    def wants_write(self) -> bool:
        """Whether it has bytes to send."""
        return bool(self._unsent)

    @property
    def busy(self) -> bool:
        """Whether a request is served or its response is being sent."""
        return self.state in (State.SERVING, State.SENDING)

    @property
    def received_bytes(self) -> int:
        """The number of bytes received that are not a complete request."""
        return self._parser.received_bytes

    def on_readable(self) -> None:
        """Receives what has arrived, at most one buffer."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif self.state is not State.CLOSING:
            self.progress_at = time.monotonic()
            self._parse(data)

    def on_writable(self) -> None:
        """Sends as much as the socket accepts; after a response it is idle or closed."""
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self.progress_at = time.monotonic()
        # An empty slice would keep the whole response in memory.
        self._unsent = self._unsent[sent:] or _NOTHING
        if self._unsent or self.state is not State.SENDING:
            return
        if self._close_when_sent:
            self._begin_closing()
            return
        self._enter(State.IDLE, self._service.limits.idle_seconds)
        if self._parser.incomplete:
            self._parse(b"")

    def on_error(self) -> None:
        """Closes the connection after an internal error; logs nothing that the client has sent."""
        log.error("connection_failed", exc_info=sys.exc_info())
        self.close()

    def close(self) -> None:
        """Closes the connection, in whatever state it is."""
        if self.state is not State.CLOSED:
            self.state = State.CLOSED
            self._unsent = _NOTHING
            self._service.count_received(-self._counted_bytes)
            self._service.loop.unregister(self)
            self._service.closed(self)
            self._socket.close()

    def has_timed_out(self, now: float) -> bool:
        """Returns whether the deadline has passed; a request that has arrived counts as in time."""
        return self.deadline <= now and not self._has_arrived()

    def is_quiet(self, since: float) -> bool:
        """Returns whether it has neither sent nor received since then, and serves no request."""
        since_then = self.progress_at <= since
        return since_then and self.state is not State.SERVING and not self._has_arrived()

    def time_out(self) -> None:
        """Closes the connection at its deadline; an incomplete request first gets a 408."""
        if self.state is State.RECEIVING and not self._unsent:
            self._refuse(Refusal(408, "Request Timeout", "the request was not complete in time"))
        else:
            self.close()

    def _has_arrived(self) -> bool:
        """Returns whether a request has arrived that is not read yet."""
        return self.state is State.IDLE and _has_data(self._socket)

    def _parse(self, data: bytes) -> None:
        try:
            request = self._parser.receive(data)
        except Refusal as refused:
            self._refuse(refused)
            return
        if request is not None:
            self._enter(State.SERVING, math.inf)
            self._service.dispatch(request.path, partial(self._serve, request))
        elif self.state is State.IDLE:
            self._enter(State.RECEIVING, self._service.limits.request_seconds)
        if self._parser.expects_continue:
            self._send(_CONTINUE)
        self._count_received()

    def _begin_closing(self) -> None:
        """Closes in one direction and discards what still arrives.

        Closing at once would reset the connection if bytes are unread, and the client might lose
        the response (RFC 9112, section 9.6).
        """
        self._enter(State.CLOSING, LINGER_SECONDS)
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def _serve(self, request: Request) -> None:
        """Runs the application, in the calling thread or greenlet."""
        keep_alive = request.keep_alive and not self._service.stopping
        try:
            environ = environment(request, self._client, self._service.port)
            response = respond(self._service.application, environ, request, keep_alive=keep_alive)
        except Exception:
            log.exception("request_failed")
            keep_alive = False
            response = refusal_response(Refusal(500, "Internal Server Error", ""))
        self._service.loop.call(self, partial(self._respond, response, keep_alive=keep_alive))

    def _refuse(self, refused: Refusal) -> None:
        self._respond(refusal_response(refused), keep_alive=False)

    def _respond(self, response: bytes, *, keep_alive: bool) -> None:
        if self.state is not State.CLOSED:
            self._close_when_sent = not keep_alive
            self._enter(State.SENDING, self._service.limits.request_seconds)
            self._send(response)
            self._service.loop.update(self)

    def _send(self, data: bytes) -> None:
        self._unsent = memoryview(bytes(self._unsent) + data if self._unsent else data)
        self.on_writable()

    def _enter(self, state: State, seconds: float) -> None:
        """Begins a state that lasts at most so long."""
        self.state = state
        self.deadline = time.monotonic() + seconds
        self._service.state_changed(self)

    def _count_received(self) -> None:
        """Adds the change of `received_bytes` to the listener's."""
        change = self.received_bytes - self._counted_bytes
        if change and self.state is not State.CLOSED:
            self._counted_bytes += change
            self._service.count_received(change)


def _has_data(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
