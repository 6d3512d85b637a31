"""Responses are framed as HTTP/1.1 requires (RFC 9112)."""

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import h11
import pytest

from harness.edge import serving
from harness.raw_http import READ_BYTES, exchange
from server.http.interface import Limits

LIMITS = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)

RESPONSES: dict[str, tuple[str, list[tuple[str, str]], list[bytes]]] = {
    "/plain": ("200 OK", [("content-type", "text/plain"), ("Content-Length", "2")], [b"ok"]),
    "/parts": ("200 OK", [], [b"o", b"", b"k"]),
    "/wrong": ("200 OK", [("Content-Length", "9")], [b"ok"]),
    "/empty": ("204 No Content", [], []),
    "/unchanged": ("304 Not Modified", [("Content-Length", "2")], []),
    "/break": ("200 OK", [("X-A", "1\r\nX-B: 2")], [b"ok"]),
    "/feed": ("200 OK", [("X-A", "1\nX-B: 2")], [b"ok"]),
    "/euro": ("200 OK", [("X-A", "\N{EURO SIGN}")], [b"ok"]),
    "/status": ("200 OK\r\nX-B: 2", [], [b"ok"]),
}
closed: list[str] = []


class ClosableBody(list[bytes]):
    """An application's iterable with a `close` method."""

    path = ""

    def close(self) -> None:
        """Record the call."""
        closed.append(self.path)


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Respond as the path says."""
    path = environ["PATH_INFO"]
    if path == "/written":
        start("200 OK", [])(b"o")
        return [b"k"]
    if path == "/raises":
        raise RuntimeError("raised by the test")
    if path == "/silent":
        return []
    status, headers, chunks = RESPONSES[path]
    start(status, headers)
    body = ClosableBody(chunks)
    body.path = path
    return body


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Give the port of a server."""
    with serving(app, LIMITS) as (port, _):
        yield port


def send(port: int, *requests: tuple[str, str]) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """Send requests on one connection; return status, headers and body as h11 parses them."""
    responses = []
    client = h11.Connection(h11.CLIENT)
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        for method, path in requests:
            request = h11.Request(method=method, target=path, headers=[("Host", "a")])
            connection.sendall(
                (client.send(request) or b"") + (client.send(h11.EndOfMessage()) or b"")
            )
            status, headers, body = 0, {}, b""
            while not isinstance(event := client.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    client.receive_data(connection.recv(READ_BYTES))
                elif isinstance(event, h11.Response):
                    status, headers = event.status_code, dict(event.headers)
                elif isinstance(event, h11.Data):
                    body += event.data
            responses.append((status, headers, body))
            if client.our_state is h11.DONE:
                client.start_next_cycle()
    return responses


@pytest.mark.parametrize("path", ["/plain", "/parts", "/wrong", "/written"])
def test_content_length_is_the_length_of_the_body(port: int, path: str) -> None:
    """It is correct whatever the application sets, and the connection can be used again."""
    for status, headers, body in send(port, ("GET", path), ("GET", path)):
        assert (status, headers[b"content-length"], body) == (200, b"2", b"ok")
        assert headers[b"date"].endswith(b"GMT")


def test_a_response_without_a_body_sends_none(port: int) -> None:
    """After HEAD, 204 and 304 the next response on the connection is parsed correctly."""
    bodiless = [("HEAD", "/plain"), ("HEAD", "/parts"), ("GET", "/empty"), ("GET", "/unchanged")]
    *bodiless_responses, last = send(port, *bodiless, ("GET", "/plain"))
    framing = [
        (status, headers.get(b"content-length"), body)
        for status, headers, body in bodiless_responses
    ]
    assert framing == [(200, b"2", b""), (200, None, b""), (204, None, b""), (304, b"2", b"")]
    assert (last[0], last[2]) == (200, b"ok")


@pytest.mark.parametrize("path", ["/break", "/feed", "/euro", "/status", "/raises", "/silent"])
def test_a_response_that_cannot_be_sent_becomes_a_500(port: int, path: str) -> None:
    """A line break in a header, an exception, or no response at all results in a 500."""
    ((status, headers, body),) = send(port, ("GET", path))
    assert status == 500
    assert headers[b"content-type"] == b"application/problem+json"
    assert b"X-B" not in body
    assert b"x-b" not in headers


def test_the_iterable_is_closed_once(port: int) -> None:
    """The server calls `close` of the iterable (PEP 3333)."""
    closed.clear()
    send(port, ("GET", "/plain"))
    assert closed == ["/plain"]


def test_http_1_0_connections_persist_only_with_keep_alive(port: int) -> None:
    """An HTTP/1.0 connection is kept open only on request (RFC 9112, section 9.3)."""
    once = exchange(port, b"GET /plain HTTP/1.0\r\n\r\n")
    assert (once.statuses, once.closed) == ([200], True)
    persistent = b"GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    twice = exchange(port, persistent + b"GET /plain HTTP/1.0\r\n\r\n")
    assert (twice.statuses, twice.closed) == ([200, 200], True)
    assert twice.received.count(b"Connection: Keep-Alive") == 1


def test_a_later_version_of_http_1_is_parsed_as_1_1(port: int) -> None:
    """A chunked body is decoded in `HTTP/1.9` too (RFC 9110, section 2.5)."""
    chunks = b"POST /plain HTTP/1.9\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    last = b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    response = exchange(port, chunks + b"2\r\nhi\r\n0\r\n\r\n" + last)
    assert (response.statuses, response.closed) == ([200, 200], True)
