"""The interface between a worker process and its HTTP server, and the limits of one process."""

import resource
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from socket import socket
from typing import Protocol

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
"""How long an idle keep-alive connection may still send a request while the server stops."""


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


class WebServer(Protocol):
    """Serves WSGI applications, each on its socket, from `run` until `stop`."""

    def stop(self) -> None:
        """Makes `run` stop serving; may be called from a signal handler and from any thread."""

    def in_flight(self) -> int:
        """Returns how many accepted requests have no response yet."""

    def run(self) -> int:
        """Serves until `stop`, then completes all requests of accepted and pending connections.

        Returns how many requests got no response within the time for stopping.
        """


PollDeliveryReports = Callable[[float], None]
"""Polls Kafka's delivery reports for at most a number of seconds."""

ServerFactory = Callable[[Sequence[ListeningApp], Limits, PollDeliveryReports], WebServer]


def max_connections_per_listener(limits: Limits, listeners: int) -> int:
    """Raises the soft limit of open files; returns how many connections a listener may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = hard if hard != resource.RLIM_INFINITY else sys.maxsize
    files -= RESERVED_FILES + limits.payments
    return max(1, min(limits.connections, files // listeners))
