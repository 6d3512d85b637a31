"""A small HTTP server of the tests, in threads: receives requests, responds as the test says."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from .ports import free_port

SHUTDOWN_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class ReceivedRequest:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class LocalServer:
    """Listens on a free port of 127.0.0.1 while the context lasts; subclasses define `respond`."""

    def __init__(self) -> None:
        self.port = free_port()

    def respond(self, request: ReceivedRequest) -> int | tuple[int, bytes]:
        """Handle a request on a thread of its own; return the response's status, and its body."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        respond = self.respond

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                response = respond(ReceivedRequest(self.command, self.path, headers, body))
                status, content = response if isinstance(response, tuple) else (response, b"")
                self.send_response(status)
                if content:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        # Closing does not wait for requests that are still being handled.
        self._server.daemon_threads = True
        self._server.block_on_close = False
        # A client that has disconnected meanwhile is no error.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # as documented
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(SHUTDOWN_POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
