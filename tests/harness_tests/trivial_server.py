"""An HTTP server that responds with the request's body; listens on PAYCLI_LISTEN.

It stands in for the daemon in tests of the harness itself. Environment: TRIVIAL_STATUS, the
status of its responses; TRIVIAL_EXIT, a message to exit with immediately.
"""

import asyncio
import os
import sys

STATUS = int(os.environ.get("TRIVIAL_STATUS", "200"))
HEAD = b"HTTP/1.1 %d Any\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: %d\r\n\r\n"


class Echo(asyncio.Protocol):
    """One persistent connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Respond once a complete request has been received."""
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        _, _, rest = head.lower().partition(b"content-length:")
        if len(body) == int(rest.split(b"\r\n")[0] or 0):
            self.received = b""
            self.transport.write(HEAD % (STATUS, len(body)) + body)


async def serve() -> None:
    """Serve until SIGTERM terminates the process."""
    host, _, port = os.environ["PAYCLI_LISTEN"].rpartition(":")
    server = await asyncio.get_running_loop().create_server(Echo, host, int(port))
    async with server:
        await server.serve_forever()


if message := os.environ.get("TRIVIAL_EXIT"):
    sys.exit(message)
asyncio.run(serve())
