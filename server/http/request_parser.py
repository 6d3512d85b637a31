"""Strict parsing of HTTP/1.1 requests: bytes in, a request or a refusal out, no input or output.

If a proxy parses a request differently from the server after it, requests can be smuggled past the
proxy. So whatever RFC 9112 calls malformed, or leaves to the recipient, is refused here; so are
chunk extensions and trailers, which no client of this service needs.
"""

import dataclasses
import re
from urllib.parse import unquote_to_bytes

# RFC 9112, section 2.2: one empty line before a request may be skipped, and nothing else.
_START = re.compile(rb"\r?\Z|(?:\r\n)?(?:[A-Z]|\Z)")
_REQUEST_LINE = re.compile(
    r"(?P<method>[A-Z][A-Z-]{0,31}) (?P<target>[!-~]+) "
    r"HTTP/(?P<major>[0-9])\.(?P<minor>[0-9])"
)
_ABSOLUTE = re.compile(r"https?://(?P<authority>[^/]+)(?P<path>/.*)")
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_NAME, _VALUE = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", r"[\t\x20-\x7e\x80-\xff]*"
_FIELD = re.compile(rf"({_NAME}):({_VALUE})\r\n")
_FIELDS = re.compile(rf"(?:{_NAME}:{_VALUE}\r\n)*")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_CHUNK_SIZE_START = re.compile(rb"[0-9A-Fa-f]{0,8}|[0-9A-Fa-f]{1,8}\r")
_BLANK = " \t"
_MAX_FIELDS = 100
_CRLF, _END_OF_HEAD = b"\r\n", b"\r\n\r\n"
_SINGLE = frozenset(
    (
        *("HOST", "CONTENT_LENGTH", "TRANSFER_ENCODING", "CONTENT_TYPE"),
        *("AUTHORIZATION", "IDEMPOTENCY_KEY", "STRIPE_SIGNATURE", "EXPECT"),
    )
)
"""Header fields that must not be repeated, by their names in WSGI."""

_SET_BY_PROXIES = frozenset(
    (
        *("FORWARDED", "X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_FORWARDED_PROTO"),
        *("X_FORWARDED_PORT", "X_FORWARDED_BY"),
    )
)


@dataclasses.dataclass(slots=True)
class Request:
    """One request.

    `target` is the request target as sent, `path` decoded and with one leading slash. `headers`
    maps names as in WSGI to values. `body` is complete and decoded; empty if there is none, and the
    Content-Length of a chunked one is filled in. Tokens and personal data are in no representation.
    """

    method: str
    target: str = dataclasses.field(repr=False)
    path: str
    query: str = dataclasses.field(repr=False)
    version: str
    headers: dict[str, str] = dataclasses.field(repr=False)
    keep_alive: bool
    body: bytes = dataclasses.field(default=b"", repr=False)


class Refusal(Exception):
    """A request that is refused; the connection can't be used for another one.

    `detail` never quotes the request, which may hold a secret.
    """

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail


