"""Ports for servers that tests start."""

import random
import socket
from ipaddress import IPv4Address

LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 200
WILDCARD_ADDRESS = str(IPv4Address(socket.INADDR_ANY))
"""The wildcard, as a number."""

_handed_out: set[int] = set()
_random = random.SystemRandom()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses, never the same one twice in a process.

    It lies below the range from which the system takes ports for outgoing connections: else a
    server that is killed and started again could find its port taken by somebody's client.
    """
    for _ in range(ATTEMPTS):
        port = _random.randint(LOWEST, HIGHEST)
        if port not in _handed_out and _can_listen(port):
            _handed_out.add(port)
            return port
    raise RuntimeError(f"no free port in {ATTEMPTS} attempts")


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
