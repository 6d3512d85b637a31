"""Servers by themselves: with an application of a test, or one that keeps what it was asked."""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from server.http.interface import Limits, WsgiApp
from server.http.server import HttpServer


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

    with _started(HttpServer(limits), app, listening):
        yield edge


@contextmanager
def serving(app: WsgiApp, limits: Limits) -> Iterator[tuple[int, HttpServer]]:
    """A server with an application while the context lasts; gives the port and the server."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(limits)
    with _started(server, app, listening):
        yield listening.getsockname()[1], server


@contextmanager
def _started(server: HttpServer, app: WsgiApp, listening: socket.socket) -> Iterator[None]:
    server.listen([(app, listening)])
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()
