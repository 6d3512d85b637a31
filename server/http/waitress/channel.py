"""A client connection on waitress: strict parsing, deadlines, errors as problem documents."""

import contextlib
import logging
import math
import select
import socket
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from server.http.waitress.parser import RequestTimeout, StrictRequest
from server.refusals import refusal

log = logging.getLogger("paycli.server")


_BODILESS = ("204", "304")
"""Statuses without a body (RFC 9110, sections 15.3.5 and 15.4.5)."""

_current: ContextVar["Channel | None"] = ContextVar("_current", default=None)


class _Task(WSGITask):
    """Runs the application and sends its response, complete, in one piece."""

    def service(self) -> None:
        self.start()
        environ = self.get_environment()
        started: list[Any] = []
        body: list[bytes] = []

        def start_response(*status_and_headers: Any) -> Callable[[bytes], None]:  # noqa: ANN401  (PEP 3333)
            started[:] = status_and_headers[:2]
            return body.append

        chunks = self.channel.server.application(environ, start_response)
        try:
            body += chunks
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        response = self._response(status, headers, b"".join(body))
        self.wrote_header = True
        self.channel.send_now(response)

    def _response(self, status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        """Builds the response (RFC 9112). Raises ValueError for line breaks in status or headers.

        Content-Length is computed from the body; only without a body is the application's kept.
        """
        bodiless = self.request.command == "HEAD" or status.startswith(_BODILESS)
        lines = [f"HTTP/{self.version} {status}"]
        lines += [
            f"{name.title()}: {value}"
            for name, value in headers
            if bodiless or name.lower() != "content-length"
        ]
        if not bodiless:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Date: {_http_date(int(self.start_time))}")
        if self.request.connection_close or self.channel.server.loop.stopping:
            self.close_on_finish = True
            lines.append("Connection: close")
        elif self.version == "1.0":
            lines.append("Connection: Keep-Alive")
        head = "\r\n".join(lines)
        if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1:
            raise ValueError("the application's status or headers have a line break")
        return f"{head}\r\n\r\n".encode("latin-1") + (b"" if bodiless else body)


class _ErrorTask(ErrorTask):
    """Responds to a request that is refused before it reaches the application."""

    def execute(self) -> None:
        error = self.request.error
        headers, body = refusal(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += headers
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """One connection, whose next request must be complete by `deadline`.

    While a request is queued or served there is no deadline: the application has its own.
    """

    task_class = _Task
    error_task_class = _ErrorTask
    parser_class = StrictRequest
    request: Any  # the request that is being received, None between two requests

    def __init__(self, server: Any, *args: Any, **options: Any) -> None:  # noqa: ANN401  (waitress's)
        self._limits = server.limits
        self._postponed = False
        self.deadline = time.monotonic() + self._limits.idle_seconds
        super().__init__(server, *args, **options)

    def busy(self) -> bool:
        """Whether a complete request is queued or served, or a response is being sent."""
        return bool(self.requests or self.total_outbufs_len)

    def received_bytes(self) -> int:
        """Returns the number of bytes received of an incomplete body."""
        request = self.request
        return 0 if request is None else request.body_bytes_received

    def has_timed_out(self, now: float) -> bool:
        """Whether the deadline has passed; bytes that have arrived unread count as in time."""
        if self.deadline > now:
            return False
        if self.requests:
            return self._postponed
        return self.request is not None or not _has_data(self.socket)

    def received(self, data: bytes) -> bool:
        """Consumes bytes; the first byte of a request starts its deadline."""
        previous = self.request
        consumed: bool = super().received(data)
        if self.request is not None and self.request is not previous:
            self.deadline = time.monotonic() + self._limits.request_seconds
        return consumed

    def service(self) -> None:
        """Serves one request; after the last one the idle deadline starts."""
        self.deadline = math.inf
        _current.set(self)
        super().service()
        _current.set(None)
        if self._postponed or not self.requests:
            self.deadline = time.monotonic() + self._limits.idle_seconds

    @staticmethod
    def current() -> "Channel | None":
        """Returns the connection whose request the calling thread or greenlet serves, or None."""
        return _current.get()

    def send_now(self, response: bytes) -> None:
        """Sends as much as the socket accepts from the calling thread; the event loop the rest.

        Raises ClientDisconnected.
        """
        with self.outbuf_lock:
            if not self.connected:
                raise ClientDisconnected
            sent = 0
            if not self.total_outbufs_len:
                try:
                    sent = self.send(response, do_close=False)
                except OSError:
                    self.will_close = True
                    return
            unsent = response[sent:]
            if unsent:
                # In a buffer of its own, since a shared buffer keeps bytes that were sent.
                self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
                self.outbufs[-1].append(unsent)
                self.total_outbufs_len += len(unsent)

    def postpone(self) -> bool:
        """Returns whether the next request must wait until the last response is sent.

        If so, `handle_write` queues it then. So a client that pipelines requests and reads no
        responses does not fill the memory.
        """
        with self.outbuf_lock:
            self._postponed = bool(self.total_outbufs_len)
            return self._postponed

    def handle_write(self) -> None:
        """Sends buffered bytes; then closes the connection or queues its postponed request."""
        with self.outbuf_lock:
            if self.total_outbufs_len:
                self._flush_exception(self._flush_some)
            sent = not self.total_outbufs_len
            close = self.will_close or (sent and self.close_when_flushed)
            resume = sent and self._postponed
            self._postponed &= not sent
        if close:
            self.handle_close()
        elif resume and self.connected:
            self.server.add_task(self)

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Does nothing: waitress would block until the loop has sent, and this may be its thread.

        At most one response is buffered, see `postpone`.
        """

    def time_out(self) -> None:
        """Closes the connection at its deadline; an incomplete request first gets a 408."""
        request = self.request
        if request is None or self.busy():
            self.close_soon()
            return
        with self.requests_lock:
            self.request = None
            request.error = RequestTimeout("the request was not complete in time")
            request.completed = True
            self.requests.append(request)
        self.server.add_task(self)

    def close_soon(self) -> None:
        """Closes the connection in the next iteration of the event loop.

        If it were closed within an iteration, a new connection could reuse its descriptor, and
        events that were reported for the old connection would close the new one.
        """
        self.will_close = True
        with contextlib.suppress(OSError):
            # Without it the loop would wait until the client reads, which it may never do.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server.loop.events.update_interest(self)

    def handle_error(self) -> None:
        """Closes the connection after an internal error; logs nothing that the client has sent."""
        log.error("connection_failed", exc_info=sys.exc_info())
        self.handle_close()


def _has_data(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


@lru_cache(maxsize=1)
def _http_date(unix_seconds: int) -> str:
    date: str = build_http_date(unix_seconds)
    return date
