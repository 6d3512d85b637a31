"""Responses framed as HTTP/1.1 requires (RFC 9112): the application's, and refusals."""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from waitress.task import WSGITask
from waitress.utilities import build_http_date

from server.refusals import refusal

_BODILESS = ("204", "304")
"""Statuses without a body (RFC 9110, sections 15.3.5 and 15.4.5)."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Task(WSGITask):
    """Runs the application for a request of a connection."""

    def response(self, application: Application) -> bytes:
        """Returns the application's response, complete. Raises whatever the application raises."""
        self.start()
        started: list[Any] = []
        body: list[bytes] = []

        def start_response(*status_and_headers: Any) -> Callable[[bytes], None]:  # noqa: ANN401  (PEP 3333)
            started[:] = status_and_headers[:2]
            return body.append

        chunks = application(self.get_environment(), start_response)
        try:
            body += chunks
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        return self._framed(status, headers, b"".join(body))

    def _framed(self, status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
        """Frames the response (RFC 9112). Raises ValueError for line breaks in status or headers.

        Content-Length is computed from the body; only without a body is the application's kept.
        """
        bodiless = self.request.command == "HEAD" or status.startswith(_BODILESS)
        fields = [
            f"{name.title()}: {value}"
            for name, value in headers
            if bodiless or name.lower() != "content-length"
        ]
        if not bodiless:
            fields.append(f"Content-Length: {len(body)}")
        fields.append(f"Date: {_http_date(int(self.start_time))}")
        if self.request.connection_close or self.channel.server.loop.stopping:
            self.close_on_finish = True
            fields.append("Connection: close")
        elif self.version == "1.0":
            fields.append("Connection: Keep-Alive")
        return _head(f"HTTP/{self.version} {status}", fields) + (b"" if bodiless else body)


def refusal_response(code: int, reason: str, detail: str) -> bytes:
    """Returns the response to a request that the application does not get, or fails to serve."""
    headers, body = refusal(code, detail)
    fields = [f"{name}: {value}" for name, value in headers]
    fields += [f"Content-Length: {len(body)}", f"Date: {_http_date(int(time.time()))}"]
    return _head(f"HTTP/1.1 {code} {reason}", [*fields, "Connection: close"]) + body


def _head(status_line: str, fields: list[str]) -> bytes:
    lines = [status_line, *fields]
    head = "\r\n".join(lines)
    if head.count("\r") != len(fields) or head.count("\n") != len(fields):
        raise ValueError("the application's status or headers have a line break")
    return f"{head}\r\n\r\n".encode("latin-1")


@lru_cache(maxsize=1)
def _http_date(unix_seconds: int) -> str:
    date: str = build_http_date(unix_seconds)
    return date
