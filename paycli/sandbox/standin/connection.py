"""HTTP/1.1 over one TCP connection, on h11: requests in order, kept open between them."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from http.client import responses
from urllib.parse import unquote

import h11

from paycli.sandbox.standin.messages import Manner, Reply, Request

_log = logging.getLogger(__name__)
MAX_BODY_BYTES = 4 * 1024 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Stream = AsyncIterator[bytes]
Answer = Reply | Awaitable[Reply] | Stream
Handler = Callable[[Request], Answer]
"""Answers a request: at once, later, or as a stream of `text/event-stream`."""


class Connection(asyncio.Protocol):
    """Serves one client. `open_connections` has it while it lasts."""

    def __init__(
        self,
        handler: Handler,
        open_connections: "set[Connection]",
        drip_seconds: Callable[[], float],
    ) -> None:
        self._handler = handler
        self._open = open_connections
        self._drip_seconds = drip_seconds
        self._h11 = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._streaming = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio calls it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        """As asyncio calls it."""
        # Work that has begun goes on when its client is gone, as it does at Stripe.
        if self._task and self._streaming:
            self._task.cancel()
        elif self._task is None:
            self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        """As asyncio calls it."""
        self._h11.receive_data(data)
        self._advance()

    def close(self) -> None:
        """Ends the connection, whatever is going on."""
        self._transport.abort()
        if self._task:
            self._task.cancel()

    def _advance(self) -> None:
        """Takes what has come so far, as long as no request is being answered."""
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
                    self._answer()
                elif isinstance(event, h11.ConnectionClosed):
                    self._transport.close()
                    return
        except h11.RemoteProtocolError:
            self._refuse()

    def _answer(self) -> None:
        assert self._head is not None
        target, _, query = self._head.target.decode("ascii").partition("?")
        request = Request(
            self._head.method.decode("ascii"),
            unquote(target),
            query,
            {name.decode(): value.decode("latin-1") for name, value in self._head.headers},
            bytes(self._body),
        )
        self._body.clear()
        answer = self._handler(request)
        if isinstance(answer, Reply) and answer.manner is Manner.WHOLE:
            self._send(answer)
        else:
            self._task = asyncio.ensure_future(self._answer_later(answer))

    async def _answer_later(self, answer: Answer) -> None:
        try:
            if isinstance(answer, AsyncIterator):
                self._streaming = True
                await self._stream(answer)
                return
            reply = answer if isinstance(answer, Reply) else await answer
            await self._send_in_its_manner(reply)
        except Exception:  # noqa: BLE001  (else the client would wait for ever)
            _log.exception("a bug in the stand-in: no answer")
            self._transport.abort()
        finally:
            self._task = None
            self._streaming = False
            if self._transport.is_closing():
                self._open.discard(self)
        self._advance()

    def _send(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(self._bytes(reply))
        self._next()

    def _next(self) -> None:
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
        else:
            self._transport.close()

    def _bytes(self, reply: Reply) -> bytes:
        headers = [*reply.headers.items(), ("Content-Length", str(len(reply.body)))]
        reason = responses.get(reply.status, "").encode()
        head = h11.Response(status_code=reply.status, headers=headers, reason=reason)
        sent = self._h11.send(head) or b""
        sent += self._h11.send(h11.Data(data=reply.body)) or b""
        return sent + (self._h11.send(h11.EndOfMessage()) or b"")

    async def _send_in_its_manner(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        match reply.manner:
            case Manner.WHOLE:
                self._send(reply)
            case Manner.DRIP:
                await self._drip(self._bytes(reply))
            case Manner.DRIP_BODY:
                whole = self._bytes(reply)
                self._transport.write(whole[: len(whole) - len(reply.body)])
                await self._drip(reply.body)
            case Manner.RAW:
                self._transport.write(reply.body)
                self._transport.close()
            case Manner.LOST:
                self._transport.close()
            case Manner.RESET:
                raw = self._transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                self._transport.abort()

    async def _drip(self, content: bytes) -> None:
        for position in range(len(content)):
            await asyncio.sleep(self._drip_seconds())
            if self._transport.is_closing():
                return
            self._transport.write(content[position : position + 1])
        self._next()

    async def _stream(self, parts: Stream) -> None:
        headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
        self._transport.write(self._h11.send(h11.Response(status_code=200, headers=headers)) or b"")
        async for part in parts:
            self._transport.write(self._h11.send(h11.Data(data=part)) or b"")
        self._transport.write(self._h11.send(h11.EndOfMessage()) or b"")
        self._next()

    def _refuse(self) -> None:
        if self._h11.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._transport.write(self._bytes(Reply(400, b"", {"Connection": "close"})))
        self._transport.close()
