"""Stopping while a request exceeds the time for it."""

import socket
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any

from server.http.interface import Limits
from server.http.server import HttpServer

LIMITS = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=0.5)


def test_a_request_that_takes_too_long_is_aborted_and_counted() -> None:
    """`run` returns at the stop timeout, with the number of requests without a response."""
    started, proceed = Event(), Event()

    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started.set()
        proceed.wait(10)
        start_response("200 OK", [])
        return [b""]

    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(LIMITS)
    server.listen([(app, listening)])
    aborted: list[int] = []
    thread = Thread(target=lambda: aborted.append(server.run()))
    thread.start()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert started.wait(5)
        server.stop()
        thread.join(5)
        assert aborted == [1]
        proceed.set()
