"""Responses to `paycli webhook send` that a daemon never sends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.raw_http import READ_BYTES
from paycli.adapters.webhook_client import DaemonNotReached, post_webhook
from paycli.models import WebhookResponse


@contextmanager
def server(response: bytes) -> Iterator[str]:
    """Send the bytes to the first connection and close it; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def respond() -> None:
            with listener.accept()[0] as connection:
                received = b""
                # Bytes that are unread when a connection is closed reset it.
                while not received.endswith(b"{}"):
                    received += connection.recv(READ_BYTES)
                connection.sendall(response)

        thread = threading.Thread(target=respond)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html></html>", WebhookResponse(502, None, None, None)),
        (b"", WebhookResponse(502, None, None, None)),
        (b'{"code": ["x"], "detail": 1}', WebhookResponse(502, None, None, None)),
        (b'{"code": "x", "detail": "d"}', WebhookResponse(502, None, "x", "d")),
        (b"[" * 100_000, WebhookResponse(502, None, None, None)),
    ],
    ids=["html", "empty", "types", "problem", "deep"],
)
def test_a_response_of_something_else_is_its_status(body: bytes, expected: WebhookResponse) -> None:
    """A body that is not the daemon's has no outcome, code or detail."""
    head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with server(head + body) as url:
        assert post_webhook(url, b"{}", "t=1", 5) == expected


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 50\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"",
    ],
    ids=["error", "success", "nothing"],
)
def test_a_response_that_is_cut_off_is_none(response: bytes) -> None:
    """It is the same error as if the daemon could not be reached."""
    with server(response) as url, pytest.raises(DaemonNotReached):
        post_webhook(url, b"{}", "t=1", 5)
