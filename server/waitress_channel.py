"""One connection of waitress: strict requests, each in time, and what is refused as a problem."""

import logging
import math
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from server.middleware import refusal
from server.strict_requests import RequestTimeout, StrictRequest

log = logging.getLogger("paycli.server")


_this_thread = threading.local()


class _Closing:
    """While the server stops, answers tell the client not to use the connection again."""

    channel: Any
    set_close_on_finish: Callable[[], None]

    def build_response_header(self) -> bytes:
        if self.channel.server.loop.stopping:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()  # type: ignore[misc]  # the other base's
        return header


class _Task(_Closing, WSGITask):
    def finish(self) -> None:
        super().finish()
        self.channel.send_now()


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
        idle = self.request is None
        return self.deadline <= now and not self.requests and not (idle and _has_data(self.socket))

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
        _this_thread.serves = self
        super().service()
        _this_thread.serves = None
        if not self.requests:
            self.deadline = time.monotonic() + self._limits.idle_seconds

    @staticmethod
    def served_by_this_thread() -> "Channel | None":
        """The connection whose request this thread answers, None if it answers none."""
        return getattr(_this_thread, "serves", None)

    def send_now(self) -> None:
        """Sends the answer from the thread that has it, as far as the client takes it."""
        with self.outbuf_lock:
            self._flush_exception(self._flush_some, do_close=False)

    def give_up(self) -> None:
        """The deadline is over: a request that has begun is told so, then the connection ends."""
        with self.requests_lock:
            late = self.request
            if late is not None and not self.total_outbufs_len:
                self.request = None
                late.error = RequestTimeout("the request did not come whole in time")
                late.completed = True
                self.requests.append(late)
        if self.requests:
            self.server.add_task(self)
        else:
            self.end_soon()

    def end_soon(self) -> None:
        """Ends it in the loop's next turn.

        Closed in the middle of a turn, its descriptor could be that of a newcomer before the turn
        is over, and what the system then says of it would end the newcomer.
        """
        self.will_close = True
        self.server.loop.events.look_at(self)

    def handle_error(self) -> None:
        """Ends the connection after a mistake of ours, without a word of what was sent."""
        log.error("connection_failed", exc_info=sys.exc_info())
        self.handle_close()


def _has_data(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
