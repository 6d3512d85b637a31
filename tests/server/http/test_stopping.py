"""Stopping, where a request takes longer than it may."""

import socket
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any

from waitress import wasyncore

from server.http.interface import Limits
from server.http.waitress.server import WaitressServer

LIMITS = Limits(webhooks=1, payments=1, max_body_bytes=1024, stop_timeout_seconds=0.5)


def test_a_request_that_takes_too_long_is_cut_and_counted() -> None:
    """`run` gives up at the time for stopping and returns how many got no answer."""
    begun, go_on = Event(), Event()

    def app(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        begun.set()
        go_on.wait(10)
        start("200 OK", [])
        return [b""]

    listening = socket.create_server(("127.0.0.1", 0))
    server = WaitressServer([(app, listening)], LIMITS, time.sleep)
    cut: list[int] = []
    thread = Thread(target=lambda: cut.append(server.run()))
    thread.start()
    with socket.create_connection(listening.getsockname()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begun.wait(5)
        server.stop()
        thread.join(5)
        assert cut == [1]
        go_on.set()
    wasyncore.close_all(server.events.map)
