"""The exit code of the image's health check."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from harness.ports import WILDCARD_ADDRESS, free_port


class _StatusHandler(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(params=[200, 503])
def daemon(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Give the port of a server, and its status at /healthz."""
    handler = type("Handler", (_StatusHandler,), {"status": request.param})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port, request.param
        server.shutdown()


def probe(listen: str) -> int:
    """Run the health check with this PAYCLI_LISTEN; return its exit code."""
    command = [sys.executable, "-m", "server.healthcheck"]
    return subprocess.run(command, env={"PAYCLI_LISTEN": listen}, check=False).returncode


@pytest.mark.parametrize("host", ["127.0.0.1", WILDCARD_ADDRESS, "*"])
def test_it_is_healthy_if_healthz_responds_with_200(daemon: tuple[int, int], host: str) -> None:
    """Exit code 0 for 200 and 1 for any other status, also with a wildcard address."""
    port, status = daemon
    assert probe(f"{host}:{port}") == (0 if status == 200 else 1)


def test_it_is_unhealthy_if_nothing_listens() -> None:
    """Exit code 1 if the connection is refused."""
    assert probe(f"127.0.0.1:{free_port()}") == 1
