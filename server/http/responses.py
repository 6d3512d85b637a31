"""A request's WSGI environment, and responses framed as HTTP/1.1 requires (RFC 9112)."""

import io
import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from server.http.interface import WsgiApp
from server.http.request_parser import Refusal, Request
from server.refusals import refusal

_BODILESS = ("204", "304")
"""Statuses without a body (RFC 9110, sections 15.3.5 and 15.4.5)."""

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")


def environment(request: Request, client: str, port: int) -> dict[str, Any]:
    """Returns the request's environment (PEP 3333), from a client's address to our `port`."""
    environ: dict[str, Any] = {f"HTTP_{name}": value for name, value in request.headers.items()}
    for name in _UNPREFIXED:
        if name in request.headers:
            environ[name] = environ.pop(f"HTTP_{name}")
    environ.update(
        {
            "REMOTE_ADDR": client,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query,
            "REQUEST_URI": request.target,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": f"HTTP/{request.version}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.input_terminated": True,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
    )
    return environ


def respond(
    application: WsgiApp, environ: dict[str, Any], request: Request, *, keep_alive: bool
) -> bytes:
    """Returns the application's response, complete. Raises whatever the application raises.

    Raises ValueError for line breaks in its status or headers.
    """
    started: list[Any] = []
    body: list[bytes] = []

    def start_response(*status_and_headers: Any) -> Callable[[bytes], None]:  # noqa: ANN401  (PEP 3333)
        started[:] = status_and_headers[:2]
        return body.append

    chunks: Iterable[bytes] = application(environ, start_response)
    try:
        body += chunks
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started
    return _framed(request, status, headers, b"".join(body), keep_alive=keep_alive)


def refusal_response(refused: Refusal) -> bytes:
    """Returns the response to a request that the application does not get, or fails to serve."""
    headers, body = refusal(refused.status, refused.detail)
    fields = [f"{name}: {value}" for name, value in headers]
    fields += [f"Content-Length: {len(body)}", _date(int(time.time())), "Connection: close"]
    return _head(f"HTTP/1.1 {refused.status} {refused.reason}", fields) + body


def _framed(
    request: Request, status: str, headers: list[tuple[str, str]], body: bytes, *, keep_alive: bool
) -> bytes:
    """Content-Length is computed from the body; only without a body is the application's kept."""
    bodiless = request.method == "HEAD" or status.startswith(_BODILESS)
    fields = [
        f"{name.title()}: {value}"
        for name, value in headers
        if bodiless or name.lower() != "content-length"
    ]
    if not bodiless:
        fields.append(f"Content-Length: {len(body)}")
    fields.append(_date(int(time.time())))
    if not keep_alive:
        fields.append("Connection: close")
    elif request.version == "1.0":
        fields.append("Connection: Keep-Alive")
    return _head(f"HTTP/{request.version} {status}", fields) + (b"" if bodiless else body)


def _head(status_line: str, fields: list[str]) -> bytes:
    lines = [status_line, *fields]
    head = "\r\n".join(lines)
    if head.count("\r") != len(fields) or head.count("\n") != len(fields):
        raise ValueError("the application's status or headers have a line break")
    return f"{head}\r\n\r\n".encode("latin-1")


@lru_cache(maxsize=1)
def _date(unix_seconds: int) -> str:
    return f"Date: {formatdate(unix_seconds, usegmt=True)}"
