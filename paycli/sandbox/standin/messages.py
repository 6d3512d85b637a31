"""What comes in over HTTP and what goes out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from urllib.parse import parse_qsl


class Manner(StrEnum):
    """How a reply goes out."""

    WHOLE = auto()
    """At once, as servers do."""
    DRIP = auto()
    """Byte by byte, from the status line on."""
    DRIP_BODY = auto()
    """The headers at once, the body byte by byte."""
    RAW = auto()
    """Only the body, without status line and headers; then the connection closes."""
    LOST = auto()
    """Not at all: the connection closes."""
    RESET = auto()
    """Not at all: the connection is reset (RST)."""


@dataclass(slots=True)
class Request:
    """One request as it came in; header names in lower case, `path` without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parameters(self) -> str:
        """The encoded parameters: of the body, with GET of the query."""
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
class Reply:
    """What is answered, and how it goes out."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def to_json(value: object) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer; `value` may be JSON already rendered, as bytes."""
    body = value if isinstance(value, bytes) else to_json(value)
    return Reply(status, body, {"Content-Type": "application/json", **(headers or {})})
