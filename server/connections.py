"""The connections of this process, as Linux sees them, for a server that does not tell of its own.

The kernel knows when it last sent something on each: `tcp_info` in <linux/tcp.h>.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_DESCRIPTORS = Path("/proc/self/fd")
_LAST_DATA_SENT = struct.Struct("=44xI")
"""`tcpi_last_data_sent` in milliseconds; where nothing was sent, since the connection is there."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One to a port of ours, by its descriptor; for so long nothing was sent on it."""

    descriptor: int
    port: int
    silent_seconds: float


def connections_to(ports: Collection[int]) -> list[Connection]:
    """All open ones that callers have made to these ports, and that were accepted."""
    descriptors = [int(each.name) for each in _DESCRIPTORS.iterdir()]
    found = [it for it in map(_look, descriptors) if it is not None]
    return [connection for connection in found if connection.port in ports]


def end(connection: Connection) -> None:
    """Ends it: who reads from it finds its end. One that was answered meanwhile stays."""
    with contextlib.suppress(OSError), _borrowed(connection.descriptor) as sock:
        now = _told(sock, connection.descriptor)
        if now.port == connection.port and now.silent_seconds >= connection.silent_seconds:
            sock.shutdown(socket.SHUT_RDWR)


def _look(descriptor: int) -> Connection | None:
    with contextlib.suppress(OSError), _borrowed(descriptor) as sock:
        return _told(sock, descriptor)
    return None


@contextlib.contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """A descriptor of our own for it, so that it stays the same while we look. Raises OSError."""
    own = os.dup(descriptor)
    try:
        sock = socket.socket(fileno=own)
    except OSError:
        os.close(own)
        raise
    with sock:
        yield sock


def _told(sock: socket.socket, descriptor: int) -> Connection:
    """Raises OSError for what is not a connection of TCP."""
    told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_SENT.size)
    sock.getpeername()
    milliseconds: int = _LAST_DATA_SENT.unpack(told)[0]
    return Connection(descriptor, sock.getsockname()[1], milliseconds / 1000)
