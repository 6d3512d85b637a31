"""What a server promises to the worker process that runs it, and the limits of one process."""

import resource
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from socket import socket
from typing import Protocol

WsgiApp = Callable[..., Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

ListeningApp = tuple[WsgiApp, socket]
"""An application, and the bound socket that it is served on."""

SPARE_THREADS = 4
"""How many more requests are served at a time than may wait for Kafka, or for Stripe: probes, and
the requests that get 503 at once because a limit is reached."""

MAX_HEADER_BYTES = 32_768
RESERVED_FILES = 200
"""Open files that are not connections of clients: Kafka's, logs, listeners; one more a payment."""

LINGER_SECONDS = 1.0
"""While stopping: how long an idle kept-alive connection may still send a request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one process: requests, bytes, connections, and how long each may last.

    At most `webhooks` and `payments` requests in flight, spare threads aside. A request must be
    complete `request_seconds` after its first byte; an idle connection is closed after
    `idle_seconds`. For each listener: `connections`, and `receiving_bytes` of incomplete bodies.
    """

    webhooks: int
    payments: int
    max_body_bytes: int
    stop_timeout_seconds: float
    request_seconds: float = 20
    idle_seconds: float = 30
    connections: int = 10_000
    receiving_bytes: int = 64 * 1024 * 1024


class Server(Protocol):
    """Serves WSGI applications, each on its socket, from `run` on until `stop` is called."""

    def stop(self) -> None:
        """Asks `run` to return; may be called from a signal handler and from any thread."""

    def in_flight(self) -> int:
        """How many requests were accepted and have no response yet."""

    def run(self) -> int:
        """Serves; after `stop` responds to all that was accepted or waits to be accepted.

        Returns how many requests got no response within the time for stopping.
        """


PollDeliveryReports = Callable[[float], None]
"""Polls Kafka's delivery reports for at most so many seconds."""

ServerFactory = Callable[[Sequence[ListeningApp], Limits, PollDeliveryReports], Server]


def max_connections_per_listener(limits: Limits, listeners: int) -> int:
    """How many connections each of so many listeners may have; raises the limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = hard if hard != resource.RLIM_INFINITY else sys.maxsize
    files -= RESERVED_FILES + limits.payments
    return max(1, min(limits.connections, files // listeners))
