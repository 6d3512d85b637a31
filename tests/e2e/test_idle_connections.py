"""PAYCLI_IDLE_SECONDS is how long a kept-alive connection without a request stays open."""

import socket
import time
from contextlib import ExitStack

from harness.daemon import Daemon
from harness.raw_http import read_response
from service import daemon_settings

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
IDLE_SECONDS = 3
SLACK_SECONDS = 5
"""Connections are checked once a second, and the machine can be slow."""


def daemon_with(idle_seconds: float) -> Daemon:
    """Return a daemon that closes idle connections after this time."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "t")
    return Daemon({**settings, "PAYCLI_IDLE_SECONDS": str(idle_seconds)})


def test_an_idle_connection_is_closed_after_the_configured_time() -> None:
    """After a response it stays open for that time, and is then closed; the control stays open."""
    with daemon_with(60) as control, daemon_with(IDLE_SECONDS) as daemon, ExitStack() as stack:
        connections = []
        for each in (control, daemon):
            each.wait_alive()
            connection = socket.create_connection(("127.0.0.1", each.port))
            connections.append(stack.enter_context(connection))
            connection.sendall(REQUEST)
        sent_at = time.monotonic()
        older, newer = connections
        response = read_response(newer, IDLE_SECONDS + SLACK_SECONDS)
        assert (response.statuses, response.closed) == ([200], True)
        assert time.monotonic() - sent_at >= IDLE_SECONDS
        # Connections are checked once a second, and this one was idle before the other.
        control_response = read_response(older, 1.5)
        assert (control_response.statuses, control_response.closed) == ([200], False)


def test_a_time_out_of_bounds_is_refused() -> None:
    """Then the exit code is 3 and the setting is named."""
    with daemon_with(0.5) as daemon:
        assert daemon.process.wait(10) == 3
        assert "PAYCLI_IDLE_SECONDS: " in daemon.stderr_text()
