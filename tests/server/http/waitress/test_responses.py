"""What an application answers gets to its client framed as HTTP/1.1 wants it (RFC 9112)."""

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import h11
import pytest

from harness.edge import serving
from harness.raw_http import READ_BYTES, exchange
from server.http.interface import Limits

LIMITS = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=5)

ANSWERS: dict[str, tuple[str, list[tuple[str, str]], list[bytes]]] = {
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


class Chunks(list[bytes]):
    """An application's iterable, which wants to be closed."""

    path = ""

    def close(self) -> None:
        """Note it."""
        closed.append(self.path)


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the path says."""
    path = environ["PATH_INFO"]
    if path == "/written":
        start("200 OK", [])(b"o")
        return [b"k"]
    if path == "/raises":
        raise RuntimeError("as the test wants it")
    if path == "/silent":
        return []
    status, headers, chunks = ANSWERS[path]
    start(status, headers)
    made = Chunks(chunks)
    made.path = path
    return made


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Give the port of a server."""
    with serving(app, LIMITS) as (port, _):
        yield port


def ask(port: int, *requests: tuple[str, str]) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """Status, headers and body of each answer on one connection, read as h11 reads them."""
    found = []
    client = h11.Connection(h11.CLIENT)
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        for method, path in requests:
            asked = h11.Request(method=method, target=path, headers=[("Host", "a")])
            connection.sendall(
                (client.send(asked) or b"") + (client.send(h11.EndOfMessage()) or b"")
            )
            status, headers, body = 0, {}, b""
            while not isinstance(event := client.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    client.receive_data(connection.recv(READ_BYTES))
                elif isinstance(event, h11.Response):
                    status, headers = event.status_code, dict(event.headers)
                elif isinstance(event, h11.Data):
                    body += event.data
            found.append((status, headers, body))
            if client.our_state is h11.DONE:
                client.start_next_cycle()
    return found


@pytest.mark.parametrize("path", ["/plain", "/parts", "/wrong", "/written"])
def test_the_length_is_that_of_what_is_sent(port: int, path: str) -> None:
    """Whatever the application says it is; the connection can be used again."""
    for status, headers, body in ask(port, ("GET", path), ("GET", path)):
        assert (status, headers[b"content-length"], body) == (200, b"2", b"ok")
        assert headers[b"date"].endswith(b"GMT")


def test_what_has_no_body_has_none(port: int) -> None:
    """HEAD, 204 and 304: the next answer on the connection is not mistaken for one."""
    bodiless = [("HEAD", "/plain"), ("HEAD", "/parts"), ("GET", "/empty"), ("GET", "/unchanged")]
    *answers, last = ask(port, *bodiless, ("GET", "/plain"))
    told = [(status, headers.get(b"content-length"), body) for status, headers, body in answers]
    assert told == [(200, b"2", b""), (200, None, b""), (204, None, b""), (304, b"2", b"")]
    assert (last[0], last[2]) == (200, b"ok")


@pytest.mark.parametrize("path", ["/break", "/feed", "/euro", "/status", "/raises", "/silent"])
def test_what_cannot_be_said_is_a_500(port: int, path: str) -> None:
    """A header of more than one line, an error, no answer at all: never sent, never silence."""
    ((status, headers, body),) = ask(port, ("GET", path))
    assert status == 500
    assert headers[b"content-type"] == b"application/problem+json"
    assert b"X-B" not in body
    assert b"x-b" not in headers


def test_the_iterable_is_closed_once(port: int) -> None:
    """PEP 3333: the server calls its `close`."""
    closed.clear()
    ask(port, ("GET", "/plain"))
    assert closed == ["/plain"]


def test_a_client_of_http_1_0_keeps_its_connection_only_if_it_asks_to(port: int) -> None:
    """RFC 9112, section 9.3."""
    once = exchange(port, b"GET /plain HTTP/1.0\r\n\r\n")
    assert (once.statuses, once.closed) == ([200], True)
    kept = b"GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    twice = exchange(port, kept + b"GET /plain HTTP/1.0\r\n\r\n")
    assert (twice.statuses, twice.closed) == ([200, 200], True)
    assert twice.received.count(b"Connection: Keep-Alive") == 1


def test_a_later_version_of_http_1_is_read_as_1_1(port: int) -> None:
    """RFC 9110, section 2.5: a body in chunks is one in `HTTP/1.9` too."""
    chunks = b"POST /plain HTTP/1.9\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    last = b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    heard = exchange(port, chunks + b"2\r\nhi\r\n0\r\n\r\n" + last)
    assert (heard.statuses, heard.closed) == ([200, 200], True)
