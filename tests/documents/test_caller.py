"""The caller in Python of server/api/README.md retries as that document says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from harness.markdown import blocks, read, section

CALLER, USAGE = blocks(section(read("server/api/README.md"), "A caller in Python"), "python")
MAX_LINES = 20


class FailingTwice(BaseHTTPRequestHandler):
    """Responds with 503, then 502, then 201; to a payment of amount 1 always with 402."""

    keys: list[str | None]

    def do_POST(self) -> None:
        """Records the idempotency key and responds."""
        payment = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.keys.append(self.headers["Idempotency-Key"])
        status = 402 if payment["amount"] == 1 else {1: 503, 2: 502}.get(len(self.keys), 201)
        problem: dict[str, object] = {"code": f"c{status}", "detail": "No."}
        if status == 502:
            problem["retryable"] = True
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(json.dumps({"id": "pi_1"} if status == 201 else problem).encode())

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    """Give the URL of a server that fails twice."""
    FailingTwice.keys = []
    with HTTPServer(("127.0.0.1", 0), FailingTwice) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def caller(monkeypatch: pytest.MonkeyPatch, source: str = CALLER) -> tuple[Any, list[float]]:
    """Returns the function of the example, and the list of the seconds that it sleeps."""
    names: dict[str, Any] = {}
    exec(compile(source, "server/api/README.md", "exec"), names)
    sleeps: list[float] = []
    monkeypatch.setattr(names["time"], "sleep", sleeps.append)
    return names["create_payment"], sleeps


def test_the_example_is_short_and_its_usage_is_python() -> None:
    """The caller has at most 20 lines, and both blocks compile."""
    assert len([line for line in CALLER.splitlines() if line]) <= MAX_LINES
    compile(USAGE, "server/api/README.md", "exec")


def test_the_caller_retries_with_the_same_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for Retry-After or its own delay, and sends the same key with each attempt."""
    create_payment, sleeps = caller(monkeypatch)
    assert create_payment(url, "t", {"amount": 2}, "k") == {"id": "pi_1"}
    assert (FailingTwice.keys, sleeps) == (["k"] * 3, [0, 2])


def test_the_caller_does_not_retry_a_refused_card(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 402 without Retry-After and `retryable` is raised after one attempt."""
    create_payment, _ = caller(monkeypatch)
    with pytest.raises(RuntimeError, match="c402"):
        create_payment(url, "t", {"amount": 1}, "other")
    assert FailingTwice.keys == ["other"]


def test_a_caller_that_ignores_retryable_is_reported(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the look at `retryable` the example fails on the 502."""
    condition = 'not (after or problem.get("retryable"))'
    assert condition in CALLER
    create_payment, _ = caller(monkeypatch, CALLER.replace(condition, "not after"))
    with pytest.raises(RuntimeError, match="c502"):
        create_payment(url, "t", {"amount": 2}, "k")
