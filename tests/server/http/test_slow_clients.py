"""Slow, idle and surplus connections are closed, and others are served meanwhile."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness.edge import running
from harness.polling import wait_until
from harness.raw_http import RawResponse, exchange, is_closed, read_response, send_slowly
from server.http.interface import Limits

REQUEST_SECONDS, IDLE_SECONDS, STOP_SECONDS = 1, 2, 1
CONNECTIONS, RECEIVING = 20, 100_000
SLACK_SECONDS = 2
"""Limits are checked once a second; another second is slack for the machine."""

LIMITS = Limits(
    webhooks=4,
    payments=4,
    max_body_bytes=60_000,
    stop_timeout_seconds=STOP_SECONDS,
    request_seconds=REQUEST_SECONDS,
    idle_seconds=IDLE_SECONDS,
    connections=CONNECTIONS,
    receiving_bytes=RECEIVING,
)
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Give the port of a server with short limits."""
    with running(LIMITS) as edge:
        yield edge.port


def connect(port: int) -> socket.socket:
    """Open a connection."""
    return socket.create_connection(("127.0.0.1", port), 5)


SLOW = {
    "headers": (HEAD, [b"X"] * 1000),
    "many headers": (HEAD, [b"X-A: 1\r\n"] * 1000),
    "body": (HEAD + b"Content-Length: 1000\r\n\r\n", [b"x"] * 1000),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", [b"1\r\nx\r\n"] * 1000),
}


def test_slow_requests_time_out(port: int) -> None:
    """However often a byte arrives, each request has one time limit; then 408 or a closed socket.

    A client that is still sending may see the connection reset before it reads the response.
    """

    def send(name: str) -> tuple[float, RawResponse]:
        begin, parts = SLOW[name]
        with connect(port) as connection:
            connection.sendall(begin)
            return send_slowly(connection, parts, 0.05), read_response(connection)

    with ThreadPoolExecutor(len(SLOW)) as clients:
        sent = dict(zip(SLOW, clients.map(send, SLOW), strict=True))
    for name, (seconds, response) in sent.items():
        assert seconds < REQUEST_SECONDS + SLACK_SECONDS, name
        assert response.closed, name
        assert response.statuses in ([408], []), name


def test_an_incomplete_request_gets_a_408(port: int) -> None:
    """A request that stays incomplete gets a 408 with a problem document."""
    response = exchange(port, HEAD, 5)
    assert (response.statuses, response.closed) == ([408], True)
    assert b"request_timeout" in response.received


def test_an_idle_connection_is_closed(port: int) -> None:
    """A connection without a request, or after a response, is closed after the idle time."""
    started_at = time.monotonic()
    with connect(port) as unused, connect(port) as used:
        used.sendall(REQUEST.replace(b"close", b"keep-alive"))
        for connection in (unused, used):
            assert read_response(connection, 10).closed
    assert time.monotonic() - started_at < IDLE_SECONDS + SLACK_SECONDS


def test_a_connection_in_use_is_not_closed(port: int) -> None:
    """Complete requests keep a connection open for as long as they arrive."""
    with connect(port) as connection:
        responded_at = time.monotonic()
        until = responded_at + IDLE_SECONDS + SLACK_SECONDS
        while time.monotonic() < until:
            if time.monotonic() - responded_at > IDLE_SECONDS / 2:
                pytest.skip("this machine was too slow to keep the connection in use")
            connection.sendall(REQUEST.replace(b"close", b"keep-alive"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            responded_at = time.monotonic()
            time.sleep(0.3)  # the interval of a caller's requests


def test_empty_lines_do_not_keep_a_connection_open(port: int) -> None:
    """A repeated CRLF is not a request."""
    with connect(port) as connection:
        assert send_slowly(connection, [b"\r", b"\n"] * 500, 0.05) < IDLE_SECONDS + SLACK_SECONDS


def test_too_many_connections_keep_out_no_client(port: int) -> None:
    """With far more idle and slow connections than the limit, new requests are still served."""
    with ExitStack() as stack:
        for number in range(CONNECTIONS * 5):
            connection = stack.enter_context(connect(port))
            if number % 2:
                connection.sendall(HEAD)
            if number % 10 == 0:
                assert exchange(port, REQUEST).statuses == [200]


def test_incomplete_bodies_have_a_total_limit() -> None:
    """Above the limit the connections with the largest bodies are closed; others stay open."""
    with running(replace(LIMITS, request_seconds=20)) as edge, ExitStack() as stack:
        small = stack.enter_context(connect(edge.port))
        small.sendall(HEAD + b"Content-Length: 11\r\n\r\n" + b"x" * 10)
        large = [stack.enter_context(connect(edge.port)) for _ in range(4)]
        for connection in large:
            connection.sendall(HEAD + b"Content-Length: 55000\r\n\r\n" + b"x" * 50_000)
            connection.setblocking(False)
        wait_until(
            lambda: sum(map(is_closed, large)) >= 2, 2 + SLACK_SECONDS, "two of them are closed"
        )
        small.sendall(b"x")
        assert small.recv(1000).startswith(b"HTTP/1.1 200")
