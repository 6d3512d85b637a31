"""A stop loses no connection that a client has established."""

import errno
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange
from server.http.interface import Limits

pytestmark = pytest.mark.serial

LIMITS = Limits(webhooks=1, payments=1, max_body_bytes=1000, stop_timeout_seconds=5)
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
CLIENTS = 4
STOPS = 15
MAX_STOPS_OF_CONTROL = 100


def app(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Respond."""
    start("200 OK", [])
    return [b"ok"]


@contextmanager
def connecting(port: int) -> Iterator[list[list[int]]]:
    """Connect and send requests from several threads; give the statuses for each connection."""
    statuses: list[list[int]] = []
    done = threading.Event()

    def connect() -> None:
        while not done.is_set():
            try:
                statuses.append(exchange(port, REQUEST).statuses)
            except ConnectionResetError:
                statuses.append([])
            except OSError:  # it is not established: a load balancer tries another instance
                continue

    threads = [threading.Thread(target=connect) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        done.set()
        for thread in threads:
            thread.join()


def lost_connections() -> int:
    """Stop a server to which clients connect; return how many connections got no response."""
    with serving(app, LIMITS) as (port, server), connecting(port) as statuses:
        wait_until(lambda: len(statuses) > CLIENTS, 5, "clients are served")
        server.stop()
        wait_until(lambda: refuses(port), 5, "the server has stopped")
    return statuses.count([])


def refuses(port: int) -> bool:
    """Return whether a connection is refused."""
    with socket.socket() as client:
        client.settimeout(0.1)
        return client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_stops_lose_no_established_connection() -> None:
    """While clients connect all the time, each established connection gets its response."""
    assert sum(lost_connections() for _ in range(STOPS)) == 0


def test_without_the_filter_connections_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: if the kernel goes on accepting until the close, some are reset."""
    monkeypatch.setattr("server.http.server.stop_accepting", lambda _: None)
    assert any(lost_connections() for _ in range(MAX_STOPS_OF_CONTROL))
