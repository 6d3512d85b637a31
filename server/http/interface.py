"""What a worker process passes to its HTTP server: applications, sockets, limits."""

import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from socket import socket

WsgiApp = Callable[..., Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

ListeningApp = tuple[WsgiApp, socket]
"""An application, and the bound socket to serve it on."""

SPARE_THREADS = 4
"""How many requests are served at a time beyond the limits for Kafka and for Stripe: probes, and
requests that get 503 immediately because a limit is reached."""

MAX_HEADER_BYTES = 32_768
RESERVED_FILES = 200
"""Open files other than client connections: Kafka's, logs, listeners. Each payment adds one."""

LINGER_SECONDS = 1.0
"""How long a connection may still send a request while the server stops, and how long a client may
take to close it after the last response."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one process: requests in flight, bytes, connections, durations.

    At most `webhooks` webhooks and `payments` payment requests are in flight, besides spare
    threads. A request must be complete `request_seconds` after its first byte; an idle connection
    is closed after `idle_seconds`. Each listener has at most `connections` connections and
    `receiving_bytes` bytes of incomplete bodies.
    """

    webhooks: int
    payments: int
    max_body_bytes: int
    stop_timeout_seconds: float
    request_seconds: float = 20
    idle_seconds: float = 75
    connections: int = 10_000
    receiving_bytes: int = 64 * 1024 * 1024


def max_connections_per_listener(limits: Limits, listeners: int) -> int:
    """Raises the soft limit of open files; returns how many connections a listener may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = hard if hard != resource.RLIM_INFINITY else sys.maxsize
    files -= RESERVED_FILES + limits.payments
    return max(1, min(limits.connections, files // listeners))
