"""HTTP requests and responses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from urllib.parse import parse_qsl


class SendMode(StrEnum):
    """How a response is sent."""

    COMPLETE = auto()
    """In one write."""
    DRIP = auto()
    """Byte by byte, starting with the status line."""
    DRIP_BODY = auto()
    """The headers in one write, the body byte by byte."""
    RAW = auto()
    """Only the body, without status line and headers; then the connection closes."""
    DISCONNECT = auto()
    """Nothing is sent; the connection closes."""
    RESET = auto()
    """Nothing is sent; the connection is reset (RST)."""


@dataclass(slots=True)
class HttpRequest:
    """A request as received; header names in lower case, `path` without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> str:
        """The encoded parameters: the query of a GET, else the body."""
        return self.query if self.method == "GET" else self.body.decode("utf-8", "replace")

    @property
    def form(self) -> dict[str, str]:
        """The form parameters, decoded: `{"amount": "2000", "metadata[reference]": "b-1"}`."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header."""
        return self.headers.get("idempotency-key")


@dataclass(slots=True)
class HttpResponse:
    """A response and how it is sent; Content-Length is added when it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    mode: SendMode = SendMode.COMPLETE


def to_json(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def json_response(
    status: int, value: object, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A JSON response; `value` as bytes is sent as it is."""
    body = value if isinstance(value, bytes) else to_json(value)
    return HttpResponse(status, body, {"Content-Type": "application/json", **(headers or {})})
