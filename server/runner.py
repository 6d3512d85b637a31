"""One process of the daemon: its socket, its signals, ready and stopped."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from paycli import __version__
from paycli.errors import PaycliError
from paycli.services import Services
from server.app import create_app
from server.waitress_server import Server

log = logging.getLogger("paycli.server")


class CannotListen(PaycliError):
    """The address to listen on can't be had."""

    code = "cannot_listen"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on: threads, bytes, and how long stopping may last."""

    threads: int
    payment_threads: int
    max_body_bytes: int
    stop_timeout_seconds: float


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, port 0 for any free one. Raises CannotListen."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "choose another address with --listen or PAYCLI_LISTEN"
        ) from error
    return sock


def url_of(sock: socket.socket) -> str:
    """The address of a bound socket as an http URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(
    sock: socket.socket, build: Callable[[], Services], limits: Limits, *, started_at: float
) -> None:
    """Serves until SIGTERM or SIGINT, then answers what was accepted, flushes and returns.

    `build` makes the services and is called here, after any fork. `started_at` is a time of
    `time.monotonic()`, from which the time to ready counts.
    """
    services = build()
    app = create_app(services, limits.max_body_bytes)
    server = Server(
        app,
        sock,
        threads=limits.threads,
        payment_threads=limits.payment_threads,
        max_body_bytes=limits.max_body_bytes,
        stop_timeout_seconds=limits.stop_timeout_seconds,
    )

    def stop(number: int, _frame: FrameType | None) -> None:
        log.info("stopping", extra={"signal": signal.Signals(number).name})
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    url = url_of(sock)
    log.info("listening", extra={"url": url, "version": __version__})
    threading.Thread(
        target=_tell_ready, args=(services, url, started_at), name="ready", daemon=True
    ).start()
    server.run()
    services.close()
    log.info("stopped")


def _tell_ready(services: Services, url: str, started_at: float) -> None:
    services.broker.wait_until_ready()
    seconds = round(time.monotonic() - started_at, 3)
    log.info("ready", extra={"url": url, "ready_after_seconds": seconds})
