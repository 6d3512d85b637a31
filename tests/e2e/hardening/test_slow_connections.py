"""Many idle, slow and stuck connections to a running daemon, and webhooks at the same time."""

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest

from harness.deliveries import payment_deliveries
from harness.scale import scaled
from harness.sender import send
from service import EVENTS, SECRET, Service

SLOW = scaled(200, 1_000)
STUCK = scaled(50, 500)
SECONDS = scaled(4.0, 300.0)
RATE_PER_SECOND = 30
ROUND_SECONDS = 1.0
HEAD = f"POST {EVENTS} HTTP/1.1\r\nHost: a\r\n".encode()
REQUEST_STARTS = (b"", HEAD, HEAD + b"Content-Length: 60000\r\n\r\n")
BYTES_PER_ROUND = (b"", b"X", b"x")
"""What each kind of connection sends per round: nothing, a byte of a header, of a body."""
LARGE_REQUESTS = 30 * b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
"""Their responses exceed all buffers if they are not read."""


class SlowConnections:
    """Connections that are reopened whenever the daemon closes them."""

    def __init__(self, port: int) -> None:
        self.closed = 0
        self._port = port
        self._stop = threading.Event()
        self._slow = [self._connect(number) for number in range(SLOW)]
        self._stuck = [self._connect_stuck() for _ in range(STUCK)]
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for connection in (*self._slow, *self._stuck):
            connection.close()

    def _connect(self, number: int) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), 10)
        connection.sendall(REQUEST_STARTS[number % 3])
        connection.setblocking(False)
        return connection

    def _connect_stuck(self) -> socket.socket:
        """Request much and read nothing."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(LARGE_REQUESTS)
        connection.setblocking(False)
        return connection

    def _run(self) -> None:
        while not self._stop.wait(ROUND_SECONDS):
            for number, connection in enumerate(self._slow):
                if self._is_closed(connection, BYTES_PER_ROUND[number % 3], reads=True):
                    self.closed += 1
                    connection.close()
                    self._slow[number] = self._connect(number)
            for number, connection in enumerate(self._stuck):
                if self._is_closed(connection, b"G", reads=False):
                    self.closed += 1
                    connection.close()
                    self._stuck[number] = self._connect_stuck()

    @staticmethod
    def _is_closed(connection: socket.socket, data: bytes, *, reads: bool) -> bool:
        try:
            connection.send(data)
            return reads and connection.recv(1000) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True


@pytest.fixture
def many_files() -> Iterator[None]:
    """Raise the limit of open files to its maximum."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("many_files")
def test_webhooks_are_served_despite_slow_and_stuck_connections(
    service: Service, figures: dict[str, object]
) -> None:
    """Every webhook of a steady stream gets 200, whatever other connections there are."""
    rss_before = service.daemon.rss_mib()
    with SlowConnections(service.daemon.port) as slow:
        deliveries = payment_deliveries(int(SECONDS * RATE_PER_SECOND), SECRET)
        started_at = time.monotonic()
        outcomes = send(
            deliveries, service.daemon.url + EVENTS, clients=8, rate_per_second=RATE_PER_SECOND
        )
        seconds = time.monotonic() - started_at
    latencies = sorted(outcome.latency_seconds for outcome in outcomes)
    figures["seconds"] = seconds
    figures["webhooks"] = len(outcomes)
    figures["p99_seconds"] = latencies[int(len(latencies) * 0.99)]
    figures["connections_closed"] = slow.closed
    figures["rss_growth_mib"] = service.daemon.rss_mib() - rss_before
    assert [outcome for outcome in outcomes if outcome.status != 200] == []
