"""waitress with payments on threads of their own, errors as problems, and stops that cut nothing.

waitress answers broken requests itself, runs all requests on one pool of threads and on SystemExit
cancels what is queued; the subclasses here change these three things and nothing else.
"""

import logging
import resource
import socket
import time
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from server.errors import PROBLEM_JSON, http_problem
from server.middleware import new_request_id

log = logging.getLogger("paycli.server")

SPARE_PAYMENT_THREADS = 4
"""Beyond those that may wait for Stripe: they answer the surplus with 503 at once."""

MAX_HEADER_BYTES = 32_768
IDLE_SECONDS = 30
CONNECTION_LIMIT = 10_000
LINGER_SECONDS = 1.0
"""While stopping: how long an idle kept-alive connection may still bring a request."""

_SLOW_PATHS = ("/api/v1/payments", "/api/v1/refunds")


class Pools:
    """Two pools of threads: what may wait for Stripe never takes a webhook's thread."""

    def __init__(self, threads: int, payment_threads: int) -> None:
        self._quick = ThreadedTaskDispatcher()
        self._quick.set_thread_count(threads)
        self._slow = ThreadedTaskDispatcher()
        self._slow.set_thread_count(payment_threads + SPARE_PAYMENT_THREADS)

    def add_task(self, channel: HTTPChannel) -> None:
        """Queues the channel's next request with the pool of its path."""
        path = getattr(channel.requests[0], "path", "")
        pool = self._slow if path.startswith(_SLOW_PATHS) else self._quick
        pool.add_task(channel)

    def shutdown(self) -> None:
        """Ends the threads; to be called when nothing is queued or running."""
        self._quick.shutdown()
        self._slow.shutdown()


class _Closing:
    """While the server stops, answers tell the client not to use the connection again."""

    channel: Any
    set_close_on_finish: Callable[[], None]

    def build_response_header(self) -> bytes:
        if self.channel.server.stopping:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()  # type: ignore[misc]  # the other base's
        return header


class _Task(_Closing, WSGITask):
    pass


class _ErrorTask(ErrorTask):
    """What waitress refuses before the application sees it."""

    def execute(self) -> None:
        error = self.request.error
        body = http_problem(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", PROBLEM_JSON),
            ("X-Request-Id", new_request_id()),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    task_class = _Task
    error_task_class = _ErrorTask

    def busy(self) -> bool:
        """Whether a whole request waits or runs, or its answer is being sent."""
        return bool(self.requests or self.total_outbufs_len)


class Server(TcpWSGIServer):
    """Serves a WSGI application on a bound socket until `stop` is called."""

    channel_class = _Channel
    stopping = False

    def __init__(
        self,
        app: Any,  # noqa: ANN401  (waitress has no type for it)
        sock: socket.socket,
        *,
        threads: int,
        payment_threads: int,
        max_body_bytes: int,
        stop_timeout_seconds: float,
    ) -> None:
        _allow_open_files()
        self._stop_timeout_seconds = stop_timeout_seconds
        adjustments = Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            asyncore_use_poll=True,
            backlog=2048,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._pools = Pools(threads, payment_threads)
        super().__init__(
            app,
            {},
            _sock=sock,
            dispatcher=self._pools,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def stop(self) -> None:
        """Asks `run` to end; may be called from a signal handler."""
        self.stopping = True
        self.pull_trigger()

    def run(self) -> None:
        """Serves; after `stop` answers all that was accepted or waits to be, and returns."""
        while not self.stopping:
            self._turn(1.0)
        self._accept_waiting()
        self.accepting = False
        self.del_channel()
        self.socket.close()
        stopped_at = time.monotonic()
        while channels := list(self.active_channels.values()):
            self._turn(0.05)
            waited_seconds = time.monotonic() - stopped_at
            for channel in channels:
                if waited_seconds > LINGER_SECONDS and not channel.busy():
                    channel.handle_close()
            if waited_seconds > self._stop_timeout_seconds:
                log.error("requests_cut", extra={"count": len(self.active_channels)})
                break
        self._pools.shutdown()
        self.trigger.close()

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _accept_waiting(self) -> None:
        """Takes in every connection that the system has completed but we have not seen yet."""
        known = -1
        while known != len(self.active_channels):
            known = len(self.active_channels)
            self.handle_accept()


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
