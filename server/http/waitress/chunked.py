"""Strict decoding of chunked request bodies (RFC 9112, section 7.1)."""

import re
from typing import Any, Protocol

from waitress.utilities import BadRequest, Error

MAX_LINE_BYTES = 10
"""Eight hexadecimal digits and CRLF."""

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_CRLF = b"\r\n"


class BodyBuffer(Protocol):
    """Collects the bytes of the body."""

    def append(self, data: bytes) -> None:
        """Appends bytes."""

    def getfile(self) -> Any:  # noqa: ANN401  (waitress's)
        """Returns the bytes as a file object."""

    def __len__(self) -> int:
        """Returns the number of bytes."""


class ChunkedBody:
    """Decodes one chunked body into `buffer`.

    Chunk extensions and trailers are refused: no client of this service needs them, and parsers
    disagree about them.
    """

    def __init__(self, buffer: BodyBuffer) -> None:
        self.completed = False
        self.error: Error | None = None
        self._buffer = buffer
        self._line = b""
        self._remaining = 0
        self._handle_line = self._read_size

    def received(self, data: bytes) -> int:
        """Consumes the next bytes; returns how many of them belong to this body."""
        position = 0
        while position < len(data) and not (self.completed or self.error):
            if self._remaining:
                part = data[position : position + self._remaining]
                self._buffer.append(part)
                self._remaining -= len(part)
                position += len(part)
                continue
            limit = position + MAX_LINE_BYTES
            end = data.find(b"\n", position, limit) + 1 or limit
            self._line += data[position:end]
            position = min(end, len(data))
            if self._line.endswith(b"\n"):
                line, self._line = self._line, b""
                self._handle_line(line)
            elif len(self._line) >= MAX_LINE_BYTES:
                self._refuse()
        return position

    def _read_size(self, line: bytes) -> None:
        size = _SIZE.fullmatch(line)
        if size is None:
            self._refuse()
            return
        self._remaining = int(size[1], 16)
        self._handle_line = self._read_chunk_end if self._remaining else self._read_body_end

    def _read_chunk_end(self, line: bytes) -> None:
        self._handle_line = self._read_size
        if line != _CRLF:
            self._refuse()

    def _read_body_end(self, line: bytes) -> None:
        self.completed = True
        if line != _CRLF:
            self._refuse()

    def _refuse(self) -> None:
        self.error = BadRequest("the request is malformed: a chunk is not size, CRLF, data, CRLF")

    def __len__(self) -> int:
        return len(self._buffer)

    def getfile(self) -> Any:  # noqa: ANN401  (waitress's)
        """Returns the body as a file object."""
        return self._buffer.getfile()

    def getbuf(self) -> BodyBuffer:
        """Returns the buffer, which waitress closes."""
        return self._buffer
