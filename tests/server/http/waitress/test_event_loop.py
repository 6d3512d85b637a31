"""Answers get to their clients whole, whoever sends them and however slowly they are taken."""

import os
import socket
import tracemalloc
from collections import Counter
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
"""In megabytes: more than a socket takes at once, whatever the system's buffers."""
KEPT_ALIVE = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def megabytes(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """As many as the path says, each of one byte's value."""
    count = int(environ["PATH_INFO"][1:])
    start("200 OK", [("Content-Length", str(count * MEGABYTE))])
    return (bytes([number]) * MEGABYTE for number in range(count))


def ask(client: socket.socket, count: int) -> tuple[bytes, bytearray]:
    """Head and body of an answer of so many megabytes, read to its end."""
    client.sendall(KEPT_ALIVE % str(count).encode())
    head, body = b"", bytearray()
    while b"\r\n\r\n" not in head:
        head += client.recv(1)
    while len(body) < count * MEGABYTE:
        body += client.recv(MEGABYTE)
    return head, body


@pytest.mark.parametrize("count", [0, 1, MANY])
def test_a_large_answer_arrives_whole(count: int) -> None:
    """Also one that neither the socket nor the server takes at once, on a connection that stays."""
    with (
        serving(megabytes, LIMITS) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        for _ in range(2):
            head, body = ask(client, count)
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert Counter(body) == dict.fromkeys(range(count), MEGABYTE)


def test_a_client_that_goes_away_holds_no_thread() -> None:
    """Whoever leaves in the middle of large answers is forgotten, and others are served."""
    with serving(megabytes, LIMITS) as (port, server):
        for _ in range(3 * LIMITS.webhooks):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(2 * (KEPT_ALIVE % str(MANY).encode()))
                assert client.recv(1) == b"H"
        heard = exchange(port, LAST % b"1", 10)
        assert (heard.statuses, heard.closed) == ([200], True)
        assert len(heard.received) > MEGABYTE
        wait_until(lambda: server.in_flight() == 0, 5, "nothing is under way")


@pytest.mark.parametrize("path", ["/18", EVENTS])
def test_who_asks_for_much_and_reads_nothing_holds_up_nobody(path: str) -> None:
    """Answers are not piled up: the next is made when the last is taken. Others are served."""
    made: list[str] = []

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        made.append(environ["PATH_INFO"])
        start("200 OK", [])
        return [bytes(MANY * MEGABYTE if environ["PATH_INFO"] == path else 2)]

    ask = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with (
        serving(app, LIMITS) as (port, _),
        ExitStack() as stack,
    ):
        greedy = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            for _ in range(20)
        ]
        for client in greedy:
            client.sendall(10 * ask)
        wait_until(lambda: len(made) == len(greedy), 10, "the first answer of each is made")
        for _ in range(20):
            assert exchange(port, LAST % b"other").statuses == [200]
        assert made.count(path) == len(greedy)
        greedy[0].sendall(LAST % b"last")
        greedy[0].settimeout(10)
        taken = 0
        while part := greedy[0].recv(MEGABYTE):
            taken += len(part)
        assert taken > 10 * MANY * MEGABYTE
        assert made.count("/last") == 1


def test_who_takes_nothing_for_too_long_is_let_go() -> None:
    """A client that asks twice and reads nothing: the connection ends, the second is not served."""
    limits = replace(LIMITS, idle_seconds=1)
    with (
        serving(megabytes, limits) as (port, server),
        socket.create_connection(("127.0.0.1", port), 10) as client,
    ):
        client.sendall(2 * (KEPT_ALIVE % str(MANY).encode()))
        wait_until(lambda: server.in_flight() == 1, 5, "the first is answered, the second waits")
        wait_until(lambda: server.in_flight() == 0, 10, "it is given up")
        taken = 0
        with suppress(ConnectionError):
            while part := client.recv(MEGABYTE):
                taken += len(part)
        assert taken < MANY * MEGABYTE


def in_files() -> int:
    """How many bytes this process has in files that have no name any more."""
    found = [each for each in list(Path("/proc/self/fd").iterdir()) if each.is_symlink()]
    deleted = [int(each.name) for each in found if "(deleted)" in str(each.readlink())]
    return sum(os.fstat(descriptor).st_size for descriptor in deleted)


def test_a_connection_that_lives_long_keeps_nothing_of_its_answers() -> None:
    """Ten large answers, each read to its end, on one connection: as much as after the first."""
    with (
        serving(megabytes, LIMITS) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as c,
    ):
        kept = []
        tracemalloc.start()
        try:
            for _ in range(10):
                ask(c, MANY)
                kept.append(tracemalloc.get_traced_memory()[0] + in_files())
        finally:
            tracemalloc.stop()
        assert min(kept[5:]) < kept[0] + 4 * MEGABYTE


def test_one_connection_never_waits_for_another() -> None:
    """While a request takes its time, others come and go on connections that were idle before."""
    begun, go_on = Event(), Event()

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/slow":
            begun.set()
            go_on.wait(10)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with serving(app, LIMITS) as (port, _), ExitStack() as stack:
        slow, *others = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(50)
        )
        slow.sendall(LAST % b"slow")
        assert begun.wait(5)
        for _ in range(3):
            for other in others:
                other.sendall(KEPT_ALIVE % b"")
            for other in others:
                assert other.recv(1024).endswith(b"ok")
        go_on.set()
        assert read_response(slow).statuses == [200]


def test_no_request_is_forgotten_between_two_threads() -> None:
    """Thousands of short requests, each sent the moment the last answer is there, are answered."""

    def app(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    def ask(port: int) -> int:
        answers = 0
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            for _ in range(500):
                client.sendall(KEPT_ALIVE % b"")
                answers += client.recv(1024).endswith(b"ok")
        return answers

    with serving(app, LIMITS) as (port, _), ThreadPoolExecutor(8) as clients:
        assert list(clients.map(ask, [port] * 8)) == [500] * 8
