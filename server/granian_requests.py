"""What lies between granian and the application: requests checked and whole, each in its pool.

granian hands on a request once its headers are there, and holds a thread while the body comes. How
it reads a request is hyper's affair, which ends the connection where the end of a request could be
seen in two places; what it takes more easily than `server.strict_requests` is refused here.
"""

import io
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import BoundedSemaphore
from typing import Any, Protocol

from server.grammar import HOST, METHOD
from server.middleware import refusal
from server.serving import MAX_HEADER_BYTES, SLOW_PATHS, SPARE_THREADS, App, Limits

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]

SMALL_BODY_BYTES = 65_536
"""Larger bodies are received a few at a time, so that all together they stay within memory."""

_CLOSE = ("Connection", "close")
_SERVER = ("Server", "paycli")
"""Without one granian would give its own name."""

_SURROUNDINGS: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Sender(Protocol):
    """Where granian takes an answer."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Sends it."""


class _Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Pools:
    """Two pools of places: what may wait for Stripe never takes a webhook's place."""

    def __init__(self, limits: Limits) -> None:
        self._quick = BoundedSemaphore(limits.threads + SPARE_THREADS)
        self._slow = BoundedSemaphore(limits.payment_threads + SPARE_THREADS)

    def place(self, path: str) -> AbstractContextManager[object]:
        """One for a request to this path, waited for."""
        return self._slow if path.startswith(SLOW_PATHS) else self._quick


class Gate:
    """Lets requests through to one application; granian calls it, in many threads.

    Once `stopping` says so, answers tell the client not to use the connection again.
    """

    def __init__(
        self, app: App, limits: Limits, pools: Pools, stopping: Callable[[], bool]
    ) -> None:
        self._app = app
        self._max_body_bytes = limits.max_body_bytes
        self._pools = pools
        self._stopping = stopping
        self._large = BoundedSemaphore(max(1, limits.receiving_bytes // limits.max_body_bytes))
        self._under_way: set[Sender] = set()

    def under_way(self) -> int:
        """How many whole requests have no answer yet."""
        return len(self._under_way)

    def __call__(self, sender: Sender, environ: Environ) -> None:
        """Answers one request."""
        try:
            _check(environ)
            body = self._receive(environ)
        except _Refused as refused:
            sender.response_bytes(*_refusal(refused))
            return
        environ |= _SURROUNDINGS
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        self._under_way.add(sender)
        try:
            with self._pools.place(environ["PATH_INFO"]):
                status, headers, content = _call(self._app, environ)
            if self._stopping():
                headers.append(_CLOSE)
            sender.response_bytes(status, headers, content)
        finally:
            self._under_way.discard(sender)

    def _receive(self, environ: Environ) -> bytes:
        """The whole body. Raises _Refused.

        Where it breaks off, granian gives what there was as if it were all. Of one in chunks that
        can't be seen; but half of a JSON object is none, and nothing at all is refused.
        """
        coding, length = environ.get("HTTP_TRANSFER_ENCODING"), environ.get("CONTENT_LENGTH")
        if coding is None and length is None:
            return b""
        wanted = self._max_body_bytes + 1 if length is None else int(length)
        if length is not None and wanted > self._max_body_bytes:
            raise self._too_large()
        receive = environ["wsgi.input"].read
        body: bytes = receive(min(wanted, SMALL_BODY_BYTES))
        if len(body) == SMALL_BODY_BYTES < wanted:
            with self._large:
                body += receive(wanted - SMALL_BODY_BYTES)
        if len(body) > self._max_body_bytes:
            raise self._too_large()
        if not body if length is None else len(body) < wanted:
            raise _malformed("its body does not come to its end, or its chunks hold nothing")
        return body

    def _too_large(self) -> _Refused:
        return _Refused(413, f"the body may have {self._max_body_bytes} bytes")


def _check(environ: Environ) -> None:
    """What `server.strict_requests` refuses and hyper does not, as far as it can be seen here."""
    path, host = environ["PATH_INFO"], environ["HTTP_HOST"]
    if sum(len(value) for value in environ.values() if isinstance(value, str)) > MAX_HEADER_BYTES:
        raise _Refused(431, f"the headers may have {MAX_HEADER_BYTES} bytes")
    if not METHOD.fullmatch(environ["REQUEST_METHOD"]):
        raise _malformed("its method is not one")
    if not path.startswith("/") or path.startswith("//"):
        raise _malformed("its target is not a path")
    if not HOST.fullmatch(host) and (host or _is_11(environ)):
        raise _malformed("its Host is missing or not a host's name and port")
    if "," in environ.get("HTTP_AUTHORIZATION", ""):
        raise _malformed("it has more than one authorization")
    coding = environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower()
    if coding != "chunked":
        raise _Refused(501, "only the transfer coding 'chunked' is known")


def _is_11(environ: Environ) -> bool:
    return bool(environ["SERVER_PROTOCOL"] == "HTTP/1.1")


def _malformed(what: str) -> _Refused:
    """Says what is wrong, never in the sender's words: they may hold a secret."""
    return _Refused(400, f"the request is malformed: {what}")


def _refusal(refused: _Refused) -> Answer:
    headers, body = refusal(refused.status, refused.detail)
    return refused.status, [*headers, _SERVER, _CLOSE], body


def _call(app: App, environ: Environ) -> Answer:
    """What the application answers (PEP 3333)."""
    told: list[tuple[int, Headers]] = []

    def start_response(status: str, headers: Headers, _error: object = None) -> None:
        told.append((int(status[:3]), [*headers, _SERVER]))

    parts = app(environ, start_response)
    try:
        content = b"".join(parts)
    finally:
        getattr(parts, "close", lambda: None)()
    return (*told[-1], content)
