"""Reads the body and the signature of a webhook request that was saved to a file.

Supported formats: a raw HTTP request (also a `.http` file), the output of `curl -v` or
`--trace-ascii`, and JSON with headers and body, such as the messages of the Stripe CLI.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from paycli.errors import RequestInvalid
from paycli.printable import shell_word

_HEADER = "stripe-signature"
_BODY_NAMES = ("event_payload", "body", "payload")
_HEADERS_NAMES = ("http_headers", "headers")
_START = re.compile(rb"(?:> )?(?:POST|PUT) \S+(?: HTTP/[0-9.]+)?\r?$", re.MULTILINE)
_CURL = re.compile(rb"^(?:\*|> |< |=> )", re.MULTILINE)
_LENGTH = re.compile(r"[0-9]{1,15}")
_TRACE_DATA = re.compile(rb"^[0-9a-f]{4,}: ?", re.MULTILINE)


class NotASavedRequest(RequestInvalid):
    """The file is not a saved request with a signature and a body."""

    code = "saved_request_invalid"


@dataclass(frozen=True, slots=True)
class SavedRequest:
    """The raw body and the Stripe-Signature header; `signature` is None if it was not sent."""

    body: bytes
    signature: str | None


def read(raw: bytes) -> SavedRequest:
    """Parses the content of a file. Raises NotASavedRequest."""
    if raw.lstrip()[:1] == b"{":
        return _from_json(raw)
    if raw.startswith(b"> ") or _CURL.search(raw[:4096]):
        return _from_curl(raw)
    start = _START.search(raw)
    if start is None:
        raise NotASavedRequest(
            "the file is not a saved request: pass the body, and the header with --signature"
        )
    return _from_http(raw[start.start() :])


def _from_http(raw: bytes) -> SavedRequest:
    head, blank, body = _split_head(raw)
    if not blank:
        raise NotASavedRequest("the saved request has no blank line and therefore no body")
    headers = _headers(head)
    length = headers.get("content-length", "")
    if _LENGTH.fullmatch(length):
        body = body[: int(length)]
    return SavedRequest(body, headers.get(_HEADER))


def _split_head(raw: bytes) -> tuple[bytes, bytes, bytes]:
    separator = re.search(rb"\r?\n\r?\n", raw)
    if separator is None:
        return raw, b"", b""
    return raw[: separator.start()], b"\n", raw[separator.end() :]


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.strip().partition(b":") for line in head.splitlines())
    return {
        name.strip().decode("latin-1").lower(): value.strip().decode("latin-1")
        for name, colon, value in lines
        if colon
    }


def _from_curl(raw: bytes) -> SavedRequest:
    """Curl prefixes sent lines with `> `, and prints the body only in a trace."""
    sent = b"\n".join(line[2:] for line in raw.splitlines() if line.startswith(b"> "))
    traced = b"".join(
        line[_TRACE_DATA.match(line).end() :] + b"\n"  # type: ignore[union-attr]  # lines without a match are filtered out
        for line in raw.partition(b"=> Send header")[2].splitlines()
        if _TRACE_DATA.match(line)
    )
    signature = _headers(sent or traced).get(_HEADER)
    body = _traced_body(raw) if traced else _text_after_request(raw)
    if body is None:
        option = "" if signature is None else f" (--signature {shell_word(signature)})"
        raise NotASavedRequest(
            f"curl -v does not print the body: pass the file of the body{option}"
        )
    return SavedRequest(body, signature)


def _text_after_request(raw: bytes) -> bytes | None:
    """Returns the text between the sent headers and curl's next own line."""
    parts = re.split(rb"^> ?\r?\n", raw, maxsplit=1, flags=re.MULTILINE)
    if len(parts) == 1:
        return None
    body = re.split(rb"^(?:\* |< |[{}] \[)", parts[1], maxsplit=1, flags=re.MULTILINE)[0]
    return body.strip(b"\r\n") or None


def _traced_body(raw: bytes) -> bytes | None:
    """Returns the body that `--trace-ascii` prints, up to the next section."""
    section = raw.partition(b"=> Send data")[2].partition(b"\n")[2]
    lines = []
    for line in section.splitlines():
        match = _TRACE_DATA.match(line)
        if match is None:
            break
        lines.append(line[match.end() :])
    return b"".join(lines) or None


def _from_json(raw: bytes) -> SavedRequest:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotASavedRequest("the file starts like JSON but is not valid JSON") from None
    body = next((content[name] for name in _BODY_NAMES if isinstance(content.get(name), str)), None)
    headers = next((content[name] for name in _HEADERS_NAMES if content.get(name)), None)
    if body is None or headers is None:
        raise NotASavedRequest(
            "the JSON has no headers and body: if it is the body itself, add --signature"
        )
    signature = None
    for name, value in _pairs(headers):
        if isinstance(name, str) and name.lower() == _HEADER:
            signature = value[0] if isinstance(value, list) and value else value
    if not isinstance(signature, str | None):
        raise NotASavedRequest(f"the header {_HEADER} in the JSON is not a string")
    try:
        return SavedRequest(body.encode(), signature)
    except UnicodeEncodeError:
        raise NotASavedRequest("the body in the JSON is not valid Unicode text") from None


def _pairs(headers: object) -> Iterator[tuple[object, object]]:
    """Yields name and value of each header, in any of the forms that programs write."""
    if isinstance(headers, Mapping):
        yield from headers.items()
        return
    for pair in headers if isinstance(headers, list) else [headers]:
        match pair:
            case {"name": name, "value": value}:
                yield name, value
            case [name, value]:
                yield name, value
            case _:
                raise NotASavedRequest(
                    "the headers in the JSON are neither an object nor a list of pairs"
                )
