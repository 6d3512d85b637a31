"""waitress with payments on threads of their own, errors as problems, and stops that cut nothing.

waitress answers broken requests itself, runs all requests on one pool of threads and on SystemExit
cancels what is queued; the subclasses here change these three things and nothing else.
"""

import contextlib
import logging
import resource
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from server.listening import let_all_in, let_nobody_in
from server.middleware import new_request_id
from server.problems import PROBLEM_JSON, http_problem

log = logging.getLogger("paycli.server")

SPARE_THREADS = 4
"""In each pool, beyond those that may wait for Kafka or Stripe: they answer probes, and the surplus
with 503 at once."""

MAX_HEADER_BYTES = 32_768
IDLE_SECONDS = 30
CONNECTION_LIMIT = 10_000
LINGER_SECONDS = 1.0
"""While stopping: how long an idle kept-alive connection may still bring a request."""

_SLOW_PATHS = ("/api/v1/payments", "/api/v1/refunds")

App = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on: threads, bytes, and how long stopping may last."""

    threads: int
    payment_threads: int
    max_body_bytes: int
    stop_timeout_seconds: float


class Pools:
    """Two pools of threads: what may wait for Stripe never takes a webhook's thread."""

    def __init__(self, threads: int, payment_threads: int) -> None:
        self._quick = ThreadedTaskDispatcher()
        self._quick.set_thread_count(threads + SPARE_THREADS)
        self._slow = ThreadedTaskDispatcher()
        self._slow.set_thread_count(payment_threads + SPARE_THREADS)

    def add_task(self, channel: HTTPChannel) -> None:
        """Queues the channel's next request with the pool of its path."""
        path = getattr(channel.requests[0], "path", "")
        pool = self._slow if path.startswith(_SLOW_PATHS) else self._quick
        pool.add_task(channel)

    def shutdown(self, timeout_seconds: float) -> None:
        """Ends the threads, and waits so long for those that still run something."""
        self._quick.shutdown(timeout=timeout_seconds)
        self._slow.shutdown(timeout=timeout_seconds)


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
    pass


class _ErrorTask(ErrorTask):
    """What waitress refuses before the application sees it."""

    def execute(self) -> None:
        error = self.request.error
        request_id = new_request_id()
        log.info("request_refused", extra={"status": error.code, "request_id": request_id})
        body = http_problem(error.code, error.body)
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", PROBLEM_JSON), ("X-Request-Id", request_id)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    task_class = _Task
    error_task_class = _ErrorTask

    def busy(self) -> bool:
        """Whether a whole request waits or runs, or its answer is being sent."""
        return bool(self.requests or self.total_outbufs_len)


class _Listener(TcpWSGIServer):
    channel_class = _Channel

    def __init__(
        self, app: App, sock: socket.socket, loop: "Server", adjustments: Adjustments
    ) -> None:
        self.loop = loop
        let_all_in(sock)
        super().__init__(
            app,
            loop.map,
            _sock=sock,
            dispatcher=loop.pools,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def close_to_newcomers(self) -> None:
        """Takes in every connection that the system has completed, and listens no more."""
        let_nobody_in(self.socket)
        known = -1
        while known != len(self.active_channels):
            known = len(self.active_channels)
            self.handle_accept()
        self.accepting = False
        self.del_channel()
        with contextlib.suppress(OSError):
            # The supervisor has it open too; this ends it for both.
            self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()


class Server:
    """Serves WSGI applications, each on its bound socket, until `stop` is called."""

    def __init__(self, apps: Sequence[tuple[App, socket.socket]], limits: Limits) -> None:
        _allow_open_files()
        self.stopping = False
        self.map: dict[int, Any] = {}
        self.pools = Pools(limits.threads, limits.payment_threads)
        self._stop_timeout_seconds = limits.stop_timeout_seconds
        adjustments = Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=limits.max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=CONNECTION_LIMIT,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=5,
            asyncore_use_poll=True,
            backlog=2048,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._listeners = [_Listener(app, sock, self, adjustments) for app, sock in apps]

    def stop(self) -> None:
        """Asks `run` to end; may be called from a signal handler and from any thread."""
        self.stopping = True
        self._listeners[0].pull_trigger()

    def under_way(self) -> int:
        """How many requests were accepted and are not answered yet."""
        return sum(len(channel.requests) for channel in self._channels())

    def run(self) -> int:
        """Serves; after `stop` answers all that was accepted or waits to be.

        Returns how many requests got no answer within the time for stopping.
        """
        while not self.stopping:
            self._turn(1.0)
        for listener in self._listeners:
            listener.close_to_newcomers()
        stopped_at = time.monotonic()
        cut = 0
        while channels := self._channels():
            self._turn(0.05)
            waited_seconds = time.monotonic() - stopped_at
            for channel in channels:
                if waited_seconds > LINGER_SECONDS and not channel.busy():
                    channel.handle_close()
            if waited_seconds > self._stop_timeout_seconds:
                cut = self.under_way()
                log.error("requests_cut", extra={"count": cut})
                break
        # Whoever is cut has had the time for it.
        self.pools.shutdown(timeout_seconds=0 if cut else LINGER_SECONDS)
        for listener in self._listeners:
            listener.trigger.close()
        return cut

    def _channels(self) -> list[_Channel]:
        return [
            channel
            for listener in self._listeners
            for channel in list(listener.active_channels.values())
        ]

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self.map, count=1)


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
