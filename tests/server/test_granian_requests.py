"""How requests are read under granian: what it and hyper take, and what is refused (RFC 9112)."""

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from typing import Any

import pytest

from harness.edge import Edge, running
from harness.odd_requests import (
    ACCEPTED,
    CHUNKED,
    LAST,
    MAX_BODY,
    NOTHING_IN_CHUNKS,
    REFUSED,
    H,
    post,
)
from harness.polling import wait_until
from harness.raw_http import exchange, listen
from server.granian_requests import Environ, Gate, Headers, Pools
from server.granian_server import GranianServer
from server.serving import App, Limits

LIMITS = Limits(
    threads=4, payment_threads=4, max_body_bytes=MAX_BODY, stop_timeout_seconds=1, request_seconds=1
)
HELLO = ("POST", "/first", b"hello")
FIRST = ("POST", "/first", b"")
ROOT = ("GET", "/", b"")
NEXT = ("GET", "/last", b"")

TAKEN = {
    "length twice, the same": [HELLO, NEXT],
    "chunk size without end": [HELLO, NEXT],
    "chunk extension": [HELLO, NEXT],
    "chunk data too long": [("POST", "/first", b"hell")],
    "chunk data ends in LF": [HELLO],
    "line ends in LF": [ROOT, NEXT],
    "header ends in LF": [ROOT, NEXT],
    "Idempotency-Key twice": [FIRST, NEXT],
    "Stripe-Signature twice": [FIRST, NEXT],
    "two empty lines first": [ROOT, NEXT],
    "LF first": [ROOT, NEXT],
    "target outside ASCII": [("GET", "/Ã©", b""), NEXT],
    "fragment in the target": [ROOT, NEXT],
    "another host's URL": [ROOT, NEXT],
}
"""What the application sees of those that waitress refuses and granian takes."""

UNDERSCORES = b"Transfer_Encoding: gzip\r\n"


@pytest.fixture(scope="module")
def running_edge() -> Iterator[Edge]:
    """Give a running server."""
    with running(lambda app, sock: GranianServer([(app, sock)], LIMITS, time.sleep)) as edge:
        yield edge


@pytest.fixture
def edge(running_edge: Edge) -> Edge:
    """Give the server with nothing seen yet."""
    running_edge.seen.clear()
    return running_edge


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in TAKEN])
def test_what_could_be_read_in_two_ways_ends_the_connection(name: str, edge: Edge) -> None:
    """There is one refusal at most and no connection any more; the application sees none of it."""
    heard = exchange(edge.port, REFUSED[name][0] + LAST)
    assert heard.closed
    assert heard.statuses in ([400], [413], [431], [501], [])
    assert edge.seen == []


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_beyond_that_is_what_is_documented(name: str, edge: Edge) -> None:
    """The application sees each request that the README says is taken, and in the same way."""
    heard = exchange(edge.port, REFUSED[name][0] + LAST)
    assert (heard.statuses, heard.closed) == ([200] * len(TAKEN[name]), True)
    assert edge.seen == TAKEN[name]


def test_trailers_are_read_over(edge: Edge) -> None:
    """What comes behind the last chunk is no header and no request."""
    request = post(CHUNKED, b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n")
    assert exchange(edge.port, request + LAST).statuses == [200, 200]
    assert edge.seen == [HELLO, NEXT]


@pytest.mark.parametrize("name", NOTHING_IN_CHUNKS)
def test_a_body_in_chunks_that_holds_nothing_is_refused(name: str, edge: Edge) -> None:
    """It can't be told from one that broke off before its first chunk."""
    heard = exchange(edge.port, ACCEPTED[name][0] + LAST)
    assert (heard.statuses, heard.closed) == ([400], True)
    assert edge.seen == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (b"Content-Length: 1001\r\n", 413, "body_too_large"),
        (b"X-A: " + b"a" * 40_000 + b"\r\n", 431, "headers_too_large"),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501, "not_implemented"),
        (b"Host: pay.test\r\n", 400, "bad_request"),
    ],
)
def test_what_we_refuse_is_a_problem_with_an_id(
    headers: bytes, status: int, code: str, edge: Edge
) -> None:
    """Its answer is a problem (RFC 9457) with a request id, and does not name granian."""
    heard = exchange(edge.port, post(headers) + LAST)
    head, _, body = heard.received.partition(b"\r\n\r\n")
    assert heard.statuses == [status]
    assert json.loads(body)["code"] == code
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert b"\r\nx-request-id: " in head
    assert b"granian" not in heard.received


def test_length_and_coding_together_end_the_connection(edge: Edge) -> None:
    """The length is not looked at, and nothing behind the body is (RFC 9112, section 6.3)."""
    request = post(b"Content-Length: 10\r\n" + CHUNKED, b"5\r\nhello\r\n0\r\n\r\n")
    heard = exchange(edge.port, request + LAST)
    assert (heard.statuses, heard.closed) == ([200], True)
    assert edge.seen == [HELLO]


