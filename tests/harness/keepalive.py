"""An HTTP/1.1 client connection that uses little CPU, so that the server is the bottleneck."""

import select
import socket

READ_BYTES = 65_536


class UnreadableResponseError(OSError):
    """The received bytes are not an HTTP response with a Content-Length."""


class KeepAlive:
    """One connection to a host, opened when needed and reused while it works."""

    def __init__(self, host: str, port: int, timeout_seconds: float) -> None:
        self._address = (host, port)
        self._timeout_seconds = timeout_seconds
        self._socket: socket.socket | None = None

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a complete request and return status and body; any failure is an `OSError`."""
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
        if self._socket is not None and _is_readable(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._timeout_seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _receive(self, connection: socket.socket) -> tuple[int, bytes]:
        received = bytearray()
        while (head_end := received.find(b"\r\n\r\n")) < 0:
            received += _read(connection)
        head = bytes(received[:head_end]).lower()
        length = _content_length(head)
        body_start = head_end + 4
        while len(received) < body_start + length:
            received += _read(connection)
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head[9:12]), bytes(received[body_start : body_start + length])


def _is_readable(idle: socket.socket) -> bool:
    """Return whether an idle connection can be read, which means that the peer has closed it."""
    poll = select.poll()
    poll.register(idle, select.POLLIN)
    return bool(poll.poll(0))


def _read(connection: socket.socket) -> bytes:
    if not (chunk := connection.recv(READ_BYTES)):
        raise ConnectionResetError("closed before the response was complete")
    return chunk


def _content_length(head: bytes) -> int:
    if head.startswith((b"http/1.1 204", b"http/1.0 204")):
        return 0
    _, separator, rest = head.partition(b"\r\ncontent-length:")
    digits = rest.split(b"\r\n", 1)[0].strip()
    if not (head.startswith(b"http/1.") and separator and digits.isdigit()):
        raise UnreadableResponseError(f"no HTTP response with a length: {head[:200]!r}")
    return int(digits)
