"""waitress with payments on threads of their own, limits that hold, and stops that cut nothing.

waitress runs all requests on one pool of threads, lets a connection live on as long as it drips,
and on SystemExit cancels what is queued; the subclasses here change these three things.
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

_ACCEPTED_AT_ONCE = 64
"""So many connections wait at most before those who have asked something are served."""


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


class RequestDispatcher:
    """Who serves a request: what may wait for Stripe is never in the way of what may not.

    Webhooks share the loop's thread, payments and all others have a pool of threads each.
    """

    def __init__(self, inline: GreenletScheduler, payment_threads: int) -> None:
        self._inline = inline
        self._quick = _Pool(SPARE_THREADS)
        self._slow = _Pool(payment_threads + SPARE_THREADS)

    def add_task(self, channel: Channel) -> None:
        """Queues the channel's next request with whoever serves its path."""
        if channel.postpone():
            return
        path = getattr(channel.requests[0], "path", "")
        if path == WEBHOOK_PATH:
            self._inline.add(channel)
        elif path.startswith(STRIPE_BOUND_PATHS):
            self._slow.add(channel)
        else:
            self._quick.add(channel)

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
            dispatcher=loop.pools,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
        )

    def handle_accept(self) -> None:
        """Takes in connections; for each that is too many, the oldest that asks nothing gives way.

        Who keeps connections without using them so shuts out himself, not those who do.
        """
        for _ in range(_ACCEPTED_AT_ONCE):
            known = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == known:
                break
            if known >= self._max_connections:
                self._let_one_go()

    def _let_one_go(self) -> None:
        for channel in self.active_channels.values():
            if not (channel.busy() or channel.will_close):
                channel.end_soon()
                break

    def pull_trigger(self) -> None:
        """What a connection waits for has changed: the one that is served here, if any."""
        channel = Channel.served_here()
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


class WaitressServer:
    """Serves by waitress; see `server.http.interface.Server`."""

    def __init__(
        self,
        apps: Sequence[ListeningApp],
        limits: Limits,
        poll_delivery_reports: PollDeliveryReports,
    ) -> None:
        self.max_connections = max_connections_per_listener(limits, len(apps))
        self.stopping = False
        self._over = False
        self.events = EpollLoop()
        self.inline = GreenletScheduler(
            poll_delivery_reports, self._wake, limits.webhooks + SPARE_THREADS
        )
        self.pools = RequestDispatcher(self.inline, limits.payments)
        self._stop_timeout_seconds = limits.stop_timeout_seconds
        adjustments = _Adjustments(
            max_request_header_size=MAX_HEADER_BYTES,
            clear_untrusted_proxy_headers=False,  # `StrictRequest` has left them out
            max_request_body_size=limits.max_body_bytes + 1,  # waitress refuses from this size on
            connection_limit=sys.maxsize,  # it would let in nobody any more; see handle_accept
            cleanup_interval=1,
            # Bodies stay in memory: they are small, and nothing of them belongs on a disk.
            inbuf_overflow=limits.max_body_bytes + 1,
            backlog=2048,
            ident=None,
        )
        self._listeners = [_Listener(app, sock, self, adjustments, limits) for app, sock in apps]

    def stop(self) -> None:
        """Asks `run` to end."""
        self.stopping = True
        self._wake()

    def in_flight(self) -> int:
        """How many requests have no answer yet."""
        return sum(len(channel.requests) for channel in self._channels())

    def run(self) -> int:
        """Serves until `stop`, and ends in order."""
        while not self.stopping:
            self._turn(1.0)
        for listener in self._listeners:
            stop_accepting(listener.socket)
        stopped_at = time.monotonic()
        while time.monotonic() - stopped_at < HANDSHAKE_SECONDS:
            self._turn(0.02)
        for listener in self._listeners:
            listener.close_to_newcomers()
        cut = 0
        while channels := self._channels():
            self._turn(0.05)
            waited_seconds = time.monotonic() - stopped_at
            for channel in channels:
                if waited_seconds > LINGER_SECONDS and not channel.busy():
                    channel.handle_close()
            if waited_seconds > self._stop_timeout_seconds:
                cut = self.in_flight()
                log.error("requests_aborted", extra={"count": cut})
                break
        # Whoever is cut has had the time for it.
        self.pools.shutdown(timeout_seconds=0 if cut else LINGER_SECONDS)
        self._over = True
        for listener in self._listeners:
            listener.trigger.close()
        return cut

    def _wake(self) -> None:
        if not self._over:
            self._listeners[0].trigger.pull_trigger()

    def _channels(self) -> list[Channel]:
        return [
            channel
            for listener in self._listeners
            for channel in list(listener.active_channels.values())
        ]

    def _turn(self, seconds: float) -> None:
        self.events.turn(0 if self.inline.busy() else seconds)
        self.inline.turn()
        for listener in self._listeners:
            listener.readable()  # where waitress calls `maintenance`
