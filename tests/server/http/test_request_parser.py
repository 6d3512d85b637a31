"""Ambiguous requests are refused and close the connection (RFC 9112).

Run as a program, this file prints how long a webhook's request takes to parse, here and by h11.
"""

import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

import h11
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from harness.deliveries import payment_intent_event
from harness.edge import Edge
from harness.odd_requests import ACCEPTED, CHUNKED, LAST, MAX_BODY, REFUSED, H, post
from harness.raw_http import exchange
from harness.scale import scaled
from harness.sender import stripe_signature
from server.http.request_parser import Refusal, RequestParser
from service import SECRET


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


MAX_HEAD = 4000
Parsed = list[tuple[str, str, bytes]]


def strict(
    data: bytes, cuts: Iterable[int] = (), on_refusal: Callable[[str], object] = len
) -> Parsed:
    """Parse the bytes, split at `cuts`, with our parser; return what precedes a refusal."""
    parsed: Parsed = []
    parser = RequestParser(MAX_HEAD, MAX_BODY)
    positions = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    try:
        for start, end in pairwise(positions):
            request = parser.receive(data[start:end])
            while request is not None:
                parsed.append((request.method, request.target, request.body))
                if not request.keep_alive:
                    return parsed
                request = parser.receive(b"")
    except Refusal as refused:
        on_refusal(refused.detail)
    return parsed


def by_h11(data: bytes) -> Parsed:
    """Parse the same bytes with h11; return what precedes a refusal."""
    parsed: Parsed = []
    while data:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        # RFC 9112, section 2.2: a server skips one empty line, which h11 does not accept.
        connection.receive_data(data.removeprefix(b"\r\n"))
        try:
            request = connection.next_event()
            if not isinstance(request, h11.Request):
                break
            body = b""
            while isinstance(part := connection.next_event(), h11.Data):
                body += part.data
        except h11.RemoteProtocolError:
            break
        if not isinstance(part, h11.EndOfMessage):
            break
        parsed.append((request.method.decode(), request.target.decode(), body))
        data, _ = connection.trailing_data
        if connection.their_state is h11.MUST_CLOSE:
            break
    return parsed


FRAGMENTS = (
    *(b"GET / HTTP/1.1\r\n", b"POST /a HTTP/1.1\r\n", b"POST /b HTTP/1.0\r\n", H, H, b"\r\n"),
    *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", CHUNKED, b"\r\n", b"hello", b"hello"),
    *(b"5\r\nhello\r\n", b"0\r\n\r\n", b"X: y\r\n", b" folded\r\n", b"Content-Length: 5,5\r\n"),
    *(b"\n", b"\r", b"\0", b" ", b"\t", b":", b";a=b", b"0", b"\x85", b"chunked", b"Host: a\r\n"),
    *(b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Transfer-Encoding: gzip\r\n"),
)
CHANGES = (b"\r\n", b"\n", b"\r", b" ", b":", b"0", b",", b"\0", b"\xff", b"")
CORPUS = [request for request, _ in ACCEPTED.values()] + [LAST]
PIECES = st.sampled_from(FRAGMENTS)
WELL_FORMED = st.sampled_from(CORPUS)
REQUESTS = st.lists(WELL_FORMED | st.lists(PIECES, max_size=8).map(b"".join), max_size=4).map(
    b"".join
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Requests, most of them valid, with up to three changes."""
    data = bytearray(draw(REQUESTS | WELL_FORMED))
    for _ in range(draw(st.integers(0, 3))):
        position = draw(st.integers(0, len(data)))
        data[position : position + draw(st.integers(0, 2))] = draw(st.sampled_from(CHANGES))
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


def random_request(chance: random.Random) -> bytes:
    """Build requests, most of them valid, with up to three changes."""
    data = bytearray()
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.7:
            data += chance.choice(CORPUS)
        else:
            data += b"".join(chance.choices(FRAGMENTS, k=chance.randint(1, 8)))
    for _ in range(chance.randint(0, 3)):
        position = chance.randint(0, len(data))
        data[position : position + chance.randint(0, 2)] = chance.choice(CHANGES)
    return bytes(data)


@pytest.mark.timeout(1800)
def test_h11_parses_many_random_requests_in_the_same_way(figures: dict[str, object]) -> None:
    """Whatever is accepted, h11 parses to the same; what only h11 accepts is counted by reason."""
    chance = random.Random(7)
    accepted, only_h11 = 0, Counter[str]()
    for _ in range(scaled(3_000, 1_000_000)):
        data = random_request(chance)
        if b"HTTP/1.0" in data:
            continue  # after which h11 accepts nothing
        reasons: list[str] = []
        ours, others = strict(data, on_refusal=reasons.append), by_h11(data)
        assert others[: len(ours)] == ours, data
        accepted += len(ours)
        if len(others) > len(ours):
            only_h11.update(reasons)
    figures["requests accepted by both"] = accepted
    figures |= {f"accepted by h11 alone, our reason: {it}": n for it, n in only_h11.most_common()}
    assert accepted > scaled(1_000, 300_000)


def test_a_lenient_parser_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: if chunk sizes may begin with 0x, something is accepted that h11 refuses."""
    lenient = re.compile(rb"((?:0x)?[0-9A-Fa-f]{1,8})\r\n")
    monkeypatch.setattr("server.http.request_parser._CHUNK_SIZE", lenient)
    data, _ = REFUSED["chunk size with 0x"]
    assert strict(data) == [("POST", "/first", b"hello")]
    assert by_h11(data) == []


def microseconds(parse: Callable[[bytes], Parsed], data: bytes) -> float:
    """Measure the processor time of parsing."""
    best = math.inf
    for _ in range(20):
        started = time.process_time()
        for _ in range(200):
            parse(data)
        best = min(best, time.process_time() - started)
    return best / 200 * 1e6


if __name__ == "__main__":
    body = payment_intent_event("evt_1", "pi_1")
    signature = f"Stripe-Signature: {stripe_signature(body, SECRET)}\r\n".encode()
    length = f"Content-Length: {len(body)}\r\n".encode()
    webhook = post(b"Content-Type: application/json\r\n" + signature + length, body)
    ours, others = (min(microseconds(each, webhook) for _ in range(3)) for each in (strict, by_h11))
    print(f"{ours:.1f} µs, h11 {others:.1f} µs: {others / ours:.1f} times as long")  # noqa: T201  (its output)


def test_a_request_hides_its_token_and_its_personal_data() -> None:
    """What a log or a traceback would show has neither header fields, nor query, nor body."""
    data = (
        b"POST /api/v1/customers?email=Ann-in-query HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: Bearer Ann-in-header\r\nContent-Length: 11\r\n\r\nAnn-in-body"
    )
    request = RequestParser(MAX_HEAD, MAX_BODY).receive(data)
    assert request is not None
    assert "Ann" not in repr(request)
    # The control: the request has them.
    for text in (request.query, request.target, str(request.headers), request.body.decode()):
        assert "Ann-in-" in text
