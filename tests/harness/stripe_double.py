"""A server that plays Stripe, for what stripe-mock cannot show: memory, faults and delays."""

import os
import socket
import struct
import threading
from collections import deque
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from .stripe_plays import Play, Stage, ordinary
from .stripe_replies import Manner, Received, Reply

DRIP_INTERVAL_SECONDS = 0.1
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class StripeDouble:
    """Serves on `url` while the context lasts.

    Each request takes the next play that `answers` was told; without one, `play` decides, which
    is `ordinary` unless set. `requests` holds all that came in, in order. An error in a play is
    raised when the context ends.
    """

    def __init__(self) -> None:
        self.play: Play = ordinary
        self.stage = Stage()
        self.drip_interval_seconds = DRIP_INTERVAL_SECONDS
        self._plays: deque[Play] = deque()
        self._requests: list[Received] = []
        self._errors: list[Exception] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        if self._errors and error is None:
            raise self._errors[0]

    @property
    def requests(self) -> list[Received]:
        """All requests received so far, a copy."""
        with self._lock:
            return list(self._requests)

    def answers(self, *plays: Play) -> None:
        """Tell what the next requests meet, one play each."""
        with self._lock:
            self._plays.extend(plays)

    def release(self) -> None:
        """Let everything that hangs go on, now and from now on."""
        self.stage.released.set()

    def _perform(self, received: Received) -> Reply:
        with self._lock:
            self._requests.append(received)
            play = self._plays.popleft() if self._plays else self.play
        try:
            return play(received, self.stage)
        except Exception as error:
            self._errors.append(error)
            raise


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, double: StripeDouble) -> None:
        self.double = double
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def close_connections(self) -> None:
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        """A client that went away in the middle is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = urlsplit(self.path)
        received = Received(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        self._send(self.server.double._perform(received))

    do_GET = do_DELETE = do_POST  # noqa: N815 - as inherited

    def _send(self, reply: Reply) -> None:
        head = _head(reply)
        match reply.manner:
            case Manner.WHOLE:
                self.wfile.write(head + reply.body)
            case Manner.DRIP_HEADERS:
                self._drip(head + reply.body)
            case Manner.DRIP_BODY:
                self.wfile.write(head)
                self._drip(reply.body)
            case Manner.RAW:
                self.wfile.write(reply.body)
                self.close_connection = True
            case Manner.LOST:
                self.close_connection = True
            case Manner.RESET:
                self._reset()

    def _drip(self, content: bytes) -> None:
        double = self.server.double
        for position in range(len(content)):
            if double._stopped.wait(double.drip_interval_seconds):
                break
            self.wfile.write(content[position : position + 1])

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        # An ordinary close would first say goodbye (FIN), which is not a reset.
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        """Say nothing: `StripeDouble.requests` is the log."""


def _head(reply: Reply) -> bytes:
    reason = responses.get(reply.status, "")
    headers = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
