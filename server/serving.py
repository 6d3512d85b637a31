"""What a server promises to the worker that runs it, and what one process takes on."""

import resource
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from socket import socket
from typing import Literal, Protocol

from paycli.errors import Problem, SettingsInvalid

App = Callable[..., Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

Listening = tuple[App, socket]
"""An application, and the bound socket that it is served on."""

SPARE_THREADS = 4
"""So many requests more are served at a time than may wait for Kafka, or for Stripe: probes, and
the surplus, which gets 503 at once."""

SLOW_PATHS = ("/api/v1/payments", "/api/v1/refunds")
"""What may wait for Stripe, and so has a pool of its own."""

MAX_HEADER_BYTES = 32_768
RESERVED_FILES = 200
"""Open files that are not connections of callers: Kafka's, logs, listeners; one more a payment."""

LINGER_SECONDS = 1.0
"""While stopping: how long an idle kept-alive connection may still bring a request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on: requests, bytes, connections, and how long things may last.

    At most `threads` webhooks and `payment_threads` payments at a time, spare ones aside. A request
    must be there, whole, `request_seconds` after its first byte; an idle connection lives for
    `idle_seconds`. For each listener: `connections`, and `receiving_bytes` of bodies that are not
    whole yet.
    """

    threads: int
    payment_threads: int
    max_body_bytes: int
    stop_timeout_seconds: float
    request_seconds: float = 20
    idle_seconds: float = 30
    connections: int = 10_000
    receiving_bytes: int = 64 * 1024 * 1024


class Server(Protocol):
    """Serves WSGI applications, each on its socket, from `run` on until `stop` is called."""

    def stop(self) -> None:
        """Asks `run` to end; may be called from a signal handler and from any thread."""

    def under_way(self) -> int:
        """How many requests were accepted and are not answered yet."""

    def run(self) -> int:
        """Serves; after `stop` answers all that was accepted or waits to be.

        Returns how many requests got no answer within the time for stopping.
        """


TakeIn = Callable[[float], None]
"""Takes in Kafka's acknowledgements for up to so many seconds."""

MakeServer = Callable[[Sequence[Listening], Limits, TakeIn], Server]


def server_named(name: Literal["waitress", "granian"]) -> MakeServer:
    """The server of PAYCLI_SERVER. Raises SettingsInvalid when it can't be had here."""
    if name == "waitress":
        from server.waitress_server import WaitressServer  # only the one that serves is loaded

        return WaitressServer
    if sys.platform != "linux":
        raise _not_here("granian is for Linux, which tells how connections are")
    try:
        from server.granian_server import GranianServer
    except ModuleNotFoundError as error:
        raise _not_here("granian is not installed: pip install 'paycli[granian]'") from error
    return GranianServer


def _not_here(why: str) -> SettingsInvalid:
    return SettingsInvalid([Problem("PAYCLI_SERVER", why)])


def connections_for(limits: Limits, listeners: int) -> int:
    """How many connections each of so many listeners may have; raises the limit of open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = hard if hard != resource.RLIM_INFINITY else sys.maxsize
    files -= RESERVED_FILES + limits.payment_threads
    return max(1, min(limits.connections, files // listeners))
