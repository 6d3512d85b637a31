"""Ambiguous requests are refused and close the connection (RFC 9112)."""

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
def test_an_ambiguous_request_closes_the_connection(name: str, edge: Edge) -> None:
    """There is one response, then the connection is closed; the application receives nothing."""
    request, status = REFUSED[name]
    response = exchange(edge.port, request + LAST)
    assert (response.statuses, response.closed) == ([status], True)
    assert b"application/problem+json" in response.received
    assert edge.seen == []


def test_requests_after_a_refused_one_are_dropped_and_earlier_ones_are_served(edge: Edge) -> None:
    """Of good, bad, good only the first reaches the application."""
    bad, _ = REFUSED["length and coding"]
    good, seen = ACCEPTED["plain"]
    assert exchange(edge.port, good + bad + LAST).statuses == [200, 400]
    assert edge.seen == [seen]


def test_expect_100_continue_without_a_body_is_ignored(edge: Edge) -> None:
    """`Expect: 100-continue` on a request without a body neither hangs nor mixes two requests."""
    request = b"GET /first HTTP/1.1\r\nExpect: 100-continue\r\nX-A: 1\r\n" + H + b"\r\n"
    assert exchange(edge.port, request + LAST).statuses == [200, 200]


ADJUSTMENTS = Adjustments(max_request_body_size=MAX_BODY + 1, max_request_header_size=4000)
Parsed = list[tuple[str, str, bytes]]


def strict(data: bytes, cuts: Iterable[int] = ()) -> Parsed:
    """Parse the bytes, split at `cuts`, with our parser; return what precedes a refusal."""
    parsed: Parsed = []
    request = StrictRequest(ADJUSTMENTS)
    positions = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    for start, end in pairwise(positions):
        part = data[start:end]
        while part:
            begins = not request.header_plus and request.body_rcv is None
            if begins and part.startswith(b"\r"):
                return parsed  # an empty line first, which h11 does not accept
            consumed = request.received(part)
            part = part[consumed:]
            if request.error:
                return parsed
            if request.completed:
                body = request.get_body_stream().read()
                parsed.append((request.command, request.request_uri, body))
                if request.connection_close:
                    return parsed
                request = StrictRequest(ADJUSTMENTS)
    return parsed


def by_h11(data: bytes) -> Parsed:
    """Parse the same bytes with h11; return what precedes a refusal."""
    parsed: Parsed = []
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=4000)
    try:
        connection.receive_data(data)
        while isinstance(request := connection.next_event(), h11.Request):
            body = b""
            while isinstance(part := connection.next_event(), h11.Data):
                body += part.data
            if not isinstance(part, h11.EndOfMessage):
                break
            parsed.append((request.method.decode(), request.target.decode(), body))
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE:
                break
            connection.start_next_cycle()
    except h11.RemoteProtocolError:
        return parsed
    return parsed


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
    """Requests, most of them valid, with up to three changes."""
    data = bytearray(draw(REQUESTS | WELL_FORMED))
    for _ in range(draw(st.integers(0, 3))):
        position = draw(st.integers(0, len(data)))
        data[position : position + draw(st.integers(0, 2))] = draw(
            st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b":", b"0", b",", b"\0", b"\xff", b""])
        )
    return bytes(data)


@given(mutated())
def test_accepted_requests_are_parsed_by_h11_in_the_same_way(data: bytes) -> None:
    """Our parser accepts nothing that h11 refuses, and both parse the same, bodies included."""
    assume(b"HTTP/1.0" not in data)  # after which h11 accepts nothing
    ours = strict(data)
    event("accepted" if ours else "refused")
    assert by_h11(data)[: len(ours)] == ours


@given(mutated(), st.lists(st.integers(0, 400), max_size=6))
def test_parsing_does_not_depend_on_how_the_bytes_are_split(data: bytes, cuts: list[int]) -> None:
    """However they are split, the bytes are parsed or refused as in one piece."""
    assert strict(data, cuts) == strict(data)
