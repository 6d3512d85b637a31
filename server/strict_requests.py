"""HTTP/1.1 requests as strangers send them: what could be read in two ways is refused.

A proxy in front that reads a request otherwise than the server behind it lets requests be smuggled
past it. So whatever RFC 9112 calls malformed, or leaves to the recipient, ends the connection here.
"""

import re
from collections import Counter
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest, Error, ServerNotImplemented

from server.chunks import Chunks
from server.grammar import HOST, METHOD

# RFC 9112, section 2.2: one empty line before a request may be skipped. Nothing else comes first.
_BEGINNING = re.compile(rb"\r?\Z|(?:\r\n)?(?:[A-Z]|\Z)")
_REQUEST_LINE = re.compile(
    rb"(?P<method>%b) (?P<target>[!-~]+) HTTP/(?P<major>[0-9])\.(?P<minor>[0-9])" % METHOD.pattern
)
_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/]+)(?P<path>/.*)")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_SINGLE = (
    *(b"host", b"content-length", b"transfer-encoding", b"content-type"),
    *(b"authorization", b"idempotency-key", b"stripe-signature", b"expect"),
)
"""Headers that mean one thing only if they are there once."""


class RequestTimeout(Error):
    """The request did not come in time (408)."""

    code = 408
    reason = "Request Timeout"


class VersionNotSupported(Error):
    """The request speaks a version of HTTP that is not ours (505)."""

    code = 505
    reason = "HTTP Version Not Supported"


class _Refused(Exception):
    def __init__(self, error: Error) -> None:
        super().__init__(error.body)
        self.error = error


class StrictRequest(HTTPRequestParser):
    """One request; `error` is what it is refused with, and then nothing more is read."""

    body_rcv: Any

    def received(self, data: bytes) -> int:
        """Takes the bytes that come next; returns how many of them belong to this request."""
        try:
            if self.body_rcv is None and not _BEGINNING.match(self.header_plus[:3] + data[:3]):
                raise _malformed("it does not begin with a method")
            consumed: int = super().received(data)
        except _Refused as refused:
            self.error = refused.error
            self.completed = True
        if self.completed:
            self.expect_continue = False  # no more is wanted, so nobody is asked to go on
        return len(data) if self.error else consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Checks the request line and headers, then reads them. Raises _Refused."""
        first, _, rest = header_plus.partition(b"\r\n")
        headers = _headers(rest)
        version = _check_line(first, headers)
        _check_host(version, headers)
        _check_length(version, headers)
        super().parse_header(header_plus)
        if self.chunked:
            self.body_rcv = Chunks(OverflowableBuffer(self.adj.inbuf_overflow))


def _malformed(what: str) -> _Refused:
    """Says what is wrong, never in the sender's words: they may hold a secret."""
    return _Refused(BadRequest(f"the request is malformed: {what}"))


def _headers(block: bytes) -> dict[bytes, bytes]:
    """Lower-case name -> value, the last one where there are several."""
    headers: dict[bytes, bytes] = {}
    counts: Counter[bytes] = Counter()
    for line in block.split(b"\r\n"):
        if not line:
            continue
        name, colon, value = line.partition(b":")
        if not (colon and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise _malformed("a header is not name: value on one line, of printable characters")
        headers[name.lower()] = value.strip(b" \t")
        counts[name.lower()] += 1
    for name in _SINGLE:
        if counts[name] > 1:
            raise _malformed(f"it has more than one {name.decode()}")
    return headers


def _check_line(line: bytes, headers: dict[bytes, bytes]) -> bytes:
    """The version, once method and target are what they may be (RFC 9112, section 3)."""
    parts = _REQUEST_LINE.fullmatch(line)
    # Only for the empty request that stands in for one with too long headers.
    if parts is None and line == b"GET / HTTP/1.0":
        return b"1.0"
    if parts is None:
        raise _malformed("its first line is not METHOD target HTTP/1.1")
    if parts["major"] != b"1":
        raise _Refused(VersionNotSupported("send HTTP/1.1"))
    target: bytes = parts["target"]
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None and absolute["authority"] == headers.get(b"host"):
        target = absolute["path"]
    if not target.startswith(b"/") or target.startswith(b"//") or b"#" in target:
        raise _malformed("its target is not a path, or not at this host")
    return b"1." + parts["minor"]


def _check_host(version: bytes, headers: dict[bytes, bytes]) -> None:
    """RFC 9112, section 3.2."""
    host = headers.get(b"host")
    if host is None and version == b"1.0":
        return
    if host is None or not HOST.fullmatch(host):
        raise _malformed("its Host is missing or not a host's name and port")


def _check_length(version: bytes, headers: dict[bytes, bytes]) -> None:
    """One way only to say where the body ends (RFC 9112, section 6.3)."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if length is not None and not _LENGTH.fullmatch(length):
        raise _malformed("its Content-Length is not a number")
    if coding is None:
        return
    if length is not None:
        raise _malformed("it has both Content-Length and Transfer-Encoding")
    if version == b"1.0":
        raise _malformed("HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() != b"chunked":
        raise _Refused(ServerNotImplemented("only the transfer coding 'chunked' is known"))
