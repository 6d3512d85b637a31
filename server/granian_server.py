"""granian, a server in Rust, with limits that hold and stops that cut nothing; for Linux.

Of granian this uses what serves one socket in this process: workers, signals and their replacement
are ours. It tells nothing of its connections, so how long they may last is seen to from outside.
"""

import asyncio
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Sequence

from granian._granian import CallbackScheduler, SocketHolder, WorkerSignal, WSGIWorker
from granian.http import HTTP1Settings

from server.connections import Connection, connections_to, end
from server.granian_requests import Gate, Pools
from server.listening import HANDSHAKE_SECONDS, let_all_in, let_nobody_in
from server.serving import LINGER_SECONDS, Limits, Listening, TakeIn, connections_for

log = logging.getLogger("paycli.server")

MAX_CONNECTIONS = 1000
"""Each may hold a thread while its body comes, some 50 kB."""

RUNTIME_THREADS = 1
IDLE_THREAD_SECONDS = 60
BACKLOG = 2048
MAX_BUFFER_BYTES = 65_536

_WATCH_SECONDS = 1.0
_CROWDED_WATCH_SECONDS = 0.05
_CROWD_TO_END = 5
"""Where there are too many connections, the fifth of them that is silent for longest ends."""

_STOPPING_TURN_SECONDS = 0.02
_QUIET_SECONDS = 0.5
"""While stopping: so long after the last answer was handed over, it has been sent."""


def longest_seconds(limits: Limits) -> float:
    """How long nothing may be sent to a caller: idle, then sending a request, then waiting."""
    return limits.idle_seconds + limits.request_seconds + limits.stop_timeout_seconds


class _Listener:
    """One socket with its application."""

    def __init__(self, sock: socket.socket, gate: Gate, limits: Limits, connections: int) -> None:
        self.gate = gate
        self.socket = sock
        self.port: int = sock.getsockname()[1]
        self.ended = threading.Event()
        self._signal = WorkerSignal()
        self._signal.add_cb(self.ended.set)
        self._limits = limits
        self._connections = connections

    def serve(self) -> None:
        """Begins; returns at once."""
        let_all_in(self.socket)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.new_event_loop()  # wanted, and never run
        worker = WSGIWorker(
            1,
            # granian closes what it gets.
            (None, SocketHolder(os.dup(self.socket.fileno()), uds=False, backlog=BACKLOG)),
            None,
            threads=RUNTIME_THREADS,
            blocking_threads=1,
            py_threads=self._connections,
            py_threads_idle_timeout=IDLE_THREAD_SECONDS,
            backpressure=self._connections,
            http_mode="1",
            http1_opts=HTTP1Settings(
                header_read_timeout=int(1000 * self._limits.idle_seconds),
                max_buffer_size=MAX_BUFFER_BYTES,
            ),
        )
        worker.serve_mtr(CallbackScheduler(loop, self.gate, None, None, None), loop, self._signal)
        loop.close()

    def stop(self) -> None:
        """Ends idle connections, and the others after their answer."""
        self._signal.set()

    def has_waiting(self) -> bool:
        """Whether a connection waits to be accepted."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Gives the socket back; the supervisor has it open too, this ends it for both.

        Not under a worker that still runs: what it can't accept, it would try for ever.
        """
        if self.ended.is_set():
            self.socket.shutdown(socket.SHUT_RD)
        self.socket.close()


class GranianServer:
    """Serves by granian; see `server.serving.Server`."""

    def __init__(self, apps: Sequence[Listening], limits: Limits, _take_in: TakeIn) -> None:
        self._limits = limits
        self._max_connections = min(MAX_CONNECTIONS, connections_for(limits, len(apps)))
        self._stopping = threading.Event()
        pools = Pools(limits)
        self._listeners = [
            _Listener(
                sock, Gate(app, limits, pools, self._stopping.is_set), limits, self._max_connections
            )
            for app, sock in apps
        ]

    def stop(self) -> None:
        """Asks `run` to end."""
        self._stopping.set()

    def under_way(self) -> int:
        """How many requests have no answer yet."""
        return sum(listener.gate.under_way() for listener in self._listeners)

    def run(self) -> int:
        """Serves until `stop`, and ends in order."""
        for listener in self._listeners:
            listener.serve()
        pause_seconds = _WATCH_SECONDS
        while not self._stopping.wait(pause_seconds):
            pause_seconds = self._watch()
        for listener in self._listeners:
            let_nobody_in(listener.socket)
        cut = self._finish()
        if cut:
            log.error("requests_cut", extra={"count": cut})
        for listener in self._listeners:
            listener.close()
        return cut

    def _connections(self) -> list[Connection]:
        return connections_to({listener.port for listener in self._listeners})

    def _watch(self) -> float:
        """Ends connections whose time is over, and some where there are too many.

        Returns in how many seconds to look again.
        """
        longest = longest_seconds(self._limits)
        crowded = False
        connections = sorted(self._connections(), key=lambda it: it.silent_seconds, reverse=True)
        for listener in self._listeners:
            own = [it for it in connections if it.port == listener.port]
            ending = sum(it.silent_seconds > longest for it in own)
            if len(own) >= self._max_connections:
                crowded = True
                ending = max(ending, 1, len(own) // _CROWD_TO_END)
            for connection in own[:ending]:
                end(connection)
        return _CROWDED_WATCH_SECONDS if crowded else _WATCH_SECONDS

    def _finish(self) -> int:
        """Answers what was accepted or waits to be; returns how many got no answer in time.

        Idle connections may still bring a request for a while, since granian ends them at once.
        """
        stopped_at = quiet_since = time.monotonic()
        asked = False
        while not all(listener.ended.is_set() for listener in self._listeners):
            time.sleep(_STOPPING_TURN_SECONDS)
            now = time.monotonic()
            if self.under_way():
                quiet_since = now
            if now - stopped_at > self._limits.stop_timeout_seconds:
                self._ask_to_stop()
                return self.under_way()
            if asked:
                if now - quiet_since > _QUIET_SECONDS:
                    for connection in self._connections():  # what has begun and is not whole
                        end(connection)
                continue
            self._watch()
            lingered = now - stopped_at > LINGER_SECONDS
            shaken = now - stopped_at > HANDSHAKE_SECONDS
            if (
                shaken
                and not any(it.has_waiting() for it in self._listeners)
                and (lingered or not self._connections())
            ):
                asked = True
                self._ask_to_stop()
        return 0

    def _ask_to_stop(self) -> None:
        for listener in self._listeners:
            listener.stop()
