"""Posts webhooks over kept-open connections, on h11."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import h11

MAX_ANSWER_BYTES = 1024 * 1024
MAX_BODY_KEPT_BYTES = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NotDelivered(Exception):
    """No answer; the text says why."""


class Answered(NamedTuple):
    """The answer to a request: its status, and how its body begins."""

    status: int
    body: bytes


@dataclass(slots=True)
class _Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h11.Connection


class WebhookClient:
    """One connection to each address, kept open; for one request at a time."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._lines: dict[str, _Line] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Sends one request and returns the answer, of its body at most MAX_BODY_KEPT_BYTES.

        Raises:
            NotDelivered: no whole answer within the time.
        """
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(parts, body, headers)
        except TimeoutError:
            self._drop(parts.netloc)
            raise NotDelivered(f"no answer within {self._timeout_seconds} s") from None
        except (OSError, h11.ProtocolError) as error:
            self._drop(parts.netloc)
            raise NotDelivered(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Closes all connections."""
        for netloc in list(self._lines):
            self._drop(netloc)

    async def _exchange(
        self, parts: SplitResult, body: bytes, headers: Mapping[str, str]
    ) -> Answered:
        line = self._lines.get(parts.netloc)
        if line is not None and (line.reader.at_eof() or line.writer.is_closing()):
            # The other side has closed a connection that was idle.
            self._drop(parts.netloc)
            line = None
        if line is None:
            line = await self._connect(parts)
        head = h11.Request(
            method="POST",
            target=parts.path + (f"?{parts.query}" if parts.query else "") or "/",
            headers=[
                ("Host", parts.netloc.rpartition("@")[2]),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
        )
        send = line.state.send
        line.writer.write(
            (send(head) or b"")
            + (send(h11.Data(data=body)) or b"")
            + (send(h11.EndOfMessage()) or b"")
        )
        answered = await _answered(line)
        if line.state.our_state is h11.DONE and line.state.their_state is h11.DONE:
            line.state.start_next_cycle()
        else:
            self._drop(parts.netloc)
        return answered

    async def _connect(self, parts: SplitResult) -> _Line:
        reader, writer = await asyncio.open_connection(
            parts.hostname,
            parts.port or _DEFAULT_PORTS[parts.scheme],
            ssl=True if parts.scheme == "https" else None,
        )
        line = self._lines[parts.netloc] = _Line(reader, writer, h11.Connection(h11.CLIENT))
        return line

    def _drop(self, netloc: str) -> None:
        line = self._lines.pop(netloc, None)
        if line:
            line.writer.close()


async def _answered(line: _Line) -> Answered:
    status, size, kept = 0, 0, b""
    while True:
        event = line.state.next_event()
        if event is h11.NEED_DATA:
            line.state.receive_data(await line.reader.read(65536))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            size += len(event.data)
            kept = (kept + event.data)[:MAX_BODY_KEPT_BYTES]
            if size > MAX_ANSWER_BYTES:
                raise NotDelivered("the answer is too large")
        elif isinstance(event, h11.EndOfMessage):
            return Answered(status, kept)
        elif isinstance(event, h11.ConnectionClosed):
            raise NotDelivered("the connection was closed without an answer")
