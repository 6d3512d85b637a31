"""Servers by themselves: with an application of a test, or one that keeps what it was asked."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from server.http.interface import Limits, PollDeliveryReports, WebServer, WsgiApp
from server.http.waitress.server import WaitressServer


@dataclass
class Edge:
    """Where it listens, and method, path and body of each request that the application saw."""

    port: int
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def running(limits: Limits) -> Iterator[Edge]:
    """A server with these limits, on a thread while the context lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    edge = Edge(listening.getsockname()[1])

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        edge.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    with _started(WaitressServer([(app, listening)], limits, time.sleep)):
        yield edge


@contextmanager
def serving(
    app: WsgiApp, limits: Limits, poll_delivery_reports: PollDeliveryReports = time.sleep
) -> Iterator[tuple[int, WaitressServer]]:
    """An application on waitress while the context lasts; gives the port and the server."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = WaitressServer([(app, listening)], limits, poll_delivery_reports)
    with _started(server):
        yield listening.getsockname()[1], server


@contextmanager
def _started(server: WebServer) -> Iterator[None]:
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()
