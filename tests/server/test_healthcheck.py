"""What the image's health check says."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from harness.ports import WILDCARD_ADDRESS, free_port


class _Answers(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(params=[200, 503])
def daemon(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Give the port of a server, and what it answers at /healthz."""
    handler = type("Handler", (_Answers,), {"status": request.param})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, request.param
        server.shutdown()


def probe(listen: str) -> int:
    """The exit code of a probe with this PAYCLI_LISTEN."""
    command = [sys.executable, "-m", "server.healthcheck"]
    return subprocess.run(command, env={"PAYCLI_LISTEN": listen}, check=False).returncode


@pytest.mark.parametrize("host", ["127.0.0.1", WILDCARD_ADDRESS, "*"])
def test_it_is_healthy_if_healthz_says_200(daemon: tuple[int, int], host: str) -> None:
    """Exit code 0 for 200 and 1 for anything else, also where the daemon has a wildcard address."""
    port, status = daemon
    assert probe(f"{host}:{port}") == (0 if status == 200 else 1)


def test_nobody_there_is_not_healthy() -> None:
    """Exit code 1 where nothing listens."""
    assert probe(f"127.0.0.1:{free_port()}") == 1
