"""The caller in Python of server/api/README.md retries as that document says."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from harness.markdown import blocks, read, section

CALLER, USAGE = blocks(section(read("server/api/README.md"), "A caller in Python"), "python")
MAX_LINES = 25


# As a load balancer sends it, whose service is away.
LOAD_BALANCER_502 = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 52\r\n\r\n"
    b"<html><body><h1>502 Bad Gateway</h1></body></html>\r\n"
)


def problem_502(body: bytes, more: bytes = b"") -> bytes:
    """Return a 502 with a body that is said to be a problem; it ends with the connection."""
    return b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\n%b\r\n%b" % (
        more,
        body,
    )


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
        if status != 201:
            self.send_header("Content-Type", "application/problem+json")
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


class NotOurs(BaseHTTPRequestHandler):
    """Sends one response that paycli never sends to each of the first requests, then 201."""

    to_send: list[bytes]
    keys: list[str | None]

    def do_POST(self) -> None:
        """Records the idempotency key, sends the response and closes the connection."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.keys.append(self.headers["Idempotency-Key"])
        created = b'HTTP/1.1 201 Created\r\nContent-Length: 14\r\n\r\n{"id": "pi_1"}'
        self.wfile.write(self.to_send.pop(0) if self.to_send else created)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def url_behind_a_proxy() -> Iterator[str]:
    """Give the URL of a server with a load balancer in front."""
    NotOurs.keys, NotOurs.to_send = [], []
    with HTTPServer(("127.0.0.1", 0), NotOurs) as server:
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
    """The caller has at most 25 lines, and both blocks compile."""
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


@pytest.mark.parametrize(
    "response",
    [
        LOAD_BALANCER_502,
        LOAD_BALANCER_502.replace(b"502 Bad Gateway", b"503 Service Unavailable", 1),
        LOAD_BALANCER_502.replace(
            b"Content-Type", b"Retry-After: Sat, 28 Nov 2026 12:00:00 GMT\r\nContent-Type"
        ),
        b'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 25\r\n\r\n{"message": "Bad gateway"}',
        b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
        b"HTTP/1.1 201 Created\r\nContent-Length: 14\r\n\r\n{",
        b"not HTTP\r\n\r\n",
        b"",
        LOAD_BALANCER_502[:-20],
        problem_502(b'{"code": "x"', b"Content-Length: 100\r\n"),
        problem_502(b""),
        problem_502(b"["),
        problem_502(b"[]"),
        problem_502(b"\xff\xfe"),
        problem_502(b'{"retryable": true}', b"Retry-After: " + b"9" * 5000 + b"\r\n"),
    ],
    ids=[
        *("html", "503", "date", "json", "empty", "html-200", "cut-off", "not-http", "nothing"),
        *("cut-off-html", "cut-off-problem", "empty-problem", "no-json", "list", "not-utf-8"),
        "absurd-retry-after",
    ],
)
def test_what_a_load_balancer_sends_counts_as_no_response(
    url_behind_a_proxy: str, monkeypatch: pytest.MonkeyPatch, response: bytes
) -> None:
    """A 5xx without a problem, and what is not HTTP or JSON, is retried with the same key."""
    NotOurs.to_send = [response, response]
    create_payment, sleeps = caller(monkeypatch)
    assert create_payment(url_behind_a_proxy, "t", {"amount": 2}, "k") == {"id": "pi_1"}
    assert (NotOurs.keys, sleeps) == (["k"] * 3, [1, 2])


def test_a_load_balancer_that_never_recovers_is_an_error(
    url_behind_a_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last attempt the error has the status and the page."""
    NotOurs.to_send = [LOAD_BALANCER_502] * 5
    create_payment, _ = caller(monkeypatch)
    with pytest.raises(RuntimeError, match=r"502.*Bad Gateway.*<html>"):
        create_payment(url_behind_a_proxy, "t", {"amount": 2}, "k")
    assert len(NotOurs.keys) == 5


def test_a_refusal_of_a_proxy_is_not_retried(
    url_behind_a_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a 413 of a proxy, without a problem body, is raised after one attempt."""
    NotOurs.to_send = [b"HTTP/1.1 413 Too Large\r\nContent-Length: 6\r\n\r\n<html>"]
    create_payment, _ = caller(monkeypatch)
    with pytest.raises(RuntimeError, match="413"):
        create_payment(url_behind_a_proxy, "t", {"amount": 2}, "k")
    assert len(NotOurs.keys) == 1


def test_a_caller_that_ignores_retryable_is_reported(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the look at `retryable` the example fails on the 502."""
    condition = 'after or problem.get("retryable")'
    assert condition in CALLER
    create_payment, _ = caller(monkeypatch, CALLER.replace(condition, "after"))
    with pytest.raises(RuntimeError, match="c502"):
        create_payment(url, "t", {"amount": 2}, "k")
