"""A lean HTTP/1.1 client connection: little CPU per request, so that the server is what limits."""

import select
import socket

READ_BYTES = 65_536


class UnreadableResponseError(OSError):
    """What came back is not an HTTP response with a Content-Length."""


class KeepAlive:
    """One connection to 127.0.0.1 or another host, opened when needed and kept while it works."""

    def __init__(self, host: str, port: int, timeout_seconds: float) -> None:
        self._address = (host, port)
        self._timeout_seconds = timeout_seconds
        self._socket: socket.socket | None = None

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request and return status and body; any failure is an `OSError`."""
        try:
            connection = self._open()
            connection.sendall(request)
            return self._receive(connection)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is not None and _has_news(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout_seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _receive(self, connection: socket.socket) -> tuple[int, bytes]:
        received = bytearray()
        while (head_end := received.find(b"\r\n\r\n")) < 0:
            received += _some(connection)
        head = bytes(received[:head_end]).lower()
        length = _content_length(head)
        body_start = head_end + 4
        while len(received) < body_start + length:
            received += _some(connection)
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head[9:12]), bytes(received[body_start : body_start + length])


def _has_news(idle: socket.socket) -> bool:
    """An idle connection has nothing to read, unless the other side has closed it."""
    poll = select.poll()
    poll.register(idle, select.POLLIN)
    return bool(poll.poll(0))


def _some(connection: socket.socket) -> bytes:
    if not (chunk := connection.recv(READ_BYTES)):
        raise ConnectionResetError("closed before the response was complete")
    return chunk


def _content_length(head: bytes) -> int:
    if head.startswith((b"http/1.1 204", b"http/1.0 204")):
        return 0
    _, found, rest = head.partition(b"\r\ncontent-length:")
    digits = rest.split(b"\r\n", 1)[0].strip()
    if not (head.startswith(b"http/1.") and found and digits.isdigit()):
        raise UnreadableResponseError(f"no HTTP response with a length: {head[:200]!r}")
    return int(digits)
