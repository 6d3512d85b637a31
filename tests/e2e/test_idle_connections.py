"""PAYCLI_IDLE_SECONDS is how long a kept-alive connection without a request stays open."""

import socket
import time

import pytest

from harness.daemon import Daemon
from harness.raw_http import read_response
from service import daemon_settings

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
IDLE_SECONDS = 3
SLACK_SECONDS = 5
"""Connections are checked once a second, and the machine can be slow."""


@pytest.mark.parametrize(("idle_seconds", "closed"), [(IDLE_SECONDS, True), (60, False)])
def test_an_idle_connection_is_closed_after_the_configured_time(
    idle_seconds: int, *, closed: bool
) -> None:
    """After a response it stays open for that time, and is then closed."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "t")
    settings |= {"PAYCLI_IDLE_SECONDS": str(idle_seconds)}
    with Daemon(settings) as daemon:
        daemon.wait_alive()
        with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
            connection.sendall(REQUEST)
            sent_at = time.monotonic()
            response = read_response(connection, IDLE_SECONDS + SLACK_SECONDS)
            open_seconds = time.monotonic() - sent_at
            assert (response.statuses, response.closed) == ([200], closed)
            assert open_seconds >= IDLE_SECONDS


@pytest.mark.parametrize("value", ["0", "0.5", "3601", "nan", "long"])
def test_a_time_out_of_bounds_is_refused(value: str) -> None:
    """It must be 1 to 3600 s; otherwise the exit code is 3 and the setting is named."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "t")
    with Daemon({**settings, "PAYCLI_IDLE_SECONDS": value}) as daemon:
        assert daemon.process.wait(10) == 3
        assert "PAYCLI_IDLE_SECONDS: " in daemon.stderr_text()
