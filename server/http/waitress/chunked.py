"""A body in chunks (RFC 9112, section 7.1), read in one way only."""

import re
from typing import Any, Protocol

from waitress.utilities import BadRequest, Error

MAX_LINE_BYTES = 10
"""Eight hexadecimal digits and CRLF."""

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_CRLF = b"\r\n"


class BodyBuffer(Protocol):
    """Where the body is gathered."""

    def append(self, data: bytes) -> None:
        """Adds to its end."""

    def getfile(self) -> Any:  # noqa: ANN401  (waitress's)
        """Returns it as a file."""

    def __len__(self) -> int:
        """Its bytes."""


class ChunkedBody:
    """Gathers the chunks of one body in `buffer`.

    Chunk extensions and trailers are refused: nobody sends them to us, and they are where readers
    differ.
    """

    def __init__(self, buffer: BodyBuffer) -> None:
        self.completed = False
        self.error: Error | None = None
        self._buffer = buffer
        self._line = b""
        self._left = 0
        self._after = self._take_size

    def received(self, data: bytes) -> int:
        """Takes the bytes that come next; returns how many of them belong to this body."""
        place = 0
        while place < len(data) and not (self.completed or self.error):
            if self._left:
                part = data[place : place + self._left]
                self._buffer.append(part)
                self._left -= len(part)
                place += len(part)
                continue
            end = data.find(b"\n", place, place + MAX_LINE_BYTES) + 1 or place + MAX_LINE_BYTES
            self._line += data[place:end]
            place = min(end, len(data))
            if self._line.endswith(b"\n"):
                line, self._line = self._line, b""
                self._after(line)
            elif len(self._line) >= MAX_LINE_BYTES:
                self._refuse()
        return place

    def _take_size(self, line: bytes) -> None:
        size = _SIZE.fullmatch(line)
        if size is None:
            self._refuse()
            return
        self._left = int(size[1], 16)
        self._after = self._take_end_of_chunk if self._left else self._take_end_of_body

    def _take_end_of_chunk(self, line: bytes) -> None:
        self._after = self._take_size
        if line != _CRLF:
            self._refuse()

    def _take_end_of_body(self, line: bytes) -> None:
        self.completed = True
        if line != _CRLF:
            self._refuse()

    def _refuse(self) -> None:
        self.error = BadRequest("the request is malformed: a chunk is not size, CRLF, data, CRLF")

    def __len__(self) -> int:
        return len(self._buffer)

    def getfile(self) -> Any:  # noqa: ANN401  (waitress's)
        """Returns the whole body as a file."""
        return self._buffer.getfile()

    def getbuf(self) -> BodyBuffer:
        """Returns the buffer, which waitress closes."""
        return self._buffer
