"""Requests that have one meaning, on each server: answered, in their order, as they were meant."""

import socket
import time
from collections.abc import Iterator

import pytest

from harness.edge import SERVERS, Edge, running
from harness.odd_requests import ACCEPTED, LAST, MAX_BODY, NOTHING_IN_CHUNKS, post
from harness.raw_http import exchange
from server.serving import Limits

LIMITS = Limits(threads=4, payment_threads=4, max_body_bytes=MAX_BODY, stop_timeout_seconds=1)


@pytest.fixture(scope="module", params=SERVERS)
def running_edge(request: pytest.FixtureRequest) -> Iterator[tuple[str, Edge]]:
    """Give the name of each server, and it running."""
    make = SERVERS[request.param]
    with running(lambda app, sock: make([(app, sock)], LIMITS, time.sleep)) as edge:
        yield request.param, edge


@pytest.fixture
def server(running_edge: tuple[str, Edge]) -> str:
    """Give its name."""
    return running_edge[0]


@pytest.fixture
def edge(running_edge: tuple[str, Edge]) -> Edge:
    """Give the server with nothing seen yet."""
    _, edge = running_edge
    edge.seen.clear()
    return edge


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_has_one_meaning_is_answered_and_the_next_too(
    name: str, server: str, edge: Edge
) -> None:
    """The application sees the request as it was meant, and the one behind it as another."""
    if server == "granian" and name in NOTHING_IN_CHUNKS:
        return  # test_granian_requests.py shows what becomes of it
    request, seen = ACCEPTED[name]
    heard = exchange(edge.port, request + LAST)
    assert (heard.statuses, heard.closed) == ([200, 200], True)
    assert edge.seen == [seen, ("GET", "/last", b"")]


def test_a_hundred_pipelined_requests_are_answered_in_their_order(edge: Edge) -> None:
    """They run one after the other, whichever pool each belongs to."""
    paths = [f"/api/v1/payments/{n}" if n % 2 else f"/n/{n}" for n in range(100)]
    requests = b"".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths)
    assert exchange(edge.port, requests + LAST).statuses == [200] * 101
    assert [path for _, path, _ in edge.seen] == [*paths, "/last"]


def test_asking_to_go_on_is_answered_before_the_body_comes(edge: Edge) -> None:
    """With a body that may come, 100 comes first."""
    with socket.create_connection(("127.0.0.1", edge.port), 5) as connection:
        connection.sendall(post(b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert edge.seen == [("POST", "/first", b"hello")]
