"""waitress, with a thread pool for payments, enforced limits, and graceful stops.

waitress runs all requests on one thread pool, lets a connection live as long as bytes trickle in,
and cancels queued requests on SystemExit; the subclasses here change these three things.
"""

import contextlib
import logging
import socket
import sys
import time
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Thread

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from paycli.routes import STRIPE_BOUND_PATHS, WEBHOOK_PATH
from server.http.interface import (
    LINGER_SECONDS,
    MAX_HEADER_BYTES,
    SPARE_THREADS,
    Limits,
    ListeningApp,
    PollDeliveryReports,
    WsgiApp,
    max_connections_per_listener,
)
from server.http.sockets import HANDSHAKE_SECONDS, resume_accepting, stop_accepting
from server.http.waitress.connection import Connection
from server.http.waitress.event_loop import EventLoop
from server.http.waitress.greenlets import GreenletScheduler

log = logging.getLogger("paycli.server")

_TIMEOUT_INTERVAL_SECONDS = 0.5

_ACCEPT_BATCH = 64
"""How many connections are accepted before requests of earlier ones are served."""


class _ThreadPool:
    """Threads that serve requests of connections, each thread one at a time."""

    def __init__(self, threads: int) -> None:
        self._queue: SimpleQueue[Connection | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, name=f"requests-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()
        self.add = self._queue.put

    def _work(self) -> None:
        while (connection := self._queue.get()) is not None:
            connection.service()

    def shutdown(self, timeout_seconds: float) -> None:
        """Stops the threads, and waits for those that still serve until the timeout."""
        deadline = time.monotonic() + timeout_seconds
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class RequestDispatcher:
    """Dispatches requests by path, so that requests to Stripe delay no others.

    Webhooks run on the event loop's thread; requests that call Stripe have a thread pool, all other
    requests another one.
    """

    def __init__(self, scheduler: GreenletScheduler, payment_threads: int) -> None:
        self._scheduler = scheduler
        self._other_pool = _ThreadPool(SPARE_THREADS)
        self._stripe_pool = _ThreadPool(payment_threads + SPARE_THREADS)

    def add_task(self, connection: Connection) -> None:
        """Queues the connection's request by its path."""
        path = connection.path()
        if path == WEBHOOK_PATH:
            self._scheduler.add(connection)
        elif path.startswith(STRIPE_BOUND_PATHS):
            self._stripe_pool.add(connection)
        else:
            self._other_pool.add(connection)

    def shutdown(self, timeout_seconds: float) -> None:
        """Stops both pools, and waits for each until the timeout."""
        self._other_pool.shutdown(timeout_seconds)
        self._stripe_pool.shutdown(timeout_seconds)


class _Listener(TcpWSGIServer):
    channel_class = Connection

    def __init__(
        self,
        app: WsgiApp,
        sock: socket.socket,
        loop: "WaitressServer",
        adjustments: Adjustments,
        limits: Limits,
    ) -> None:
        self.loop = loop
        self.limits = limits
        self._max_connections = loop.max_connections
        self._received_bytes = 0
        resume_accepting(sock)
        super().__init__(
            app,
            loop.events.dispatchers,
            _sock=sock,
            dispatcher=loop.dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def readable(self) -> bool:
        """Returns whether connections are accepted."""
        return bool(self.accepting)

    def handle_accept(self) -> None:
        """Accepts connections; for each one over the limit, closes one that serves no request.

        So a client that opens connections without using them does not keep out other clients.
        """
        for _ in range(_ACCEPT_BATCH):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                break
            if before >= self._max_connections:
                self._evict()

    def _evict(self) -> None:
        """Closes the connection that has been idle, or received or sent one message, longest."""
        connections = [each for each in self.active_channels.values() if not each.serving]
        if connections:
            min(connections, key=lambda it: it.since).handle_close()

    def count_received(self, change: int) -> None:
        """Counts the bytes of incomplete requests; above the limit, closes those with the most."""
        self._received_bytes += change
        if self._received_bytes <= self.limits.receiving_bytes:
            return
        largest_first = sorted(
            self.active_channels.values(), key=Connection.received_bytes, reverse=True
        )
        for connection in largest_first:
            # A little below the limit, so that not every byte that follows sorts them again.
            if self._received_bytes <= self.limits.receiving_bytes * 7 // 8:
                break
            connection.handle_close()

    def time_out_connections(self, now: float) -> None:
        """Ends the connections whose deadline has passed; `now` is a `time.monotonic()` value."""
        for connection in list(self.active_channels.values()):
            if connection.has_timed_out(now):
                connection.time_out()

    def stop_listening(self) -> None:
        """Accepts every connection that the kernel has completed, then closes the socket."""
        before = -1
        while before != len(self.active_channels):
            before = len(self.active_channels)
            self.handle_accept()
        self.accepting = False
        self.del_channel()
        with contextlib.suppress(OSError):
            # The supervisor has the socket open too; this stops it for both processes.
            self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()


class WaitressServer:
    """Implements `server.http.interface.WebServer` on waitress."""

    def __init__(
        self,
        apps: Sequence[ListeningApp],
        limits: Limits,
        poll_delivery_reports: PollDeliveryReports,
    ) -> None:
        self.max_connections = max_connections_per_listener(limits, len(apps))
        self.stopping = False
        self._closed = False
        self._next_timeouts_at = 0.0
        self.events = EventLoop(self._wake)
        self.scheduler = GreenletScheduler(
            poll_delivery_reports, self._wake, limits.webhooks + SPARE_THREADS
        )
        self.dispatcher = RequestDispatcher(self.scheduler, limits.payments)
        self._stop_timeout_seconds = limits.stop_timeout_seconds
        adjustments = Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            clear_untrusted_proxy_headers=False,  # `StrictRequest` drops them
            max_request_body_size=limits.max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=sys.maxsize,  # waitress would stop accepting; see handle_accept
            # Bodies stay in memory: they are small, and must not be written to disk.
            inbuf_overflow=limits.max_body_bytes + 1,
            backlog=2048,
            ident=None,
        )
        self._listeners = [_Listener(app, sock, self, adjustments, limits) for app, sock in apps]

    def stop(self) -> None:
        """Makes `run` stop serving."""
        self.stopping = True
        self._wake()

    def in_flight(self) -> int:
        """Returns how many accepted requests have no response yet."""
        return sum(connection.busy() for connection in self._connections())

    def run(self) -> int:
        """Serves until `stop`, then completes accepted requests; returns how many were aborted."""
        while not self.stopping:
            self._run_once(1.0)
        stopped_at = time.monotonic()
        for listener in self._listeners:
            stop_accepting(listener.socket)
        while time.monotonic() - stopped_at < HANDSHAKE_SECONDS:
            self._run_once(0.02)
        for listener in self._listeners:
            listener.stop_listening()
        aborted = self._drain(stopped_at)
        # Aborted requests have had their time already.
        self.dispatcher.shutdown(timeout_seconds=0 if aborted else LINGER_SECONDS)
        self._closed = True
        for listener in self._listeners:
            listener.trigger.close()
        return aborted

    def _drain(self, stopped_at: float) -> int:
        """Completes all requests and closes all connections; returns how many were aborted."""
        while connections := self._connections():
            now = time.monotonic()
            if now - stopped_at > self._stop_timeout_seconds:
                break
            for connection in connections:
                # A client that sends and reads nothing for so long does not delay the stop.
                quiet_since = max(stopped_at, connection.progress_at)
                if not connection.serving and now - quiet_since > LINGER_SECONDS:
                    connection.handle_close()
            self._run_once(0.05)
        aborted = self.in_flight()
        if aborted:
            log.error("requests_aborted", extra={"count": aborted})
        for connection in self._connections():
            connection.handle_close()
        return aborted

    def _wake(self) -> None:
        if not self._closed:
            self._listeners[0].trigger.pull_trigger()

    def _connections(self) -> list[Connection]:
        return [
            connection
            for listener in self._listeners
            for connection in list(listener.active_channels.values())
        ]

    def _run_once(self, seconds: float) -> None:
        self.events.run_once(0 if self.scheduler.busy() else seconds)
        self.scheduler.tick()
        now = time.monotonic()
        if now >= self._next_timeouts_at:
            self._next_timeouts_at = now + _TIMEOUT_INTERVAL_SECONDS
            for listener in self._listeners:
                listener.time_out_connections(now)