@pytest.mark.parametrize(
    "begun",
    [post(b"Content-Length: 10\r\n", b"hello"), post(CHUNKED), post(CHUNKED, b"5\r\n")],
    ids=["length", "no chunk", "no data"],
)
def test_a_body_that_breaks_off_is_none(begun: bytes, edge: Edge) -> None:
    """Of a request whose sender leaves in the middle of its body the application sees nothing."""
    with socket.create_connection(("127.0.0.1", edge.port), 5) as connection:
        connection.sendall(begun)
        connection.shutdown(socket.SHUT_WR)
        assert listen(connection).closed
    # What came later is seen, so what is not seen by then never will be.
    assert exchange(edge.port, LAST).statuses == [200]
    wait_until(lambda: edge.seen == [NEXT], 5, "only the other request is seen")


def test_what_follows_a_refused_request_is_dropped_and_what_came_before_is_not(edge: Edge) -> None:
    """Of good, bad, good only the first is answered by the application."""
    bad, _ = REFUSED["coding in a list"]
    good, seen = ACCEPTED["plain"]
    assert exchange(edge.port, good + bad + LAST).statuses == [200, 501]
    assert edge.seen == [seen]


def test_names_with_an_underscore_count_as_those_with_a_dash(edge: Edge) -> None:
    """As the README says: a proxy in front that filters headers by name must filter these too."""
    heard = exchange(edge.port, b"POST /first HTTP/1.1\r\n" + H + UNDERSCORES + b"\r\n" + LAST)
    assert heard.statuses == [501]


def test_more_than_a_hundred_headers_are_refused(edge: Edge) -> None:
    """By granian itself, which says no more than the status."""
    assert exchange(edge.port, post(b"X-A: 1\r\n" * 100) + LAST).statuses == [431]
    assert edge.seen == []


def test_a_value_outside_ascii_is_taken_for_an_empty_one() -> None:
    """The header is there, with nothing in it, so no rule for it is kept by chance."""
    seen: list[str] = []

    def make(app: App, sock: socket.socket) -> GranianServer:
        def noting(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
            seen.append(environ["HTTP_IDEMPOTENCY_KEY"])
            return app(environ, start)

        return GranianServer([(noting, sock)], LIMITS, time.sleep)

    with running(make) as edge:
        request = post(b"Idempotency-Key: \xfc\r\nConnection: close\r\n")
        assert exchange(edge.port, request).statuses == [200]
    assert seen == [""]


def test_who_ends_his_side_is_not_waited_for() -> None:
    """As the README says: a caller that ends its side before it has the answer gets none."""
    go_on = Event()

    def make(app: App, sock: socket.socket) -> GranianServer:
        def waiting(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
            go_on.wait(10)
            return app(environ, start)

        return GranianServer([(waiting, sock)], LIMITS, time.sleep)

    with running(make) as edge, socket.create_connection(("127.0.0.1", edge.port), 5) as caller:
        caller.sendall(b"GET /first HTTP/1.1\r\n" + H + b"\r\n")
        caller.shutdown(socket.SHUT_WR)
        heard = listen(caller)
        go_on.set()
    assert (heard.received, heard.closed) == (b"", True)
    assert edge.seen == [("GET", "/first", b"")]


BARE = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "HTTP_HOST": "a",
    "SERVER_PROTOCOL": "HTTP/1.1",
}


class Slow:
    """A body of 90,000 bytes whose second part takes a while; notes how many do so at a time."""

    at_once = most = 0

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._left = 90_000

    def read(self, size: int) -> bytes:
        """As granian's does."""
        if self._left < 90_000:
            self._count(1)
            time.sleep(0.02)  # how long the bytes take
            self._count(-1)
        size = min(size, self._left)
        self._left -= size
        return b"x" * size

    def _count(self, change: int) -> None:
        with self._lock:
            Slow.at_once += change
            Slow.most = max(Slow.most, Slow.at_once)


class Taken:
    """Takes an answer."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []

    def response_bytes(self, status: int, headers: Headers, _body: bytes) -> None:
        """As granian does."""
        self.status, self.headers = status, headers


def greet(_environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    """An application that answers 200."""
    start("200 OK", [])
    return [b""]


def test_large_bodies_come_in_a_few_at_a_time() -> None:
    """However many do, no more are received at once than fit into the memory for them."""
    limits = replace(LIMITS, max_body_bytes=90_000, receiving_bytes=200_000)
    gate = Gate(greet, limits, Pools(limits), lambda: False)
    lock, takers = Lock(), [Taken() for _ in range(10)]
    head = {**BARE, "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "90000"}
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda taker: gate(taker, {**head, "wsgi.input": Slow(lock)}), takers))
    assert {taker.status for taker in takers} == {200}
    assert Slow.most == 2


@pytest.mark.parametrize("stopping", [False, True])
def test_while_stopping_answers_say_that_the_connection_ends(stopping: bool) -> None:  # noqa: FBT001  (pytest's way)
    """So that a caller who keeps connections opens another one for what comes next."""
    gate, taker = Gate(greet, LIMITS, Pools(LIMITS), lambda: stopping), Taken()
    gate(taker, dict(BARE))
    assert (("Connection", "close") in taker.headers) is stopping
