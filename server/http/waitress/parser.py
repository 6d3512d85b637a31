"""Strict parsing of HTTP/1.1 requests: ambiguous requests are refused.

If a proxy parses a request differently from the server after it, requests can be smuggled past the
proxy. So whatever RFC 9112 calls malformed, or leaves to the recipient, closes the connection here.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.proxy_headers import PROXY_HEADERS
from waitress.receiver import FixedStreamReceiver
from waitress.utilities import BadRequest, Error, ServerNotImplemented

from server.http.grammar import HOST, METHOD
from server.http.waitress.chunked import ChunkedBody

# RFC 9112, section 2.2: one empty line before a request may be skipped, and nothing else.
_START = re.compile(rb"\r?\Z|(?:\r\n)?(?:[A-Z]|\Z)")
_REQUEST_LINE = re.compile(
    rf"(?P<method>{METHOD.pattern}) (?P<target>[!-~]+) HTTP/(?P<major>[0-9])\.(?P<minor>[0-9])"
)
_ABSOLUTE = re.compile(r"https?://(?P<authority>[^/]+)(?P<path>/.*)")
_NAME, _VALUE = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", r"[\t\x20-\x7e\x80-\xff]*"
_HEADER = re.compile(rf"({_NAME}):({_VALUE})\r\n")
_HEADERS = re.compile(rf"(?:{_NAME}:{_VALUE}\r\n)*(?:\r\n)?")
_BLANK = " \t"
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_SINGLE = frozenset(
    (
        *("HOST", "CONTENT_LENGTH", "TRANSFER_ENCODING", "CONTENT_TYPE"),
        *("AUTHORIZATION", "IDEMPOTENCY_KEY", "STRIPE_SIGNATURE", "EXPECT"),
    )
)
"""Header fields that must not be repeated, by their names in WSGI."""


class RequestTimeout(Error):
    """The request was not complete in time (408)."""

    code = 408
    reason = "Request Timeout"


class VersionNotSupported(Error):
    """The request's version of HTTP is not supported (505)."""

    code = 505
    reason = "HTTP Version Not Supported"


class _Refused(Exception):
    def __init__(self, error: Error) -> None:
        super().__init__(error.body)
        self.error = error


class StrictRequest(HTTPRequestParser):
    """One request; once `error` is set, the request is refused and nothing more is read."""

    body_rcv: Any

    def received(self, data: bytes) -> int:
        """Consumes the next bytes; returns how many of them belong to this request."""
        try:
            if self.body_rcv is None and not _START.match(self.header_plus[:3] + data[:3]):
                raise _malformed("it does not begin with a method")
            consumed: int = super().received(data)
        except _Refused as refused:
            self.error = refused.error
            self.completed = True
        if self.completed:
            self.expect_continue = False  # no body is read, so no 100 (Continue) is sent
        return len(data) if self.error else consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parses request line and header fields in place of waitress. Raises _Refused."""
        line, _, block = header_plus.decode("latin-1").partition("\r\n")
        self.headers = headers = _headers(block)
        host = headers.get("HOST")
        self.command, self.request_uri, target, self.version = _request_line(line, host)
        _check_host(self.version, host)
        _check_length(self.version, headers)
        path, _, self.query = target.partition("?")
        if "%" in path:
            # Exactly one leading slash, as in WSGI's PATH_INFO: requests are dispatched by path.
            path = "/" + unquote_to_bytes(path).decode("latin-1").lstrip("/")
        self.path = path
        self.url_scheme = self.adj.url_scheme
        connection = headers.get("CONNECTION", "").lower()
        if self.version == "1.0":
            self.connection_close = connection != "keep-alive"
        else:
            self.connection_close = connection == "close"
            self.expect_continue = headers.get("EXPECT", "").lower() == "100-continue"
        if headers.pop("TRANSFER_ENCODING", None) is not None:
            self.chunked = True
            self.body_rcv = ChunkedBody(OverflowableBuffer(self.adj.inbuf_overflow))
        else:
            self.content_length = int(headers.get("CONTENT_LENGTH", "0"))
            if self.content_length:
                buffer = OverflowableBuffer(self.adj.inbuf_overflow)
                self.body_rcv = FixedStreamReceiver(self.content_length, buffer)


def _malformed(detail: str) -> _Refused:
    """`detail` never quotes the request, which may hold a secret."""
    return _Refused(BadRequest(f"the request is malformed: {detail}"))


def _headers(block: str) -> dict[str, str]:
    """Returns name in WSGI -> value; the values of repeated fields are joined with a comma.

    Fields with an underscore in their name are dropped, since WSGI does not distinguish it from a
    hyphen; so are the fields in which proxies describe the client, since any client can send them.
    """
    if not _HEADERS.fullmatch(block):
        raise _malformed("a header is not name: value on one line, of printable characters")
    headers: dict[str, str] = {}
    for field, value in _HEADER.findall(block):
        name = field.upper().replace("-", "_")
        if "_" in field or name in PROXY_HEADERS:
            continue
        if name not in headers:
            headers[name] = value.strip(_BLANK)
        elif name in _SINGLE:
            raise _malformed(f"it has more than one {field.lower()}")
        else:
            headers[name] += f", {value.strip(_BLANK)}"
    return headers


def _request_line(line: str, host: str | None) -> tuple[str, str, str, str]:
    """Returns method, target, target from its path on, and version (RFC 9112, section 3)."""
    parts = _REQUEST_LINE.fullmatch(line)
    if parts is None:
        raise _malformed("its first line is not METHOD target HTTP/1.1")
    if parts["major"] != "1":
        raise _Refused(VersionNotSupported("send HTTP/1.1"))
    original = target = parts["target"]
    absolute = _ABSOLUTE.fullmatch(original)
    if absolute is not None and absolute["authority"] == host:
        target = absolute["path"]
    if not target.startswith("/") or target.startswith("//") or "#" in target:
        raise _malformed("its target is not a path, or not at this host")
    # RFC 9110, section 2.5: later versions of HTTP/1 are parsed as 1.1.
    return parts["method"], original, target, "1.0" if parts["minor"] == "0" else "1.1"


def _check_host(version: str, host: str | None) -> None:
    """RFC 9112, section 3.2."""
    if host is None and version == "1.0":
        return
    if host is None or not HOST.fullmatch(host):
        raise _malformed("its Host is missing or not a host's name and port")


def _check_length(version: str, headers: dict[str, str]) -> None:
    """Checks that the end of the body is unambiguous (RFC 9112, section 6.3)."""
    length, coding = headers.get("CONTENT_LENGTH"), headers.get("TRANSFER_ENCODING")
    if length is not None and not _LENGTH.fullmatch(length):
        raise _malformed("its Content-Length is not a number")
    if coding is None:
        return
    if length is not None:
        raise _malformed("it has both Content-Length and Transfer-Encoding")
    if version == "1.0":
        raise _malformed("HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() != "chunked":
        raise _Refused(ServerNotImplemented("only the transfer coding 'chunked' is known"))
