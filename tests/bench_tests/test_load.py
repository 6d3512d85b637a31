"""The load generator sends the requested load on schedule and reports its result."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bench import webhook
from harness.sender import stripe_signature
from harness.tools import bench_go

SECRET = "whsec_of_the_bench"
JOB = {
    "path": "/api/v1/stripe/events",
    "headers": ["Content-Type: application/json", "Idempotency-Key: {name}"],
    "body": webhook.body(),
    "secret": SECRET,
    "prefix": "abcd",
    "count": 20,
    "rate": 0,
    "seconds": 10,
    "connections": 4,
    "timeout": 5,
}


@dataclass
class Server:
    """Responds to each request after `seconds`, with the next of `statuses` or 200."""

    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run the server while the context lasts."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append((dict(self.headers), body))
            closing.wait(server.seconds)
            self.send_response(server.statuses.pop() if server.statuses else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.address = f"127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            closing.set()
            listening.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def generator() -> Path:
    """Give the path of the load generator, built from its source."""
    return bench_go() / "load"


def run(generator: Path, server: Server, **changes: object) -> Any:  # noqa: ANN401 - its JSON
    """Run a job and return its result."""
    job = {**JOB, **changes, "address": server.address}
    completed = subprocess.run(
        [generator], input=json.dumps(job).encode(), stdout=subprocess.PIPE, check=True
    )
    return json.loads(completed.stdout)


def test_each_request_is_signed_and_unique(generator: Path) -> None:
    """Signatures are valid for the sent bytes, and every request has its own ids."""
    with serving(Server()) as server:
        result = run(generator, server)
    assert result["responses"] == {"200": 20}
    assert sorted(result["accepted"]) == list(range(20))
    assert result["failures"] == {}
    ids = set()
    for headers, body in server.received:
        signed_at = int(headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
        assert headers["Stripe-Signature"] == stripe_signature(body, SECRET, signed_at)
        event = json.loads(body)
        name = headers["Idempotency-Key"]
        assert (event["id"], event["data"]["object"]["id"]) == (f"evt_{name}", f"pi_{name}")
        ids.add(name)
    assert ids == {f"abcd{number:012d}" for number in range(20)}


def test_waiting_for_a_slow_response_counts_as_response_time(generator: Path) -> None:
    """With 20 per second on one connection that takes 0.2 s each, the last waits for all others."""
    with serving(Server(seconds=0.2)) as server:
        result = run(generator, server, rate=20, count=10, connections=1)
    # The last was due after 0.45 s, and its response comes after 10 * 0.2 s at the earliest.
    assert result["times_ms"]["max"] >= 1_550
    assert result["responses"] == {"200": 10}


def test_errors_and_missing_responses_are_counted(generator: Path) -> None:
    """Responses are counted by status, only 2xx is accepted, and a timeout is a failure."""
    with serving(Server(statuses=[503, 201, 400])) as server:
        result = run(generator, server, count=4, connections=1)
        assert result["responses"] == {"200": 1, "201": 1, "400": 1, "503": 1}
        assert len(result["accepted"]) == 2
    with serving(Server(seconds=5)) as server:
        late = run(generator, server, count=2, connections=2, timeout=0.1)
    assert (late["responses"], late["failures"]) == ({}, {"timeout": 2})


def test_the_schedule_is_kept(generator: Path) -> None:
    """A hundred requests at 200 per second take half a second."""
    with serving(Server()) as server:
        result = run(generator, server, rate=200, count=100)
    assert result["seconds"] >= 0.49
    assert len(server.received) == 100
