"""HTTP/1.1 over one TCP connection: requests in order, kept alive between them."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from http.client import responses
from urllib.parse import unquote

import h11

from paycli.sandbox.standin.http.messages import HttpRequest, HttpResponse, SendMode

_log = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 * 1024 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

EventStream = AsyncIterator[bytes]
HandlerResult = HttpResponse | Awaitable[HttpResponse] | EventStream
Handler = Callable[[HttpRequest], HandlerResult]
"""Handles a request: a response, a response later, or a stream of `text/event-stream`."""


class ClientConnection(asyncio.Protocol):
    """Serves one client; it is in `open_connections` until the connection has ended."""

    def __init__(
        self,
        handler: Handler,
        open_connections: "set[ClientConnection]",
        drip_seconds: Callable[[], float],
    ) -> None:
        self._handler = handler
        self._open_connections = open_connections
        self._drip_seconds = drip_seconds
        self._h11 = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._streaming = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Implements asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        """Implements asyncio.Protocol."""
        # As at Stripe, a request in progress is completed although its client has disconnected.
        if self._task and self._streaming:
            self._task.cancel()
        elif self._task is None:
            self._open_connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Implements asyncio.Protocol."""
        self._h11.receive_data(data)
        self._read_requests()

    def close(self) -> None:
        """Aborts the connection and the request in progress."""
        self._transport.abort()
        if self._task:
            self._task.cancel()

    def _read_requests(self) -> None:
        """Handles received data until a request is in progress or more data is needed."""
        try:
            while self._task is None and not self._transport.is_closing():
                event = self._h11.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                if isinstance(event, h11.Request):
                    self._head = event
                    if self._h11.they_are_waiting_for_100_continue:
                        go_on = h11.InformationalResponse(status_code=100, headers=[])
                        self._transport.write(self._h11.send(go_on) or b"")
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > MAX_BODY_BYTES:
                        self.close()
                        return
                elif isinstance(event, h11.EndOfMessage):
                    self._handle_request()
                elif isinstance(event, h11.ConnectionClosed):
                    self._transport.close()
                    return
        except h11.RemoteProtocolError:
            self._send_bad_request()

    def _handle_request(self) -> None:
        assert self._head is not None
        target, _, query = self._head.target.decode("ascii").partition("?")
        request = HttpRequest(
            self._head.method.decode("ascii"),
            unquote(target),
            query,
            {name.decode(): value.decode("latin-1") for name, value in self._head.headers},
            bytes(self._body),
        )
        self._body.clear()
        result = self._handler(request)
        if isinstance(result, HttpResponse) and result.mode is SendMode.COMPLETE:
            self._send(result)
        else:
            self._task = asyncio.ensure_future(self._send_later(result))

    async def _send_later(self, result: HandlerResult) -> None:
        try:
            if isinstance(result, AsyncIterator):
                self._streaming = True
                await self._stream(result)
                return
            response = result if isinstance(result, HttpResponse) else await result
            await self._send_in_mode(response)
        except Exception:  # noqa: BLE001  (the client must not wait for a response that never comes)
            _log.exception("a bug in the stand-in: no response was sent")
            self._transport.abort()
        finally:
            self._task = None
            self._streaming = False
            if self._transport.is_closing():
                self._open_connections.discard(self)
        self._read_requests()

    def _send(self, response: HttpResponse) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(self._encode(response))
        self._end_cycle()

    def _end_cycle(self) -> None:
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        else:
            self._transport.close()

    def _encode(self, response: HttpResponse) -> bytes:
        headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
        reason = responses.get(response.status, "").encode()
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        encoded = self._h11.send(head) or b""
        encoded += self._h11.send(h11.Data(data=response.body)) or b""
        return encoded + (self._h11.send(h11.EndOfMessage()) or b"")

    async def _send_in_mode(self, response: HttpResponse) -> None:
        if self._transport.is_closing():
            return
        match response.mode:
            case SendMode.COMPLETE:
                self._send(response)
            case SendMode.DRIP:
                await self._drip(self._encode(response))
            case SendMode.DRIP_BODY:
                encoded = self._encode(response)
                self._transport.write(encoded[: len(encoded) - len(response.body)])
                await self._drip(response.body)
            case SendMode.RAW:
                self._transport.write(response.body)
                self._transport.close()
            case SendMode.DISCONNECT:
                self._transport.close()
            case SendMode.RESET:
                raw = self._transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                self._transport.abort()

    async def _drip(self, content: bytes) -> None:
        for position in range(len(content)):
            await asyncio.sleep(self._drip_seconds())
            if self._transport.is_closing():
                return
            self._transport.write(content[position : position + 1])
        self._end_cycle()

    async def _stream(self, chunks: EventStream) -> None:
        headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
        self._transport.write(self._h11.send(h11.Response(status_code=200, headers=headers)) or b"")
        async for chunk in chunks:
            self._transport.write(self._h11.send(h11.Data(data=chunk)) or b"")
        self._transport.write(self._h11.send(h11.EndOfMessage()) or b"")
        self._end_cycle()

    def _send_bad_request(self) -> None:
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            response = HttpResponse(400, b"", {"Connection": "close"})
            self._transport.write(self._encode(response))
        self._transport.close()
