"""No client delays others or loses a response, whatever it sends and when."""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from harness.edge import serving
from harness.polling import wait_until
from harness.raw_http import exchange, read_response
from server.http.interface import Limits
from service import EVENTS

LIMITS = Limits(webhooks=4, payments=4, max_body_bytes=1000, stop_timeout_seconds=5)
CLOSE = b"GET /%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
WEBHOOK = f"POST {EVENTS} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
PIPELINING = 50
FIELDS = 5_000
LARGE_BYTES = 150_000
PROBE_SECONDS = 2.0


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Respond with many bytes on /large, else with few; to webhooks after some work."""
    if environ["PATH_INFO"] == EVENTS:
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass
    start("200 OK", [])
    return [LARGE_BYTES * b"x" if environ["PATH_INFO"] == "/large" else b"ok"]


def test_clients_that_pipeline_webhooks_delay_no_other() -> None:
    """While they have thousands of webhooks in the queue, another client is served in between."""
    with serving(app, LIMITS) as (port, _), ExitStack() as stack:
        for _ in range(PIPELINING):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            client.sendall(100 * WEBHOOK)
        started_at = time.monotonic()
        assert exchange(port, CLOSE % b"probe").statuses == [200]
        assert time.monotonic() - started_at < PROBE_SECONDS


def test_a_request_that_is_ready_when_others_time_out_is_resumed_at_once() -> None:
    """A webhook whose timeout releases what another one waits for wakes it."""
    resumed_after: list[float] = []

    def waiting(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        event = server.new_event()
        if environ["QUERY_STRING"] == "first":
            event.wait(0.3)
            events["second"].set()
            events["set_at"] = time.monotonic()
        else:
            events["second"] = event
            event.wait(30)
            resumed_after.append(time.monotonic() - events["set_at"])
        start("200 OK", [])
        return [b""]

    events: dict[str, Any] = {}
    with serving(waiting, LIMITS) as (port, server), ExitStack() as stack:
        for name in (b"second", b"first"):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            client.sendall(WEBHOOK.replace(b" HTTP", b"?%b HTTP" % name, 1))
            wait_until(lambda: "second" in events, 5, "the second waits")
        wait_until(lambda: bool(resumed_after), 5, "it is resumed")
    assert resumed_after[0] < 0.5  # the loop's longest sleep is a second


def test_many_header_fields_are_refused() -> None:
    """More than a hundred fields, which take much more memory than bytes, are a 431."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
    with serving(app, LIMITS) as (port, _):
        many = exchange(port, head + FIELDS * b"a:\r\n" + b"\r\n")
        assert many.statuses == [431]
        few = head + 98 * b"a:\r\n" + b"Connection: close\r\n\r\n" + 9 * b"x"
        assert exchange(port, few.replace(b"POST", b"PUT", 1)).statuses == [431]
        assert exchange(port, few.replace(b"a:\r\n", b"", 1)).statuses == [200]


def test_the_head_of_an_incomplete_request_counts_towards_the_limit() -> None:
    """So clients that send complete heads without bodies are disconnected beyond the limit."""
    limits = replace(LIMITS, receiving_bytes=200_000)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nX: %b\r\n\r\n" % (20_000 * b"a")
    with serving(app, limits) as (port, server), ExitStack() as stack:
        for _ in range(50):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            client.sendall(head)
        assert exchange(port, CLOSE % b"").statuses == [200]
        [listener] = server._listeners
        wait_until(lambda: len(listener.connections) <= 10, 5, "the limit holds")


@pytest.mark.parametrize("extra", [b"", b"\r\n"])
def test_the_last_response_arrives_complete(extra: bytes) -> None:
    """Also if the client has sent more than its request, and reads slowly."""
    with serving(app, LIMITS) as (port, _), socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.connect(("127.0.0.1", port))
        client.sendall(CLOSE % b"large" + extra)
        response = read_response(client)
    assert response.received.endswith(LARGE_BYTES * b"x")
    assert response.closed


def test_an_upload_over_the_limit_gets_its_413() -> None:
    """The client reads the response after it has sent everything."""
    with serving(app, LIMITS) as (port, _), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
        client.sendall(5_000_000 * b"x")
        assert read_response(client).statuses == [413]


@pytest.mark.parametrize("options", [b"close", b"TE, close", b"keep-alive, Close"])
def test_close_among_other_connection_options_closes(options: bytes) -> None:
    """The header field is a list (RFC 9110, section 7.6.1)."""
    with serving(app, LIMITS) as (port, _):
        request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: %b\r\n\r\n" % options
        response = exchange(port, request)
    assert (response.statuses, response.closed) == ([200], True)
