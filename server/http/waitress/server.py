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
from server.http.waitress.channel import Channel
from server.http.waitress.epoll import EpollLoop
from server.http.waitress.greenlets import GreenletScheduler

log = logging.getLogger("paycli.server")

_ACCEPT_BATCH = 64
"""How many connections are accepted before requests of earlier ones are served."""


class _ThreadPool:
    """Threads that serve requests of connections, each thread one at a time."""

    def __init__(self, threads: int) -> None:
        self._queue: SimpleQueue[Channel | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, name=f"requests-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()
        self.add = self._queue.put

    def _work(self) -> None:
        while (channel := self._queue.get()) is not None:
            try:
                channel.service()
            except Exception:
                log.exception("request_failed")

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

    def add_task(self, channel: Channel) -> None:
        """Queues the channel's next request by its path."""
        if channel.postpone():
            return
        path = getattr(channel.requests[0], "path", "")
        if path == WEBHOOK_PATH:
            self._scheduler.add(channel)
        elif path.startswith(STRIPE_BOUND_PATHS):
            self._stripe_pool.add(channel)
        else:
            self._other_pool.add(channel)

    def shutdown(self, timeout_seconds: float) -> None:
        """Stops both pools, and waits for each until the timeout."""
        self._other_pool.shutdown(timeout_seconds)
        self._stripe_pool.shutdown(timeout_seconds)


class _Adjustments(Adjustments):
    send_bytes = 65_536  # a small response is sent in one piece, not its head first


class _Listener(TcpWSGIServer):
    channel_class = Channel

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
        resume_accepting(sock)
        super().__init__(
            app,
            loop.events.map,
            _sock=sock,
            dispatcher=loop.dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def handle_accept(self) -> None:
        """Accepts connections; for each one over the limit, evicts the oldest idle connection.

        So a client that opens connections without using them does not keep out other clients.
        """
        for _ in range(_ACCEPT_BATCH):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:
                break
            if before >= self._max_connections:
                self._evict_idle()

    def _evict_idle(self) -> None:
        for channel in self.active_channels.values():
            if not (channel.busy() or channel.will_close):
                channel.close_soon()
                break

    def pull_trigger(self) -> None:
        """Wakes the event loop; from a request, updates only the events of its connection."""
        channel = Channel.current()
        if channel is None:
            self.trigger.pull_trigger()
        else:
            self.loop.events.update_interest(channel)

    def maintenance(self, _now: float) -> None:
        """Times out connections; closes those with the largest bodies if all exceed the limit."""
        now = time.monotonic()
        receiving = []
        for channel in list(self.active_channels.values()):
            if channel.has_timed_out(now):
                channel.time_out()
            elif channel.received_bytes():
                receiving.append(channel)
        total = sum(channel.received_bytes() for channel in receiving)
        for channel in sorted(receiving, key=Channel.received_bytes, reverse=True):
            if total <= self.limits.receiving_bytes:
                break
            total -= channel.received_bytes()
            channel.close_soon()

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
        self.events = EpollLoop()
        self.scheduler = GreenletScheduler(
            poll_delivery_reports, self._wake, limits.webhooks + SPARE_THREADS
        )
        self.dispatcher = RequestDispatcher(self.scheduler, limits.payments)
        self._stop_timeout_seconds = limits.stop_timeout_seconds
        adjustments = _Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            clear_untrusted_proxy_headers=False,  # `StrictRequest` drops them
            max_request_body_size=limits.max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=sys.maxsize,  # waitress would stop accepting; see handle_accept
            cleanup_interval=1,
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
        return sum(len(channel.requests) for channel in self._channels())

    def run(self) -> int:
        """Serves until `stop`, then completes accepted requests; returns how many were aborted."""
        while not self.stopping:
            self._run_once(1.0)
        for listener in self._listeners:
            stop_accepting(listener.socket)
        stopped_at = time.monotonic()
        while time.monotonic() - stopped_at < HANDSHAKE_SECONDS:
            self._run_once(0.02)
        for listener in self._listeners:
            listener.stop_listening()
        aborted = 0
        while channels := self._channels():
            self._run_once(0.05)
            waited_seconds = time.monotonic() - stopped_at
            for channel in channels:
                if waited_seconds > LINGER_SECONDS and not channel.busy():
                    channel.handle_close()
            if waited_seconds > self._stop_timeout_seconds:
                aborted = self.in_flight()
                log.error("requests_aborted", extra={"count": aborted})
                break
        # Aborted requests have had their time already.
        self.dispatcher.shutdown(timeout_seconds=0 if aborted else LINGER_SECONDS)
        self._closed = True
        for listener in self._listeners:
            listener.trigger.close()
        return aborted

    def _wake(self) -> None:
        if not self._closed:
            self._listeners[0].trigger.pull_trigger()

    def _channels(self) -> list[Channel]:
        return [
            channel
            for listener in self._listeners
            for channel in list(listener.active_channels.values())
        ]

    def _run_once(self, seconds: float) -> None:
        self.events.run_once(0 if self.scheduler.busy() else seconds)
        self.scheduler.tick()
        for listener in self._listeners:
            listener.readable()  # waitress calls `maintenance` there
