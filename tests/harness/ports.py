"""TCP ports for servers that tests start."""

import os
import random
import socket
from ipaddress import IPv4Address

LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 2_000
WILDCARD_ADDRESS = str(IPv4Address(socket.INADDR_ANY))

_handed_out: set[int] = set()
_random = random.SystemRandom()


def free_port() -> int:
    """Return an unused TCP port of 127.0.0.1, never the same one twice in a test run.

    The port lies below the range from which the system takes ports for outgoing connections.
    Otherwise a server that is killed and started again could find its port taken by a client.
    Parallel test processes (pytest-xdist) each use their own share of the ports.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = range(LOWEST + worker, HIGHEST, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    for _ in range(ATTEMPTS):
        port = _random.choice(share)
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
