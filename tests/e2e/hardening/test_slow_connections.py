"""Many idle, slow and stuck connections to a running daemon, and webhooks at the same time."""

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries
from harness.http_status import http_status
from harness.kafka_broker import KafkaBroker
from harness.ports import free_port
from harness.scale import scaled
from harness.sender import send
from harness.stripe import Stripe
from service import EVENTS, SECRET, daemon_settings

SLOW = scaled(200, 1_000)
STUCK = scaled(50, 500)
SECONDS = scaled(4.0, 300.0)
RATE_PER_SECOND = 30
PROBES = 20
ROUND_SECONDS = 1.0
HEAD = f"POST {EVENTS} HTTP/1.1\r\nHost: a\r\n".encode()
REQUEST_STARTS = (b"", HEAD, HEAD + b"Content-Length: 60000\r\n\r\n")
BYTES_PER_ROUND = (b"", b"X", b"x")
"""What each kind of connection sends per round: nothing, a byte of a header, of a body."""
LARGE_REQUESTS = 30 * b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
"""Their responses exceed all buffers if they are not read, where the document is served."""


class SlowConnections:
    """Connections that are reopened whenever the daemon closes them, to its ports in turn."""

    def __init__(self, *ports: int) -> None:
        self.closed = 0
        self._ports = ports
        self._stop = threading.Event()
        self._slow = [self._connect(number) for number in range(SLOW)]
        self._stuck = [self._connect_stuck(number) for number in range(STUCK)]
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
        connection = socket.create_connection(self._address(number // 3), 10)
        connection.sendall(REQUEST_STARTS[number % 3])
        connection.setblocking(False)
        return connection

    def _address(self, number: int) -> tuple[str, int]:
        return "127.0.0.1", self._ports[number % len(self._ports)]

    def _connect_stuck(self, number: int) -> socket.socket:
        """Request much and read nothing."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(self._address(number))
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
                    self._stuck[number] = self._connect_stuck(number)

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
def test_both_listeners_serve_despite_slow_and_stuck_connections(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, figures: dict[str, object]
) -> None:
    """Every webhook of a steady stream gets 200, and so do probes of the internal listener.

    Half of the slow and stuck connections are to the public listener, half to the internal one.
    """
    public = free_port()
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    listen = {"PAYCLI_PUBLIC_LISTEN": f"127.0.0.1:{public}"}
    with Daemon(settings | listen) as daemon:
        daemon.wait_ready()
        rss_before = daemon.rss_mib()
        with SlowConnections(public, daemon.port) as slow:
            deliveries = payment_deliveries(int(SECONDS * RATE_PER_SECOND), SECRET)
            started_at = time.monotonic()
            url = f"http://127.0.0.1:{public}{EVENTS}"
            outcomes = send(deliveries, url, clients=8, rate_per_second=RATE_PER_SECOND)
            seconds = time.monotonic() - started_at
            probes = [http_status(daemon.url, "/readyz") for _ in range(PROBES)]
        growth_mib = daemon.rss_mib() - rss_before
    latencies = sorted(outcome.latency_seconds for outcome in outcomes)
    figures |= {
        "slow and stuck connections at a time": SLOW + STUCK,
        "duration, s": seconds,
        "webhooks": len(outcomes),
        "webhooks: 99th percentile, s": latencies[int(len(latencies) * 0.99)],
        "connections closed by the daemon": slow.closed,
        "growth of memory, MiB": growth_mib,
    }
    assert [outcome for outcome in outcomes if outcome.status != 200] == []
    assert probes == [200] * PROBES
