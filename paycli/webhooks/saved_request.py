"""A webhook's request as somebody saved it: its body and its signature's header.

Understood are a request as HTTP writes it (also a `.http` file), what `curl -v` or `--trace-ascii`
prints, and JSON with the headers and the body, such as the Stripe CLI's messages.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from paycli.errors import RequestInvalid

_HEADER = "stripe-signature"
_BODY_NAMES = ("event_payload", "body", "payload")
_HEADERS_NAMES = ("http_headers", "headers")
_START = re.compile(rb"(?:> )?(?:POST|PUT) \S+(?: HTTP/[0-9.]+)?\r?$", re.MULTILINE)
_CURL = re.compile(rb"^(?:\*|> |< |=> )", re.MULTILINE)
_TRACE_DATA = re.compile(rb"^[0-9a-f]{4,}: ?", re.MULTILINE)


class NotASavedRequest(RequestInvalid):
    """The file is no saved request with a signature and a body."""

    code = "saved_request_invalid"


@dataclass(frozen=True, slots=True)
class SavedRequest:
    """The raw body, and the value of Stripe-Signature, None if it was not sent."""

    body: bytes
    signature: str | None


def read(raw: bytes) -> SavedRequest:
    """What the file tells. Raises NotASavedRequest."""
    if raw.lstrip()[:1] == b"{":
        return _of_json(raw)
    if raw.startswith(b"> ") or _CURL.search(raw[:4096]):
        return _of_curl(raw)
    start = _START.search(raw)
    if start is None:
        raise NotASavedRequest(
            "this is no saved request: give the body, and the header with --signature"
        )
    return _of_http(raw[start.start() :])


def _of_http(raw: bytes) -> SavedRequest:
    head, blank, body = _parted(raw)
    if not blank:
        raise NotASavedRequest("the saved request has no blank line, and so no body")
    headers = _headers(head)
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) <= len(body):
        body = body[: int(length)]
    return SavedRequest(body, headers.get(_HEADER))


def _parted(raw: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", raw)
    return (raw, b"", b"") if found is None else (raw[: found.start()], b"\n", raw[found.end() :])


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.strip().partition(b":") for line in head.splitlines())
    return {
        name.strip().decode("latin-1").lower(): value.strip().decode("latin-1")
        for name, colon, value in lines
        if colon
    }


def _of_curl(raw: bytes) -> SavedRequest:
    """Curl marks what it sends by `> `, and never shows the body but in a trace."""
    sent = b"\n".join(line[2:] for line in raw.splitlines() if line.startswith(b"> "))
    traced = b"".join(
        line[_TRACE_DATA.match(line).end() :] + b"\n"  # type: ignore[union-attr]  # it matched
        for line in raw.partition(b"=> Send header")[2].splitlines()
        if _TRACE_DATA.match(line)
    )
    signature = _headers(sent or traced).get(_HEADER)
    body = _traced_body(raw) if traced else _behind(raw)
    if body is None:
        found = "" if signature is None else f" (--signature '{signature}')"
        raise NotASavedRequest(f"curl -v does not show the body: give the body's file{found}")
    return SavedRequest(body, signature)


def _behind(raw: bytes) -> bytes | None:
    """What stands between the end of what was sent and the first of curl's own lines."""
    parts = re.split(rb"^> ?\r?\n", raw, maxsplit=1, flags=re.MULTILINE)
    if len(parts) == 1:
        return None
    body = re.split(rb"^(?:\* |< |[{}] \[)", parts[1], maxsplit=1, flags=re.MULTILINE)[0]
    return body.strip(b"\r\n") or None


def _traced_body(raw: bytes) -> bytes | None:
    """What `--trace-ascii` shows in lines of its own, up to the next part."""
    part = raw.partition(b"=> Send data")[2].partition(b"\n")[2]
    lines = []
    for line in part.splitlines():
        found = _TRACE_DATA.match(line)
        if found is None:
            break
        lines.append(line[found.end() :])
    return b"".join(lines) or None


def _of_json(raw: bytes) -> SavedRequest:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotASavedRequest("this looks like JSON, and is none") from None
    body = next((told[name] for name in _BODY_NAMES if isinstance(told.get(name), str)), None)
    headers = next((told[name] for name in _HEADERS_NAMES if told.get(name)), None)
    if body is None or headers is None:
        raise NotASavedRequest(
            "this JSON has no headers and body as text: if it is the body, add --signature"
        )
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = None
    for pair in pairs:
        if isinstance(pair, Mapping):
            name, value = pair.get("name"), pair.get("value")
        else:
            name, value = pair
        if str(name).lower() == _HEADER:
            found = value[0] if isinstance(value, list) and value else value
    return SavedRequest(body.encode(), None if found is None else str(found))
