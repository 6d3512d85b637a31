"""Clients that read or send nothing keep no limit from holding, whatever state they are in."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange, is_closed
from harness.tools import ROOT
from server.http.interface import Limits
from server.http.server import HttpServer

CONNECTIONS = 20
LIMITS = Limits(
    webhooks=4,
    payments=4,
    max_body_bytes=60_000,
    stop_timeout_seconds=15,
    request_seconds=1,
    idle_seconds=1,
    connections=CONNECTIONS,
    receiving_bytes=200_000,
)
SMALL = b"GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LARGE = b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE_BYTES = 20_000_000
"""More than the buffers of both sockets hold."""
HEADERS = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: " + 20_000 * b"a"


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Respond with many bytes on /large, else with few."""
    start("200 OK", [])
    return [LARGE_BYTES * b"x" if environ["PATH_INFO"] == "/large" else b"ok"]


def pin(port: int) -> socket.socket:
    """Open a connection that requests much, reads one byte and sends one byte more."""
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(LARGE)
    connection.recv(1)
    connection.sendall(b"G")
    return connection


def test_clients_that_read_nothing_lock_out_no_other() -> None:
    """With as many of them as the connection limit, a new client is still served."""
    limits = replace(LIMITS, request_seconds=60, idle_seconds=60)
    with serving(app, limits) as (port, server), ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(pin(port))
        wait_until(lambda: server.in_flight() == CONNECTIONS, 10, "all have a stuck response")
        for _ in range(3):
            assert exchange(port, SMALL).statuses == [200]


def test_a_client_that_reads_nothing_is_disconnected() -> None:
    """Its deadline holds although a byte of its next request has arrived."""
    with serving(app, LIMITS) as (port, _), pin(port) as connection:

        def disconnected() -> bool:
            try:
                connection.send(b"E")
            except ConnectionError:
                return True
            return False

        wait_until(disconnected, 10, "it is disconnected")


def test_a_client_that_reads_nothing_does_not_delay_a_stop() -> None:
    """The server stops within a few seconds, and counts no request as aborted."""
    limits = replace(LIMITS, request_seconds=60, idle_seconds=60)
    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(limits)
    server.listen([(app, listening)])
    aborted: list[int] = []
    thread = Thread(target=lambda: aborted.append(server.run()))
    thread.start()
    with pin(listening.getsockname()[1]):
        wait_until(lambda: server.in_flight() == 1, 5, "its response is stuck")
        server.stop()
        thread.join(limits.stop_timeout_seconds / 2)
        assert aborted == [0]


def test_incomplete_headers_and_bodies_share_one_limit() -> None:
    """Connections whose headers together exceed the limit are closed, and others are served."""
    limits = replace(LIMITS, connections=1000, request_seconds=60)
    with serving(app, limits) as (port, _), ExitStack() as stack:
        connections = []
        for _ in range(100):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            connection.sendall(HEADERS)
            connection.setblocking(False)
            connections.append(connection)
        most = LIMITS.receiving_bytes // len(HEADERS)
        wait_until(
            lambda: sum(not is_closed(each) for each in connections) <= most, 10, "the limit holds"
        )
        assert exchange(port, SMALL).statuses == [200]


def test_deadlines_hold_when_the_clock_is_stepped_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a wall clock two minutes back, an idle connection is still closed in time."""
    with serving(app, LIMITS) as (port, _):
        assert exchange(port, SMALL).statuses == [200]
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() - 120)
        with socket.create_connection(("127.0.0.1", port), 5) as idle:
            idle.setblocking(False)
            wait_until(lambda: is_closed(idle), 10, "it is closed")


WITHOUT_EPOLL = """
import select
del select.epoll  # as on macOS
import socket, threading, urllib.request
from server.http.interface import Limits
from server.http.server import HttpServer

def app(environ, start):
    start("200 OK", [])
    return [b"ok"]

listening = socket.create_server(("127.0.0.1", 0))
limits = Limits(webhooks=1, payments=1, max_body_bytes=1000, stop_timeout_seconds=5)
server = HttpServer(limits)
server.listen([(app, listening)])
thread = threading.Thread(target=server.run)
thread.start()
url = "http://127.0.0.1:%d/" % listening.getsockname()[1]
print(urllib.request.urlopen(url, timeout=5).read())
server.stop()
thread.join()
"""


def test_it_serves_without_epoll() -> None:
    """On a system without epoll another selector is used."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EPOLL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "b'ok'\n"), done.stderr
