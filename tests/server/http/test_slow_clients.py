"""Slow, idle and too many connections end by themselves, and others are served meanwhile."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness.edge import running
from harness.polling import wait_until
from harness.raw_http import exchange, read_response, send_slowly
from server.http.interface import Limits

REQUEST_SECONDS, IDLE_SECONDS, STOP_SECONDS = 1, 2, 1
CONNECTIONS, RECEIVING = 20, 100_000
SLACK_SECONDS = 2
"""Limits are looked at once a second; a second more for the machine."""

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


@pytest.mark.parametrize("name", SLOW)
def test_a_request_that_drips_times_out(name: str, port: int) -> None:
    """However often a byte comes, the whole request has one time limit; then 408 or just the end.

    The end may overtake the answer to one who still sends.
    """
    begin, parts = SLOW[name]
    with connect(port) as connection:
        connection.sendall(begin)
        assert send_slowly(connection, parts, 0.05) < REQUEST_SECONDS + SLACK_SECONDS
        heard = read_response(connection)
    assert heard.closed
    assert heard.statuses in ([408], [])


def test_an_incomplete_request_gets_a_408(port: int) -> None:
    """A request that stays unfinished is answered 408, as a problem."""
    heard = exchange(port, HEAD, 5)
    assert (heard.statuses, heard.closed) == ([408], True)
    assert b"request_timeout" in heard.received


def test_a_connection_that_asks_nothing_ends(port: int) -> None:
    """Without a byte, and after an answer, a connection lives for the idle time."""
    for begin in (b"", REQUEST.replace(b"close", b"keep-alive")):
        started_at = time.monotonic()
        with connect(port) as connection:
            connection.sendall(begin)
            assert read_response(connection, 10).closed
        assert time.monotonic() - started_at < IDLE_SECONDS + SLACK_SECONDS


def test_a_connection_in_use_does_not_end(port: int) -> None:
    """Requests that come whole keep a connection for as long as they come."""
    with connect(port) as connection:
        answered_at = time.monotonic()
        until = answered_at + IDLE_SECONDS + SLACK_SECONDS
        while time.monotonic() < until:
            if time.monotonic() - answered_at > IDLE_SECONDS / 2:
                pytest.skip("this machine stood still for too long to be in use")
            connection.sendall(REQUEST.replace(b"close", b"keep-alive"))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            answered_at = time.monotonic()
            time.sleep(0.3)  # the caller's own pace


def test_empty_lines_do_not_keep_a_connection(port: int) -> None:
    """CR LF again and again is not a request."""
    with connect(port) as connection:
        assert send_slowly(connection, [b"\r", b"\n"] * 500, 0.05) < IDLE_SECONDS + SLACK_SECONDS


def test_too_many_connections_shut_out_nobody(port: int) -> None:
    """With far more idle and slow connections than may be, each new request is answered at once."""
    with ExitStack() as stack:
        for number in range(CONNECTIONS * 5):
            connection = stack.enter_context(connect(port))
            if number % 2:
                connection.sendall(HEAD)
            if number % 10 == 0:
                assert exchange(port, REQUEST).statuses == [200]


def test_bodies_that_are_not_whole_have_a_limit_together() -> None:
    """When they are too much, the largest connections end; others stay."""
    with running(replace(LIMITS, request_seconds=20)) as edge, ExitStack() as stack:
        small = stack.enter_context(connect(edge.port))
        small.sendall(HEAD + b"Content-Length: 11\r\n\r\n" + b"x" * 10)
        large = [stack.enter_context(connect(edge.port)) for _ in range(4)]
        for connection in large:
            connection.sendall(HEAD + b"Content-Length: 55000\r\n\r\n" + b"x" * 50_000)
            connection.setblocking(False)
        wait_until(lambda: sum(map(has_ended, large)) >= 2, 2 + SLACK_SECONDS, "two of them end")
        small.sendall(b"x")
        assert small.recv(1000).startswith(b"HTTP/1.1 200")


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side has closed it without a word."""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
