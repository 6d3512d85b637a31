"""The HTTP server of one process: its listeners, its event loop, and graceful stops."""

import logging
import time
from collections.abc import Sequence

from paycli.waiting import NewEvent
from server.http.connection import Connection
from server.http.dispatcher import RequestDispatcher
from server.http.event_loop import EventLoop
from server.http.interface import (
    LINGER_SECONDS,
    SPARE_THREADS,
    Limits,
    ListeningApp,
    max_connections_per_listener,
)
from server.http.listener import Listener
from server.http.scheduler import GreenletScheduler
from server.http.sockets import HANDSHAKE_SECONDS, stop_accepting

log = logging.getLogger("paycli.server")

_TIMEOUT_INTERVAL_SECONDS = 0.5


class HttpServer:
    """Serves WSGI applications, each on its socket: connections wait from `listen` on for `run`.

    A webhook that waits for Kafka must do so with an event of `new_event`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stopping = False
        self._loop = EventLoop()
        self._scheduler = GreenletScheduler(limits.webhooks + SPARE_THREADS, self._loop.wake)
        self._dispatcher = RequestDispatcher(self._scheduler, limits.payments)
        self._listeners: list[Listener] = []
        self._next_timeouts_at = 0.0
        self.new_event: NewEvent = self._scheduler.new_event

    def stop(self) -> None:
        """Makes `run` stop serving; may be called from any thread, also before `run`."""
        self._stopping = True
        self._loop.wake()

    def in_flight(self) -> int:
        """Returns how many accepted requests have no response yet."""
        return sum(connection.busy for connection in self._connections())

    def listen(self, apps: Sequence[ListeningApp]) -> None:
        """Listens on the sockets."""
        max_connections = max_connections_per_listener(self._limits, len(apps))
        self._listeners = [
            Listener(app, sock, self._loop, self._dispatcher, self._limits, max_connections)
            for app, sock in apps
        ]

    def run(self) -> int:
        """Serves until `stop`, then completes all requests of accepted and pending connections.

        Returns how many requests got no response within the time for stopping.
        """
        while not self._stopping:
            self._run_once(1.0)
        stopped_at = time.monotonic()
        for listener in self._listeners:
            listener.stopping = True
            stop_accepting(listener.socket)
        while time.monotonic() - stopped_at < HANDSHAKE_SECONDS:
            self._run_once(0.02)
        for listener in self._listeners:
            listener.stop_listening()
        aborted = self._drain(stopped_at)
        # Aborted requests have had their time already.
        self._dispatcher.shutdown(timeout_seconds=0 if aborted else LINGER_SECONDS)
        self._loop.close()
        return aborted

    def _drain(self, stopped_at: float) -> int:
        """Completes all requests and closes all connections; returns how many were aborted."""
        while connections := self._connections():
            now = time.monotonic()
            if now - stopped_at > self._limits.stop_timeout_seconds:
                break
            for connection in connections:
                # A client that sends and reads nothing for so long does not delay the stop.
                if now - stopped_at > LINGER_SECONDS and connection.is_quiet(now - LINGER_SECONDS):
                    connection.close()
            self._run_once(0.05)
        aborted = self.in_flight()
        if aborted:
            log.error("requests_aborted", extra={"count": aborted})
        for connection in self._connections():
            connection.close()
        return aborted

    def _connections(self) -> list[Connection]:
        return [each for listener in self._listeners for each in list(listener.connections)]

    def _run_once(self, seconds: float) -> None:
        self._loop.run_once(self._scheduler.seconds_left(seconds))
        self._scheduler.run()
        now = time.monotonic()
        if now >= self._next_timeouts_at:
            self._next_timeouts_at = now + _TIMEOUT_INTERVAL_SECONDS
            for listener in self._listeners:
                listener.time_out_connections(now)
