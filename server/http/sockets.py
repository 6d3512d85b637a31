"""Listening sockets: one for each worker on a shared port, closed without losing connections."""

import contextlib
import ctypes
import socket
import struct
import sys

from paycli.errors import PaycliError

# Linux: <asm-generic/socket.h> and <linux/filter.h>; Python names neither.
_SO_ATTACH_FILTER = 26
_SO_DETACH_FILTER = 27
_DROP, _PASS = 0, 0xFFFFFFFF
_DROPS_SYN = (
    # <linux/bpf_common.h>: operation, jump if true, if false, operand; the TCP header begins at 0.
    (0x30, 0, 0, 13),  # load its byte of flags
    (0x45, 0, 1, 0x02),  # is SYN set?
    (0x06, 0, 0, _DROP),
    (0x06, 0, 0, _PASS),
)

HANDSHAKE_SECONDS = 0.25
"""How long after `stop_accepting` a TCP handshake that had begun may still complete."""


class CannotListen(PaycliError):
    """The address to listen on is not available."""

    code = "cannot_listen"


def bind(host: str, port: int, count: int, setting: str) -> list[socket.socket]:
    """Returns `count` sockets bound to the same address; port 0 means any free port.

    The kernel spreads connections over them evenly. Raises CannotListen, which names `setting`.
    """
    try:
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = results[0]
        # The first is bound without SO_REUSEPORT, so that a port in use by another process fails.
        first = socket.socket(family, kind, protocol)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(address)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sockets = [first]
        for _ in range(count - 1):
            another = socket.socket(family, kind, protocol)
            another.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            another.bind(first.getsockname())
            sockets.append(another)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            f"choose another address with {setting}"
        ) from error
    return sockets


def url_of(sock: socket.socket) -> str:
    """Returns the address of a bound socket as an http URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def stop_accepting(sock: socket.socket) -> None:
    """Makes the kernel start no new connection; those that have begun can still be accepted.

    Closing a listening socket resets the connections in its queue, including one that arrives
    between the last accept and the close, or whose handshake is not complete. A filter that drops
    every SYN, followed by HANDSHAKE_SECONDS of accepting, closes this gap. Where the filter is not
    available (other systems, some sandboxes) a gap of microseconds remains.
    """
    if sys.platform != "linux":
        return
    code = b"".join(struct.pack("HBBI", *line) for line in _DROPS_SYN)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HL", len(_DROPS_SYN), ctypes.addressof(buffer))
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def resume_accepting(sock: socket.socket) -> None:
    """Undoes `stop_accepting`, for a socket that another process will listen on."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
