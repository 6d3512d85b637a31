"""Requests that could be read in two ways are refused and end the connection (RFC 9112)."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import h11
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments

from harness.edge import Edge, running
from harness.odd_requests import ACCEPTED, CHUNKED, LAST, MAX_BODY, REFUSED, H
from harness.raw_http import exchange
from server.http.interface import Limits
from server.http.waitress.parser import StrictRequest

LIMITS = Limits(webhooks=4, payments=4, max_body_bytes=MAX_BODY, stop_timeout_seconds=1)


@pytest.fixture(scope="module")
def running_edge() -> Iterator[Edge]:
    """Give a running server."""
    with running(LIMITS) as edge:
        yield edge


@pytest.fixture
def edge(running_edge: Edge) -> Edge:
    """Give the server with nothing seen yet."""
    running_edge.seen.clear()
    return running_edge


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_ends_the_connection(name: str, edge: Edge) -> None:
    """There is one answer and no connection any more; the application sees none of it."""
    request, status = REFUSED[name]
    heard = exchange(edge.port, request + LAST)
    assert (heard.statuses, heard.closed) == ([status], True)
    assert b"application/problem+json" in heard.received
    assert edge.seen == []


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
