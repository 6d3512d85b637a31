"""Sockets to listen on: one for each worker, all on one port, and how to close one without loss."""

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
"""So long after `stop_accepting` a handshake that had begun may still be completed."""


class CannotListen(PaycliError):
    """The address to listen on can't be had."""

    code = "cannot_listen"


def bind(host: str, port: int, count: int, setting: str) -> list[socket.socket]:
    """`count` sockets bound to the same address, port 0 for any free one.

    The kernel spreads connections over them evenly. Raises CannotListen, naming `setting`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # The first is bound alone, so that a port in use by anybody else is noticed.
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
    """The address of a bound socket as an http URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def stop_accepting(sock: socket.socket) -> None:
    """From now on the kernel begins no new connection; those that have begun can be accepted.

    Closing a listening socket resets the connections that wait at it, also one that comes between
    the last accept and the close, or whose handshake is not over. A filter that drops every SYN,
    and HANDSHAKE_SECONDS of accepting, leave no such gap. Where the filter can't be had (other
    systems, some sandboxes) the gap stays: microseconds.
    """
    if sys.platform != "linux":
        return
    code = b"".join(struct.pack("HBBI", *line) for line in _DROPS_SYN)
    kept = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HL", len(_DROPS_SYN), ctypes.addressof(kept))
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def resume_accepting(sock: socket.socket) -> None:
    """Undoes `stop_accepting`, for a socket that another process listens on next."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
