"""Posts webhooks over persistent connections, on h11."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import h11

MAX_RESPONSE_BYTES = 1024 * 1024
MAX_STORED_BODY_BYTES = 4096
CLOSED = "the connection was closed without a response"
IDLE_CLOSED = "the server closed the idle connection when the request was sent"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NotDelivered(Exception):
    """There was no response; the text says why."""


class ConnectionClosed(Exception):
    """The server closed the connection before the first byte of a response."""


class PostResult(NamedTuple):
    """The response: its status, and the beginning of its body."""

    status: int
    body: bytes


@dataclass(slots=True)
class _OpenConnection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection


class WebhookClient:
    """One persistent connection to each address; for one request at a time."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._connections: dict[str, _OpenConnection] = {}

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> PostResult:
        """Sends one request; returns at most MAX_STORED_BODY_BYTES of the response's body.

        Raises:
            NotDelivered: there was no complete response within the timeout.
        """
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._exchange(parts, body, headers)
        except TimeoutError:
            self._close(parts.netloc)
            raise NotDelivered(f"no response within {self._timeout_seconds} s") from None
        except (OSError, h11.ProtocolError) as error:
            self._close(parts.netloc)
            raise NotDelivered(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Closes all connections."""
        for netloc in list(self._connections):
            self._close(netloc)

    async def _exchange(
        self, parts: SplitResult, body: bytes, headers: Mapping[str, str]
    ) -> PostResult:
        connection = self._connections.get(parts.netloc)
        if connection and (connection.reader.at_eof() or connection.writer.is_closing()):
            # The server has closed the idle connection.
            self._close(parts.netloc)
            connection = None
        is_reused = connection is not None
        if connection is None:
            connection = await self._connect(parts)
        head = h11.Request(
            method="POST",
            target=parts.path + (f"?{parts.query}" if parts.query else "") or "/",
            headers=[
                ("Host", parts.netloc.rpartition("@")[2]),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
        )
        send = connection.protocol.send
        connection.writer.write(
            (send(head) or b"")
            + (send(h11.Data(data=body)) or b"")
            + (send(h11.EndOfMessage()) or b"")
        )
        try:
            result = await _read_response(connection)
        except ConnectionClosed:
            # A server may close an idle connection while a request is on its way (RFC 9112, 9.5).
            raise NotDelivered(IDLE_CLOSED if is_reused else CLOSED) from None
        protocol = connection.protocol
        if protocol.our_state is h11.DONE and protocol.their_state is h11.DONE:
            protocol.start_next_cycle()
        else:
            self._close(parts.netloc)
        return result

    async def _connect(self, parts: SplitResult) -> _OpenConnection:
        reader, writer = await asyncio.open_connection(
            parts.hostname,
            parts.port or _DEFAULT_PORTS[parts.scheme],
            ssl=True if parts.scheme == "https" else None,
        )
        connection = _OpenConnection(reader, writer, h11.Connection(h11.CLIENT))
        self._connections[parts.netloc] = connection
        return connection

    def _close(self, netloc: str) -> None:
        connection = self._connections.pop(netloc, None)
        if connection:
            connection.writer.close()


async def _read_response(connection: _OpenConnection) -> PostResult:
    status, size, body = 0, 0, b""
    while True:
        event = connection.protocol.next_event()
        if event is h11.NEED_DATA:
            data = await connection.reader.read(65536)
            if not data and not status:
                raise ConnectionClosed
            connection.protocol.receive_data(data)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            size += len(event.data)
            body = (body + event.data)[:MAX_STORED_BODY_BYTES]
            if size > MAX_RESPONSE_BYTES:
                raise NotDelivered("the response is too large")
        elif isinstance(event, h11.EndOfMessage):
            return PostResult(status, body)
