"""A client connection on waitress: one request at a time, a deadline in every state.

States:

| state     | begins                         | ends, at the latest                                |
|-----------|--------------------------------|----------------------------------------------------|
| idle      | accepted, or a response is sent | after `idle_seconds`: closed                       |
| receiving | the first byte of a request    | after `request_seconds`: 408, closed               |
| serving   | the request is complete        | the application has its own deadline               |
| sending   | the socket accepts no more     | after `request_seconds`: closed                    |

Only the event loop's thread touches a connection. The application may run in another thread, which
gives the response back with `EventLoop.call`.
"""

import logging
import math
import select
import socket
import sys
import time
from functools import partial
from typing import Any

from waitress.wasyncore import dispatcher

from server.http.waitress.parser import RequestTimeout, StrictRequest
from server.http.waitress.responses import Task, refusal_response

log = logging.getLogger("paycli.server")

_NOTHING = memoryview(b"")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(dispatcher):
    """One connection of a listener.

    `since` is when its state began, `progress_at` when bytes were last sent or received, `deadline`
    when its state ends: `time.monotonic()` values.
    """

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any) -> None:  # noqa: A002, ANN401  (waitress's)
        self.server = server
        self.addr = addr
        self.adj = adj
        self.serving = False
        self.since = self.progress_at = time.monotonic()
        self.deadline = self.since + server.limits.idle_seconds
        self._request: StrictRequest | None = None
        self._received = b""  # what follows the request that is served
        self._unsent = _NOTHING
        self._close_when_sent = False
        self._counted_bytes = 0
        super().__init__(sock, map=map)
        self.connected = True  # also if the client has closed it already

    def check_client_disconnected(self) -> bool:
        """Returns whether the connection is closed; waitress passes it to the application."""
        return not self.connected

    def add_channel(self, map: Any = None) -> None:  # noqa: A002, ANN401  (waitress's)
        """Adds it to the event loop and to its listener's connections."""
        super().add_channel(map)
        self.server.active_channels[self._fileno] = self

    def del_channel(self, map: Any = None) -> None:  # noqa: A002, ANN401  (waitress's)
        """Removes it from the event loop and from its listener's connections."""
        self.server.active_channels.pop(self._fileno, None)
        super().del_channel(map)

    def path(self) -> str:
        """Returns the path of the request that is served."""
        assert self._request is not None
        return str(self._request.path)

    def readable(self) -> bool:
        """Returns whether it waits for bytes: until a request is complete."""
        return not self.busy()

    def writable(self) -> bool:
        """Returns whether a response is not sent completely."""
        return bool(self._unsent)

    def busy(self) -> bool:
        """Returns whether a request is served or its response is being sent."""
        return self.serving or self.writable()

    def idle(self) -> bool:
        """Returns whether it is between two requests."""
        return self._request is None and not self.writable()

    def received_bytes(self) -> int:
        """Returns the number of bytes received of a request that is not complete."""
        request = self._request
        if request is None or self.serving:
            return 0
        return len(request.header_plus) + int(request.body_bytes_received)

    def handle_read(self) -> None:
        """Reads what has arrived, at most one buffer."""
        try:
            data = self.recv(self.adj.recv_bytes)
        except OSError:
            self.handle_close()
            return
        if data:
            self.progress_at = time.monotonic()
            self._consume(data)

    def handle_write(self) -> None:
        """Sends as much as the socket accepts; then the connection is idle, or closed."""
        try:
            sent = self.send(self._unsent)
        except OSError:
            self.handle_close()
        if not self.connected:
            return
        if sent:
            self.progress_at = time.monotonic()
            # An empty slice would keep the whole response in memory.
            self._unsent = self._unsent[sent:] or _NOTHING
        if self._unsent or self._request is not None:
            return
        if self._close_when_sent:
            self.handle_close()
            return
        self._enter(self.server.limits.idle_seconds)
        received, self._received = self._received, b""
        if received:
            self._consume(received)

    def handle_close(self) -> None:
        """Closes the connection, in whatever state it is."""
        if self.connected:
            self.connected = False
            self._unsent = _NOTHING
            if self._request is not None and not self.serving:
                self._request.close()
                self._request = None
            self._count_received()
            self.close()

    def handle_error(self) -> None:
        """Closes the connection after an internal error; logs nothing that the client has sent."""
        log.error("connection_failed", exc_info=sys.exc_info())
        self.handle_close()

    def has_timed_out(self, now: float) -> bool:
        """Returns whether the deadline has passed; a request that has arrived counts as in time."""
        return self.deadline <= now and not (self.idle() and _has_data(self.socket))

    def time_out(self) -> None:
        """Closes the connection at its deadline; an incomplete request first gets a 408."""
        if self._request is None or self._unsent:
            self.handle_close()
        else:
            self._request.error = RequestTimeout("the request was not complete in time")
            self._begin_serving()

    def service(self) -> None:
        """Serves the request, in the calling thread or greenlet."""
        assert self._request is not None
        task = Task(self, self._request)
        try:
            response = task.response(self.server.application)
            close = task.close_on_finish
        except Exception:
            log.exception("request_failed")
            response, close = refusal_response(500, "Internal Server Error", ""), True
        self.server.loop.events.call(partial(self._respond, response, close=close))

    def _consume(self, data: bytes) -> None:
        """Parses received bytes up to the end of one request; keeps the others for later."""
        while data and self.readable() and self.connected:
            request = self._request
            if request is None:
                request = self._request = StrictRequest(self.adj)
                self._enter(self.server.limits.request_seconds)
            data = data[request.received(data) :]
            if request.completed:
                self._begin_serving()
            elif request.expect_continue and request.headers_finished:
                request.expect_continue = False
                self._send(_CONTINUE)
        self._received = bytes(data)
        self._count_received()

    def _begin_serving(self) -> None:
        assert self._request is not None
        self.serving = True
        self._enter(math.inf)
        error = self._request.error
        if error:
            self._respond(refusal_response(error.code, error.reason, error.body), close=True)
        else:
            self.server.add_task(self)

    def _respond(self, response: bytes, *, close: bool) -> None:
        """Ends the request and sends its response."""
        assert self._request is not None
        self._request.close()
        self._request = None
        self.serving = False
        if self.connected:
            self._close_when_sent = close
            self._send(response)
            self.server.loop.events.update(self)

    def _send(self, data: bytes) -> None:
        self._unsent = memoryview(data)
        if self._request is None:
            self._enter(self.server.limits.request_seconds)
        self.handle_write()

    def _enter(self, seconds: float) -> None:
        """Begins a state that lasts at most so long."""
        self.since = time.monotonic()
        self.deadline = self.since + seconds

    def _count_received(self) -> None:
        """Adds the change of `received_bytes` to the listener's."""
        now = self.received_bytes() if self.connected else 0
        change, self._counted_bytes = now - self._counted_bytes, now
        if change:
            self.server.count_received(change)


def _has_data(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