class RequestParser:
    """Parses the requests of one connection, one after another.

    A head larger than `max_head_bytes` or a body larger than `max_body_bytes` is refused.
    """

    def __init__(self, max_head_bytes: int, max_body_bytes: int) -> None:
        self._max_head_bytes = max_head_bytes
        self._max_body_bytes = max_body_bytes
        self._buffer = bytearray()
        self._head_bytes = 0  # of the request whose body is incomplete
        self._searched = 0  # bytes of the buffer without the end of a head
        self._request: Request | None = None
        self._length: int | None = None  # of the body; None if it is chunked
        self._chunk_length: int | None = None
        self._chunks = bytearray()

    @property
    def received_bytes(self) -> int:
        """How many bytes it has received that are not a complete request."""
        return self._head_bytes + len(self._buffer) + len(self._chunks)

    @property
    def incomplete(self) -> bool:
        """Whether it has a part of a request."""
        return bool(self._buffer) or self._request is not None

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for 100 (Continue) to send a body (RFC 9110, section 10.1.1)."""
        request = self._request
        return (
            request is not None
            and request.version == "1.1"
            and not self._buffer
            and not self._chunks
            and self._chunk_length is None
            and request.headers.get("EXPECT", "").lower() == "100-continue"
        )

    def receive(self, data: bytes) -> Request | None:
        """Adds bytes; returns the next request once it is complete. Raises Refusal.

        Bytes after it are kept: call it again with none for the request after.
        """
        self._buffer += data
        if self._request is None:
            head = self._take_head()
            if head is None:
                return None
            self._request, self._head_bytes = _request(head), len(head)
            self._length = _body_length(self._request, self._max_body_bytes)
        body = self._take_chunked_body() if self._length is None else self._take(self._length)
        if body is None:
            return None
        request, self._request = self._request, None
        self._head_bytes = 0
        request.body = body
        if self._length is None:
            request.headers["CONTENT_LENGTH"] = str(len(body))
        return request

    def _take_head(self) -> bytes | None:
        if not _START.match(self._buffer[:3]):
            raise _malformed("it does not begin with a method")
        end = self._buffer.find(_END_OF_HEAD, max(2, self._searched - len(_END_OF_HEAD) + 1))
        if (len(self._buffer) if end < 0 else end + len(_END_OF_HEAD)) > self._max_head_bytes:
            raise _head_too_large()
        if end < 0:
            self._searched = len(self._buffer)
            return None
        self._searched = 0
        return self._take(end + len(_END_OF_HEAD))

    def _take(self, count: int) -> bytes | None:
        """Removes so many bytes from the buffer; None if it has fewer."""
        if len(self._buffer) < count:
            return None
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _take_chunked_body(self) -> bytes | None:
        """Decodes the chunks that are complete (RFC 9112, section 7.1); returns the whole body."""
        while True:
            if self._chunk_length is None:
                size = _CHUNK_SIZE.match(self._buffer)
                if size is None:
                    if not _CHUNK_SIZE_START.fullmatch(self._buffer):
                        raise _malformed_chunk()
                    return None
                self._chunk_length = int(size[1], 16)
                _check_size(len(self._chunks) + self._chunk_length, self._max_body_bytes)
                del self._buffer[: size.end()]
            length = self._chunk_length
            if not _CRLF.startswith(self._buffer[length : length + len(_CRLF)]):
                raise _malformed_chunk()
            chunk = self._take(length + len(_CRLF))
            if chunk is None:
                return None
            self._chunk_length = None
            self._chunks += chunk[:length]
            if not length:
                body = bytes(self._chunks)
                self._chunks.clear()
                return body


def _request(head: bytes) -> Request:
    """Parses a head, which ends in an empty line. Raises Refusal."""
    line, _, fields = head.decode("latin-1")[:-2].removeprefix("\r\n").partition("\r\n")
    headers = _headers(fields)
    parts = _REQUEST_LINE.fullmatch(line)
    if parts is None:
        raise _malformed("its first line is not METHOD target HTTP/1.1")
    if parts["major"] != "1":
        raise Refusal(505, "HTTP Version Not Supported", "send HTTP/1.1")
    # RFC 9110, section 2.5: later versions of HTTP/1 are parsed as 1.1.
    version = "1.0" if parts["minor"] == "0" else "1.1"
    host = headers.get("HOST")
    # RFC 9112, section 3.2.
    if not (version == "1.0" if host is None else _HOST.fullmatch(host)):
        raise _malformed("its Host is missing or not a host's name and port")
    path, query = _path_and_query(parts["target"], host)
    options = {option.strip(_BLANK) for option in headers.get("CONNECTION", "").lower().split(",")}
    keep_alive = "close" not in options and (version != "1.0" or "keep-alive" in options)
    return Request(parts["method"], parts["target"], path, query, version, headers, keep_alive)


def _headers(fields: str) -> dict[str, str]:
    """Returns name in WSGI -> value; the values of repeated fields are joined with a comma.

    Fields with an underscore in their name are dropped, since WSGI does not distinguish it from a
    hyphen; so are the fields in which proxies describe the client, since any client can send them.
    """
    if fields.count("\r\n") > _MAX_FIELDS:
        raise _head_too_large()
    if not _FIELDS.fullmatch(fields):
        raise _malformed("a header is not name: value on one line, of printable characters")
    headers: dict[str, str] = {}
    for field, value in _FIELD.findall(fields):
        name = field.upper().replace("-", "_")
        if "_" in field or name in _SET_BY_PROXIES:
            continue
        if name not in headers:
            headers[name] = value.strip(_BLANK)
        elif name in _SINGLE:
            raise _malformed(f"it has more than one {field.lower()}")
        else:
            headers[name] += f", {value.strip(_BLANK)}"
    return headers


def _path_and_query(target: str, host: str | None) -> tuple[str, str]:
    """Returns path and query of a request target (RFC 9112, section 3.2). Raises Refusal."""
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None and absolute["authority"] == host:
        target = absolute["path"]
    if not target.startswith("/") or target.startswith("//") or "#" in target:
        raise _malformed("its target is not a path, or not at this host")
    path, _, query = target.partition("?")
    if "%" in path:
        # Exactly one leading slash, as in WSGI's PATH_INFO: requests are dispatched by path.
        path = "/" + unquote_to_bytes(path).decode("latin-1").lstrip("/")
    return path, query


def _body_length(request: Request, max_body_bytes: int) -> int | None:
    """Returns the body's length, None for a chunked one (RFC 9112, section 6.3). Raises Refusal."""
    length = request.headers.get("CONTENT_LENGTH")
    coding = request.headers.pop("TRANSFER_ENCODING", None)
    if length is not None and not _LENGTH.fullmatch(length):
        raise _malformed("its Content-Length is not a number")
    if coding is None:
        return _check_size(int(length or 0), max_body_bytes)
    if length is not None:
        raise _malformed("it has both Content-Length and Transfer-Encoding")
    if request.version == "1.0":
        raise _malformed("HTTP/1.0 has no Transfer-Encoding")
    if coding.lower() != "chunked":
        raise Refusal(501, "Not Implemented", "only the transfer coding 'chunked' is known")
    return None


def _check_size(body_bytes: int, max_body_bytes: int) -> int:
    if body_bytes > max_body_bytes:
        raise Refusal(413, "Request Entity Too Large", "the body is too large")
    return body_bytes


def _head_too_large() -> Refusal:
    detail = f"more than {_MAX_FIELDS} header fields, or too large ones"
    return Refusal(431, "Request Header Fields Too Large", detail)


def _malformed(detail: str) -> Refusal:
    return Refusal(400, "Bad Request", f"the request is malformed: {detail}")


def _malformed_chunk() -> Refusal:
    return _malformed("a chunk is not size, CRLF, data, CRLF")
