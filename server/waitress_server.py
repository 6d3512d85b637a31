"""waitress with payments on threads of their own, limits that hold, and stops that cut nothing.

waitress runs all requests on one pool of threads, lets a connection live on as long as it drips,
and on SystemExit cancels what is queued; the subclasses here change these three things.
"""

import contextlib
import logging
import resource
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from server.event_loop import EventLoop
from server.listening import let_all_in, let_nobody_in
from server.waitress_channel import Channel

log = logging.getLogger("paycli.server")

SPARE_THREADS = 4
"""In each pool, beyond those that may wait for Kafka or Stripe: they answer probes, and the surplus
with 503 at once."""

MAX_HEADER_BYTES = 32_768
RESERVED_FILES = 200
"""Open files that are not connections of callers: Kafka's, logs, listeners; one more a payment."""

LINGER_SECONDS = 1.0
"""While stopping: how long an idle kept-alive connection may still bring a request."""

_SLOW_PATHS = ("/api/v1/payments", "/api/v1/refunds")

App = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on: threads, bytes, connections, and how long things may last.

    A request must be there, whole, `request_seconds` after its first byte; an idle connection lives
    for `idle_seconds`. For each listener: `connections`, and `receiving_bytes` of bodies that are
    not whole yet.
    """

    threads: int
    payment_threads: int
    max_body_bytes: int
    stop_timeout_seconds: float
    request_seconds: float = 20
    idle_seconds: float = 30
    connections: int = 10_000
    receiving_bytes: int = 64 * 1024 * 1024


class _Pool:
    """Threads that serve connections, one request at a time."""

    def __init__(self, threads: int) -> None:
        self._waiting: SimpleQueue[Channel | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, name=f"requests-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()
        self.add = self._waiting.put

    def _work(self) -> None:
        while (channel := self._waiting.get()) is not None:
            try:
                channel.service()
            except Exception:
                log.exception("request_failed")

    def shutdown(self, timeout_seconds: float) -> None:
        """Ends the threads, and waits so long for those that still serve."""
        deadline = time.monotonic() + timeout_seconds
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class Pools:
    """Two pools of threads: what may wait for Stripe never takes a webhook's thread."""

    def __init__(self, threads: int, payment_threads: int) -> None:
        self._quick = _Pool(threads + SPARE_THREADS)
        self._slow = _Pool(payment_threads + SPARE_THREADS)

    def add_task(self, channel: Channel) -> None:
        """Queues the channel's next request with the pool of its path."""
        path = getattr(channel.requests[0], "path", "")
        pool = self._slow if path.startswith(_SLOW_PATHS) else self._quick
        pool.add(channel)

    def shutdown(self, timeout_seconds: float) -> None:
        """Ends the threads, and waits so long for those that still run something."""
        self._quick.shutdown(timeout_seconds)
        self._slow.shutdown(timeout_seconds)


class _Adjustments(Adjustments):
    send_bytes = 65_536  # a small answer goes out at once, not its head first


class _Listener(TcpWSGIServer):
    channel_class = Channel

    def __init__(
        self,
        app: App,
        sock: socket.socket,
        loop: "Server",
        adjustments: Adjustments,
        limits: Limits,
    ) -> None:
        self.loop = loop
        self.limits = limits
        self._max_connections = min(limits.connections, loop.max_connections)
        let_all_in(sock)
        super().__init__(
            app,
            loop.events.map,
            _sock=sock,
            dispatcher=loop.pools,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def handle_accept(self) -> None:
        """Takes in a connection; when there are too many, the oldest that asks nothing gives way.

        Who keeps connections without using them so shuts out himself, not those who do.
        """
        super().handle_accept()
        if len(self.active_channels) > self._max_connections:
            for channel in self.active_channels.values():
                if not (channel.busy() or channel.will_close):
                    channel.end_soon()
                    break

    def pull_trigger(self) -> None:
        """What a connection waits for has changed: the one that this thread serves, if any."""
        channel = Channel.served_by_this_thread()
        if channel is None:
            self.trigger.pull_trigger()
        else:
            self.loop.events.look_at(channel)

    def maintenance(self, _now: float) -> None:
        """Ends connections whose time is over, and the largest bodies if all are too much."""
        now = time.monotonic()
        receiving = []
        for channel in list(self.active_channels.values()):
            if channel.late(now):
                channel.give_up()
            elif channel.received_bytes():
                receiving.append(channel)
        total = sum(channel.received_bytes() for channel in receiving)
        for channel in sorted(receiving, key=Channel.received_bytes, reverse=True):
            if total <= self.limits.receiving_bytes:
                break
            total -= channel.received_bytes()
            channel.end_soon()

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
        files = _allow_open_files() - RESERVED_FILES - limits.payment_threads
        self.max_connections = max(1, files // len(apps))
        self.stopping = False
        self.events = EventLoop()
        self.pools = Pools(limits.threads, limits.payment_threads)
        self._stop_timeout_seconds = limits.stop_timeout_seconds
        adjustments = _Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=limits.max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=sys.maxsize,  # it would let in nobody any more; see handle_accept
            cleanup_interval=1,
            # Bodies stay in memory: they are small, and nothing of them belongs on a disk.
            inbuf_overflow=limits.max_body_bytes + 1,
            backlog=2048,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        self._listeners = [_Listener(app, sock, self, adjustments, limits) for app, sock in apps]

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

    def _channels(self) -> list[Channel]:
        return [
            channel
            for listener in self._listeners
            for channel in list(listener.active_channels.values())
        ]

    def _turn(self, seconds: float) -> None:
        self.events.turn(seconds)
        for listener in self._listeners:
            listener.readable()  # where waitress calls `maintenance`


def _allow_open_files() -> int:
    """Raises the limit as far as the system lets us; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else sys.maxsize
