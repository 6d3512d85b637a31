"""Servers by themselves: with an application of a test, or one that keeps what it was asked."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from server.granian_server import GranianServer
from server.serving import App, Limits, MakeServer, Server, TakeIn
from server.waitress_server import WaitressServer

SERVERS: dict[str, MakeServer] = {"waitress": WaitressServer, "granian": GranianServer}


@dataclass
class Edge:
    """Where it listens, and method, path and body of each request that the application saw."""

    port: int
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)


@contextmanager
def running(make: Callable[[App, socket.socket], Server]) -> Iterator[Edge]:
    """A server, made of an application and its socket, on a thread while the context lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    edge = Edge(listening.getsockname()[1])

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        edge.seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    with _started(make(app, listening)):
        yield edge


@contextmanager
def serving(
    app: App, limits: Limits, take_in: TakeIn = time.sleep
) -> Iterator[tuple[int, WaitressServer]]:
    """An application on waitress while the context lasts; gives the port and the server."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = WaitressServer([(app, listening)], limits, take_in)
    with _started(server):
        yield listening.getsockname()[1], server


@contextmanager
def _started(server: Server) -> Iterator[None]:
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()
