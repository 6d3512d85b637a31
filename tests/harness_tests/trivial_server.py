"""Answers every POST with what was posted and all else with nothing; listens on PAYCLI_LISTEN.

It stands in for the daemon where the harness itself is tested. Settings: TRIVIAL_STATUS, the
status of its answers; TRIVIAL_EXIT, to end at once with these last words.
"""

import asyncio
import os
import sys

STATUS = int(os.environ.get("TRIVIAL_STATUS", "200"))
HEAD = b"HTTP/1.1 %d Any\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: %d\r\n\r\n"


class Echo(asyncio.Protocol):
    """One connection, kept alive."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a whole request is there."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, rest = head.lower().partition(b"content-length:")
        if len(body) == int(rest.split(b"\r\n")[0] or 0):
            self.received = b""
            self.transport.write(HEAD % (STATUS, len(body)) + body)


async def serve() -> None:
    """Serve until SIGTERM ends the process."""
    host, _, port = os.environ["PAYCLI_LISTEN"].rpartition(":")
    server = await asyncio.get_running_loop().create_server(Echo, host, int(port))
    async with server:
        await server.serve_forever()


if words := os.environ.get("TRIVIAL_EXIT"):
    sys.exit(words)
asyncio.run(serve())
