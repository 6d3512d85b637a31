"""A registry that keeps nothing: it notes what it is asked, and answers or fails as it is told."""

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from .ports import free_port


@dataclass(frozen=True)
class RegistryRequest:
    """One request: its line, its Authorization header, and its JSON."""

    method: str
    path: str
    authorization: str | None
    body: Any


class FakeRegistry:
    """Listens while the context lasts; `statuses` are its next answers, after them 204.

    With `hang_seconds` it takes a request and answers only after that.
    """

    def __init__(self) -> None:
        self.received: list[RegistryRequest] = []
        self.statuses: list[int] = []
        self.hang_seconds = 0.0
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/eureka"

    def __enter__(self) -> Self:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                registry.received.append(
                    RegistryRequest(
                        self.command,
                        self.path,
                        self.headers.get("Authorization"),
                        json.loads(body) if body else None,
                    )
                )
                time.sleep(registry.hang_seconds)
                self.send_response(registry.statuses.pop(0) if registry.statuses else 204)
                self.end_headers()

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs is left
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def requests(self) -> list[str]:
        """Return the lines of all requests, without what stands before the application."""
        return [f"{it.method} {it.path.removeprefix('/eureka/apps')}" for it in self.received]
