"""Requests that could be read in two ways are refused and end the connection (RFC 9112)."""

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Thread
from typing import Any

import h11
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments

from harness.raw_http import exchange
from server.serving import Limits
from server.strict_requests import StrictRequest
from server.waitress_server import WaitressServer

MAX_BODY = 1000
LIMITS = Limits(threads=4, payment_threads=4, max_body_bytes=MAX_BODY, stop_timeout_seconds=1)
H = b"Host: pay.test\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: pay.test\r\nConnection: close\r\n\r\n"


@dataclass
class Edge:
    """A server whose application answers 200 and keeps what it was asked."""

    port: int
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def running() -> Iterator[Edge]:
    """Give a running server."""
    listening = socket.create_server(("127.0.0.1", 0))
    edge = Edge(listening.getsockname()[1])

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        edge.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    server = WaitressServer([(app, listening)], LIMITS)
    thread = Thread(target=server.run)
    thread.start()
    yield edge
    server.stop()
    thread.join()


@pytest.fixture
def edge(running: Edge) -> Edge:
    """Give the server with nothing seen yet."""
    running.seen.clear()
    return running


def post(headers: bytes, body: bytes = b"") -> bytes:
    """Return a POST with these headers beside Host."""
    return b"POST /first HTTP/1.1\r\n" + H + headers + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "length and coding": (post(b"Content-Length: 6\r\n" + CHUNKED, b"0\r\n\r\n"), 400),
    "coding and length": (post(CHUNKED + b"Content-Length: 0\r\n", b"0\r\n\r\n"), 400),
    "coding in HTTP/1.0": (b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "coding twice": (post(CHUNKED + CHUNKED, b"0\r\n\r\n"), 400),
    "coding in a list": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 501),
    "coding identity": (post(b"Transfer-Encoding: identity\r\n"), 501),
    "coding gzip, chunked": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 501),
    "coding xchunked": (post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 501),
    "coding quoted": (post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), 501),
    "coding empty": (post(b"Transfer-Encoding:\r\n"), 501),
    "coding after vertical tab": (post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    "coding after next line": (post(b"Transfer-Encoding: \x85chunked\r\n", b"0\r\n\r\n"), 501),
    "space before the colon": (post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"), 400),
    "folded coding": (post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"), 400),
    "folded header": (post(b"X-A: 1\r\n\tContent-Length: 5\r\n", b"hello"), 400),
    "first header folded": (b"GET / HTTP/1.1\r\n Host: pay.test\r\n\r\n", 400),
    "length twice": (post(b"Content-Length: 0\r\nContent-Length: 5\r\n", b"hello"), 400),
    "length twice, the same": (post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), 400),
    "length in a list": (post(b"Content-Length: 5, 5\r\n", b"hello"), 400),
    "length with a sign": (post(b"Content-Length: +5\r\n", b"hello"), 400),
    "length below zero": (post(b"Content-Length: -1\r\n"), 400),
    "length in hexadecimal": (post(b"Content-Length: 0x5\r\n", b"hello"), 400),
    "length with underscore": (post(b"Content-Length: 1_0\r\n", b"helloworld"), 400),
    "length in other digits": (post("Content-Length: \u0665\r\n".encode(), b"hello"), 400),
    "length empty": (post(b"Content-Length:\r\n"), 400),
    "length of 5000 digits": (post(b"Content-Length: " + b"1" * 5000 + b"\r\n"), 400),
    "length of 18 digits": (post(b"Content-Length: " + b"9" * 18 + b"\r\n"), 413),
    "length over the limit": (post(b"Content-Length: 1001\r\n"), 413),
    "length over the limit, asking to go on": (
        post(b"Content-Length: 1001\r\nExpect: 100-continue\r\n"),
        413,
    ),
    "length wrong, asking to go on": (
        post(b"Content-Length: x\r\nExpect: 100-continue\r\n"),
        400,
    ),
    "chunks over the limit": (post(CHUNKED, b"fff\r\n" + b"x" * 0xFFF + b"\r\n0\r\n\r\n"), 413),
    "chunk size with 0x": (post(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size with a sign": (post(CHUNKED, b"+5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size after a space": (post(CHUNKED, b" 5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size ends in LF": (post(CHUNKED, b"5\nhello\r\n0\r\n\r\n"), 400),
    "chunk size before LF CRLF": (post(CHUNKED, b"5\n\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size without end": (post(CHUNKED, b"0" * 9 + b"5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk extension": (post(CHUNKED, b"5;a=b\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk data too long": (post(CHUNKED, b"4\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk data ends in LF": (post(CHUNKED, b"5\r\nhello\n0\r\n\r\n"), 400),
    "empty line between chunks": (post(CHUNKED, b"\r\n5\r\nhello\r\n0\r\n\r\n"), 400),
    "trailer": (post(CHUNKED, b"0\r\nContent-Length: 5\r\n\r\n"), 400),
    "last chunk ends in LF": (post(CHUNKED, b"0\r\n\n"), 400),
    "line ends in LF": (b"GET / HTTP/1.1\nHost: pay.test\n\n" + b"\r\n\r\n", 400),
    "header ends in LF": (b"GET / HTTP/1.1\r\nHost: pay.test\nX-A: 1\r\n\r\n", 400),
    "header ends in CR": (b"GET / HTTP/1.1\r\nHost: pay.test\rX-A: 1\r\n\r\n", 400),
    "NUL in a value": (post(b"X-A: a\0b\r\n"), 400),
    "NUL in a name": (post(b"X-\0A: 1\r\n"), 400),
    "NUL in the target": (b"GET /\0 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "no colon": (post(b"Nothing\r\n"), 400),
    "no name": (post(b": nothing\r\n"), 400),
    "name in brackets": (post(b"[X]: 1\r\n"), 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "Host twice": (b"GET / HTTP/1.1\r\n" + H + H + b"\r\n", 400),
    "Host empty": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "Host with a path": (b"GET / HTTP/1.1\r\nHost: pay.test/x\r\n\r\n", 400),
    "Host with a user": (b"GET / HTTP/1.1\r\nHost: a@pay.test\r\n\r\n", 400),
    "Host in a list": (b"GET / HTTP/1.1\r\nHost: pay.test, evil.test\r\n\r\n", 400),
    "Authorization twice": (post(b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400),
    "Idempotency-Key twice": (post(b"Idempotency-Key: a\r\nidempotency-key: b\r\n"), 400),
    "Stripe-Signature twice": (post(b"Stripe-Signature: t=1\r\nStripe-Signature: v1=1\r\n"), 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    "preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n" + H + b"\r\n", 505),
    "http/1.1": (b"GET / http/1.1\r\n" + H + b"\r\n", 400),
    "HTTP/1.10": (b"GET / HTTP/1.10\r\n" + H + b"\r\n", 400),
    "method in small letters": (b"get / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "method with a sign": (b"G@T / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "method too long": (b"A" * 40 + b" / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space first": (b" GET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two empty lines first": (b"\r\n\r\nGET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "LF first": (b"\nGET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "tab in the line": (b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space in the target": (b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", 400),
    "target outside ASCII": ("GET /é HTTP/1.1\r\n".encode() + H + b"\r\n", 400),
    "fragment in the target": (b"GET /#a HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two slashes": (b"GET //api/v1/payments HTTP/1.1\r\n" + H + b"\r\n", 400),
    "no slash": (b"GET api HTTP/1.1\r\n" + H + b"\r\n", 400),
    "another host's URL": (b"GET http://evil.test/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a URL with two slashes": (b"GET http://pay.test//api HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a URL of another scheme": (b"GET file:///etc/passwd HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a broken URL": (b"GET http://[::1/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "an address to connect to": (b"CONNECT pay.test:443 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n", 400),
    "headers too large": (post(b"X-A: " + b"a" * 40_000 + b"\r\n"), 431),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, 400),
    "PROXY protocol": (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nGET / HTTP/1.1\r\n\r\n", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_ends_the_connection(name: str, edge: Edge) -> None:
    """There is one answer and no connection any more; the application sees none of it."""
    request, status = REFUSED[name]
    heard = exchange(edge.port, request + LAST)
    assert (heard.statuses, heard.closed) == ([status], True)
    assert b"application/problem+json" in heard.received
    assert edge.seen == []


ACCEPTED = {
    "plain": (b"GET /first HTTP/1.1\r\n" + H + b"\r\n", ("GET", "/first", b"")),
    "with a length": (post(b"Content-Length: 5\r\n", b"hello"), ("POST", "/first", b"hello")),
    "length 0": (post(b"Content-Length: 0\r\n"), ("POST", "/first", b"")),
    "length with zeros": (post(b"Content-Length: 005\r\n", b"hello"), ("POST", "/first", b"hello")),
    "length at the limit": (
        post(b"Content-Length: 1000\r\n", b"x" * MAX_BODY),
        ("POST", "/first", b"x" * MAX_BODY),
    ),
    "chunks": (
        post(CHUNKED, b"5\r\nhello\r\nA\r\n, my world\r\n00\r\n\r\n"),
        ("POST", "/first", b"hello, my world"),
    ),
    "no chunk": (post(b"transfer-encoding: CHUNKED\r\n", b"0\r\n\r\n"), ("POST", "/first", b"")),
    "a URL of this host": (
        b"GET http://pay.test/first HTTP/1.1\r\n" + H + b"\r\n",
        ("GET", "/first", b""),
    ),
    "an empty line first": (b"\r\nGET /first HTTP/1.1\r\n" + H + b"\r\n", ("GET", "/first", b"")),
    "address and port": (
        b"GET /first HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        ("GET", "/first", b""),
    ),
    "HTTP/1.0 kept alive": (
        b"GET /first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ("GET", "/first", b""),
    ),
    "a name that could be taken for another": (
        post(b"Content_Length: 5\r\nTransfer_Encoding: chunked\r\n"),
        ("POST", "/first", b""),
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_has_one_meaning_is_answered_and_the_next_too(name: str, edge: Edge) -> None:
    """The application sees the request as it was meant, and the one behind it as another."""
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


def test_what_follows_a_refused_request_is_dropped_and_what_came_before_is_not(edge: Edge) -> None:
    """Of good, bad, good only the first is answered by the application."""
    bad, _ = REFUSED["length and coding"]
    good, seen = ACCEPTED["plain"]
    assert exchange(edge.port, good + bad + LAST).statuses == [200, 400]
    assert edge.seen == [seen]


def test_asking_to_go_on_without_a_body_neither_hangs_nor_mixes_two_requests(edge: Edge) -> None:
    """`Expect: 100-continue` on a request without a body is as if it were not there."""
    request = b"GET /first HTTP/1.1\r\nExpect: 100-continue\r\nX-A: 1\r\n" + H + b"\r\n"
    assert exchange(edge.port, request + LAST).statuses == [200, 200]


def test_asking_to_go_on_is_answered_before_the_body_comes(edge: Edge) -> None:
    """With a body that may come, 100 comes first."""
    with socket.create_connection(("127.0.0.1", edge.port), 5) as connection:
        connection.sendall(post(b"Content-Length: 5\r\nExpect: 100-continue\r\n"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert edge.seen == [("POST", "/first", b"hello")]


ADJUSTMENTS = Adjustments(max_request_body_size=MAX_BODY + 1, max_request_header_size=4000)
Read = list[tuple[str, str, bytes]]


def strict(data: bytes, cuts: Iterable[int] = ()) -> Read:
    """What our parser reads from the bytes, cut at these places, before it refuses any."""
    read: Read = []
    request = StrictRequest(ADJUSTMENTS)
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    for start, end in pairwise(places):
        part = data[start:end]
        while part:
            begins = not request.header_plus and request.body_rcv is None
            if begins and part.startswith(b"\r"):
                return read  # an empty line first, which h11 does not take
            taken = request.received(part)
            part = part[taken:]
            if request.error:
                return read
            if request.completed:
                body = request.get_body_stream().read()
                read.append((request.command, request.request_uri, body))
                if request.connection_close:
                    return read
                request = StrictRequest(ADJUSTMENTS)
    return read


def by_h11(data: bytes) -> Read:
    """What h11 reads from the same bytes before it refuses any."""
    read: Read = []
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=4000)
    try:
        connection.receive_data(data)
        while isinstance(request := connection.next_event(), h11.Request):
            body = b""
            while isinstance(part := connection.next_event(), h11.Data):
                body += part.data
            if not isinstance(part, h11.EndOfMessage):
                break
            read.append((request.method.decode(), request.target.decode(), body))
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE:
                break
            connection.start_next_cycle()
    except h11.RemoteProtocolError:
        return read
    return read


PIECES = st.sampled_from(
    [
        *(b"GET / HTTP/1.1\r\n", b"POST /a HTTP/1.1\r\n", b"POST /b HTTP/1.0\r\n", H, H, b"\r\n"),
        *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", CHUNKED, b"\r\n", b"hello", b"hello"),
        *(b"5\r\nhello\r\n", b"0\r\n\r\n", b"X: y\r\n", b" folded\r\n", b"Content-Length: 5,5\r\n"),
        *(
            b"\n",
            b"\r",
            b"\0",
            b" ",
            b"\t",
            b":",
            b";a=b",
            b"0",
            b"\x85",
            b"chunked",
            b"Host: a\r\n",
        ),
        *(b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Transfer-Encoding: gzip\r\n"),
    ]
)
WELL_FORMED = st.sampled_from([request for request, _ in ACCEPTED.values()] + [LAST])
REQUESTS = st.lists(WELL_FORMED | st.lists(PIECES, max_size=8).map(b"".join), max_size=4).map(
    b"".join
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Requests, most of which hold, with up to three bytes changed."""
    data = bytearray(draw(REQUESTS | WELL_FORMED))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(
            st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b":", b"0", b",", b"\0", b"\xff", b""])
        )
    return bytes(data)


@given(mutated())
def test_what_we_take_another_parser_takes_too_and_reads_the_same(data: bytes) -> None:
    """We never take what h11 refuses; what both take is the same, body and all."""
    assume(b"HTTP/1.0" not in data)  # after which h11 takes nothing
    ours = strict(data)
    event("something is taken" if ours else "nothing is taken")
    assert by_h11(data)[: len(ours)] == ours


@given(mutated(), st.lists(st.integers(0, 400), max_size=6))
def test_the_verdict_does_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    """Cut anywhere, the bytes are read or refused as when they come at once."""
    assert strict(data, cuts) == strict(data)
