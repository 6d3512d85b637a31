"""Responses arrive complete, whichever thread sends them and however slowly clients read."""

import socket
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange, read_response
from server.http.interface import Limits
from service import EVENTS

LIMITS = Limits(webhooks=4, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)
MEGABYTE = 1024 * 1024
MANY = 18
"""In megabytes: more than a socket accepts in one call, whatever the system's buffers."""
KEEP_ALIVE = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def megabytes(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Respond with as many megabytes as the path says, each of one byte value."""
    count = int(environ["PATH_INFO"][1:])
    start("200 OK", [("Content-Length", str(count * MEGABYTE))])
    return (bytes([number]) * MEGABYTE for number in range(count))


def request_megabytes(client: socket.socket, count: int) -> tuple[bytes, bytearray]:
    """Request `count` megabytes; return head and body of the complete response."""
    client.sendall(KEEP_ALIVE % str(count).encode())
    head, body = b"", bytearray()
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    while len(body) < count * MEGABYTE:
        body += client.recv(MEGABYTE)
    return head, body


@pytest.mark.parametrize("count", [0, 1, MANY])
def test_a_large_response_arrives_complete(count: int) -> None:
    """So does one that exceeds all buffers, on a kept-alive connection."""
    with (
        serving(megabytes, LIMITS) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        for _ in range(2):
            head, body = request_megabytes(client, count)
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert body == b"".join(bytes([number]) * MEGABYTE for number in range(count))


def test_a_client_that_disconnects_holds_no_thread() -> None:
    """After clients have disconnected during large responses, others are served."""
    with serving(megabytes, LIMITS) as (port, server):
        for _ in range(3 * LIMITS.webhooks):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(2 * (KEEP_ALIVE % str(MANY).encode()))
                assert client.recv(1) == b"H"
        response = exchange(port, LAST % b"1", 10)
        assert (response.statuses, response.closed) == ([200], True)
        assert len(response.received) > MEGABYTE
        wait_until(lambda: server.in_flight() == 0, 5, "no request is in flight")


@pytest.mark.parametrize("path", ["/18", EVENTS])
def test_a_client_that_pipelines_and_reads_nothing_delays_no_other(path: str) -> None:
    """A pipelined request is served only once the last response is read; others are served."""
    served: list[str] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        served.append(environ["PATH_INFO"])
        start("200 OK", [])
        return [bytes(MANY * MEGABYTE if environ["PATH_INFO"] == path else 2)]

    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with (
        serving(app, LIMITS) as (port, _),
        ExitStack() as stack,
    ):
        greedy = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            for _ in range(20)
        ]
        for client in greedy:
            client.sendall(10 * request)
        wait_until(lambda: len(served) == len(greedy), 10, "the first request of each is served")
        for _ in range(20):
            assert exchange(port, LAST % b"other").statuses == [200]
        assert served.count(path) == len(greedy)
        greedy[0].sendall(LAST % b"last")
        greedy[0].settimeout(10)
        received = 0
        while part := greedy[0].recv(MEGABYTE):
            received += len(part)
        assert received > 10 * MANY * MEGABYTE
        assert served.count("/last") == 1


def test_a_client_that_reads_nothing_is_disconnected() -> None:
    """If a client with two requests reads nothing, it times out and the second is not served."""
    limits = replace(LIMITS, request_seconds=1)
    with (
        serving(megabytes, limits) as (port, server),
        socket.create_connection(("127.0.0.1", port), 10) as client,
    ):
        client.sendall(2 * (KEEP_ALIVE % str(MANY).encode()))
        wait_until(
            lambda: server.in_flight() == 1, 5, "the first has its response, the second waits"
        )
        wait_until(lambda: server.in_flight() == 0, 10, "it times out")
        received = 0
        with suppress(ConnectionError):
            while part := client.recv(MEGABYTE):
                received += len(part)
        assert received < MANY * MEGABYTE


def bytes_in_deleted_files() -> int:
    """Count the bytes that this process holds in deleted files."""
    total = 0
    for each in list(Path("/proc/self/fd").iterdir()):
        with suppress(FileNotFoundError):  # another thread has closed it
            if "(deleted)" in str(each.readlink()):
                total += each.stat().st_size
    return total


def test_a_long_lived_connection_does_not_accumulate_responses() -> None:
    """After ten large responses on one connection, memory is as after the first."""
    with (
        serving(megabytes, LIMITS) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as c,
    ):
        held = []
        tracemalloc.start()
        try:
            for _ in range(10):
                request_megabytes(c, MANY)
                held.append(tracemalloc.get_traced_memory()[0] + bytes_in_deleted_files())
        finally:
            tracemalloc.stop()
        assert min(held[5:]) < held[0] + 4 * MEGABYTE


def test_an_idle_connection_holds_no_response() -> None:
    """After a large response, its connection uses no more memory than before."""
    with (
        serving(megabytes, LIMITS) as (port, server),
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        request_megabytes(client, 0)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            request_megabytes(client, MANY)
            wait_until(lambda: server.in_flight() == 0, 5, "the response is sent")
            held = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
    assert held < MEGABYTE


def test_a_slow_request_delays_no_other_connection() -> None:
    """While one request takes long, requests on other, formerly idle connections are served."""
    started, proceed = Event(), Event()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            started.set()
            proceed.wait(10)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with serving(app, LIMITS) as (port, _), ExitStack() as stack:
        slow, *others = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(50)
        )
        slow.sendall(LAST % b"slow")
        assert started.wait(5)
        for _ in range(3):
            for other in others:
                other.sendall(KEEP_ALIVE % b"")
            for other in others:
                assert other.recv(1024).endswith(b"ok")
        proceed.set()
        assert read_response(slow).statuses == [200]


def test_no_request_is_lost_between_two_threads() -> None:
    """Of thousands of short requests, each sent right after the last response, all are served."""

    def app(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def send_requests(port: int) -> int:
        responses = 0
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            for _ in range(500):
                client.sendall(KEEP_ALIVE % b"")
                responses += client.recv(1024).endswith(b"ok")
        return responses

    with serving(app, LIMITS) as (port, _), ThreadPoolExecutor(8) as clients:
        assert list(clients.map(send_requests, [port] * 8)) == [500] * 8
