"""What a server that plays Stripe receives and answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qsl

Form = dict[str, str]


class Manner(Enum):
    """How a reply goes out."""

    WHOLE = auto()
    """At once, as servers do."""
    DRIP_HEADERS = auto()
    """The status line and headers byte by byte."""
    DRIP_BODY = auto()
    """The headers at once, the body byte by byte."""
    RAW = auto()
    """Only the body, without status line and headers; then the connection closes."""
    LOST = auto()
    """Not at all: the connection closes."""
    RESET = auto()
    """Not at all: the connection is reset (RST)."""


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in lower case, `path` without the query."""

    method: str
    path: str
    query: Form
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> Form:
        """The form parameters, decoded: `{"amount": "2000", "metadata[reference]": "b-1"}`."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key header."""
        return self.headers.get("idempotency-key")


@dataclass(frozen=True)
class Reply:
    """What is answered, and how it goes out."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a JSON answer with Stripe's content type, and `headers` beside it."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    return Reply(status, json.dumps(value).encode(), headers)


def error_reply(
    status: int, kind: str, message: str, headers: Mapping[str, str] | None = None, **more: str
) -> Reply:
    """Return an error in Stripe's shape; `more` are its other fields, such as `code`."""
    return json_reply(status, {"error": {"type": kind, "message": message} | more}, headers)
