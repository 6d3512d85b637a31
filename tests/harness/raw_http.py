"""HTTP as bytes on a socket, for requests that no client library would send."""

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

READ_BYTES = 65_536
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")


@dataclass(frozen=True)
class RawResponse:
    """The received bytes, and whether the server has closed the connection."""

    received: bytes
    closed: bool

    @property
    def statuses(self) -> list[int]:
        """The statuses of the responses, in order."""
        return [int(status) for status in _STATUS_LINE.findall(self.received)]


def exchange(port: int, data: bytes, timeout_seconds: float = 5) -> RawResponse:
    """Send the bytes and read until the server closes the connection or the time is over."""
    with socket.create_connection(("127.0.0.1", port), timeout_seconds) as connection:
        connection.sendall(data)
        return read_response(connection, timeout_seconds)


def read_response(connection: socket.socket, timeout_seconds: float = 5) -> RawResponse:
    """Read until the server closes the connection or the time is over."""
    deadline = time.monotonic() + timeout_seconds
    received = b""
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            chunk = connection.recv(READ_BYTES)
        except TimeoutError:
            break
        except ConnectionError:
            return RawResponse(received, closed=True)
        if not chunk:
            return RawResponse(received, closed=True)
        received += chunk
    return RawResponse(received, closed=False)


def send_slowly(connection: socket.socket, parts: Iterable[bytes], pause_seconds: float) -> float:
    """Send parts with a pause after each until the server refuses one; return the seconds taken.

    The pause sets the sender's rate; it does not wait for anything to happen.
    """
    started_at = time.monotonic()
    try:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_seconds)
    except OSError:
        pass
    return time.monotonic() - started_at


def is_closed(connection: socket.socket) -> bool:
    """Return whether the server has closed a non-blocking connection without a response."""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
