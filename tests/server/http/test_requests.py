"""Unambiguous requests are served in their order."""

import socket

import pytest

from harness.edge import Edge
from harness.odd_requests import ACCEPTED, LAST, post
from harness.raw_http import exchange


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_unambiguous_request_is_served_and_the_next_one_too(name: str, edge: Edge) -> None:
    """The application receives the request as it was sent, and the one after it separately."""
    request, seen = ACCEPTED[name]
    response = exchange(edge.port, request + LAST)
    assert (response.statuses, response.closed) == ([200, 200], True)
    assert edge.seen == [seen, ("GET", "/last", b"")]


def test_a_hundred_pipelined_requests_are_served_in_their_order(edge: Edge) -> None:
    """They run one after another, whichever pool serves each."""
    paths = [f"/api/v1/payments/{n}" if n % 2 else f"/n/{n}" for n in range(100)]
    requests = b"".join(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in paths)
    assert exchange(edge.port, requests + LAST).statuses == [200] * 101
    assert [path for _, path, _ in edge.seen] == [*paths, "/last"]


def test_100_continue_is_sent_before_the_body_arrives(edge: Edge) -> None:
    """After `Expect: 100-continue`, the status 100 is sent before the body is read."""
    with socket.create_connection(("127.0.0.1", edge.port), 5) as connection:
        connection.sendall(post(b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert edge.seen == [("POST", "/first", b"hello")]
