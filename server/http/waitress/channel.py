"""One connection of waitress: strict requests, each in time, and what is refused as a problem."""

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
"""A status that has no body (RFC 9110, sections 15.3.5 and 15.4.5)."""

_served: ContextVar["Channel | None"] = ContextVar("_served", default=None)


class _Task(WSGITask):
    """Runs the application and sends its answer, whole, in one piece."""

    def service(self) -> None:
        self.start()
        environ = self.get_environment()
        told: list[Any] = []
        written: list[bytes] = []

        def start_response(*status_and_headers: Any) -> Callable[[bytes], None]:  # noqa: ANN401  (PEP 3333)
            told[:] = status_and_headers[:2]
            return written.append

        chunks = self.channel.server.application(environ, start_response)
        try:
            written += chunks
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = told
        answer = self._answer(status, headers, b"".join(written))
        self.wrote_header = True
        self.channel.send_now(answer)

    def _answer(self, status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        """RFC 9112. Raises ValueError for a status or header of more than one line.

        How long the body is, is said here; only where there is none does the application know.
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
    """What is refused before the application sees it."""

    def execute(self) -> None:
        error = self.request.error
        headers, body = refusal(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += headers
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """One connection; `deadline` is when it must have brought its next request, whole.

    While a request waits or runs it does not count: the application keeps its own deadlines.
    """

    task_class = _Task
    error_task_class = _ErrorTask
    parser_class = StrictRequest
    request: Any  # the one that is being received, None between two

    def __init__(self, server: Any, *args: Any, **more: Any) -> None:  # noqa: ANN401  (waitress's)
        self._limits = server.limits
        self._postponed = False
        self.deadline = time.monotonic() + self._limits.idle_seconds
        super().__init__(server, *args, **more)

    def busy(self) -> bool:
        """Whether a whole request waits or runs, or its answer is being sent."""
        return bool(self.requests or self.total_outbufs_len)

    def received_bytes(self) -> int:
        """How many bytes there are of a body that is not whole yet."""
        request = self.request
        return 0 if request is None else request.body_bytes_received

    def late(self, now: float) -> bool:
        """Whether the deadline is over; what has come meanwhile and was not read yet counts."""
        if self.deadline > now:
            return False
        if self.requests:
            return self._postponed
        return self.request is not None or not _has_data(self.socket)

    def received(self, data: bytes) -> bool:
        """Takes bytes; a request that begins with them has so many seconds from here."""
        before = self.request
        taken: bool = super().received(data)
        if self.request is not None and self.request is not before:
            self.deadline = time.monotonic() + self._limits.request_seconds
        return taken

    def service(self) -> None:
        """Answers one request; after the last one the connection may be idle for so long."""
        self.deadline = math.inf
        _served.set(self)
        super().service()
        _served.set(None)
        if self._postponed or not self.requests:
            self.deadline = time.monotonic() + self._limits.idle_seconds

    @staticmethod
    def served_here() -> "Channel | None":
        """The connection whose request the caller answers, None if it answers none."""
        return _served.get()

    def send_now(self, answer: bytes) -> None:
        """Sends it from the thread that has it, as far as the client takes it; the loop the rest.

        Raises ClientDisconnected.
        """
        with self.outbuf_lock:
            if not self.connected:
                raise ClientDisconnected
            sent = 0
            if not self.total_outbufs_len:
                try:
                    sent = self.send(answer, do_close=False)
                except OSError:
                    self.will_close = True
                    return
            left = answer[sent:]
            if left:
                # In a buffer of its own, since one that many share keeps what was sent.
                self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
                self.outbufs[-1].append(left)
                self.total_outbufs_len += len(left)

    def postpone(self) -> bool:
        """Whether its next request has to wait until the last answer is sent, and is then queued.

        So nobody piles up answers by asking for many and reading none.
        """
        with self.outbuf_lock:
            self._postponed = bool(self.total_outbufs_len)
            return self._postponed

    def handle_write(self) -> None:
        """Sends what the client takes; then ends the connection or goes on, as was wanted."""
        with self.outbuf_lock:
            if self.total_outbufs_len:
                self._flush_exception(self._flush_some)
            sent = not self.total_outbufs_len
            over = self.will_close or (sent and self.close_when_flushed)
            go_on = sent and self._postponed
            self._postponed &= not sent
        if over:
            self.handle_close()
        elif go_on and self.connected:
            self.server.add_task(self)

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Nobody waits here, as waitress does, for the loop to send: it may be the loop who asks.

        There is never more to send than one answer, see `postpone`.
        """

    def give_up(self) -> None:
        """The deadline is over: a request that has begun is told so, then the connection ends."""
        late = self.request
        if late is None or self.busy():
            self.end_soon()
            return
        with self.requests_lock:
            self.request = None
            late.error = RequestTimeout("the request did not come whole in time")
            late.completed = True
            self.requests.append(late)
        self.server.add_task(self)

    def end_soon(self) -> None:
        """Ends it in the loop's next turn.

        Closed in the middle of a turn, its descriptor could be that of a newcomer before the turn
        is over, and what the system then says of it would end the newcomer.
        """
        self.will_close = True
        with contextlib.suppress(OSError):
            # Or else the loop would wait until a client that takes nothing takes something.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.server.loop.events.look_at(self)

    def handle_error(self) -> None:
        """Ends the connection after a mistake of ours, without a word of what was sent."""
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
