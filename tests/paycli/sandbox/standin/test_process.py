"""The stand-in as a process: start time, memory, signals and imports."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.stripe import SECRET_KEY

MODULE = "paycli.sandbox.standin"
HEAVY = {
    "pydantic",
    "stripe",
    "falcon",
    "waitress",
    "confluent_kafka",
    "pycurl",
    "typer",
    "rich",
}


def start(settings: object) -> subprocess.Popen[str]:
    """Start the process with these settings on standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(settings))
    process.stdin.close()
    process.stdin = None  # communicate must not write to it
    return process


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A process with a fault, a seed and an endpoint."""
    endpoint = {"url": "http://127.0.0.1:9/", "secrets": ["whsec_1"], "enabled_events": ["*"]}
    settings = {"endpoints": [endpoint], "faults": [{"kind": "rate_limit"}], "seed": 1}
    process = start({**settings, "delivery": {"in_flight": 2}})
    yield process
    process.kill()
    process.communicate()


def address(process: subprocess.Popen[str]) -> tuple[str, int]:
    """Return the host and port it prints."""
    assert process.stdout is not None
    parts = urlsplit(process.stdout.readline().strip())
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def status_line(address_: tuple[str, int]) -> bytes:
    """List refunds and return the response's status line."""
    with socket.create_connection(address_, timeout=5) as connection:
        connection.sendall(
            b"GET /v1/refunds HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Authorization: Bearer %b\r\nConnection: close\r\n\r\n" % SECRET_KEY.encode()
        )
        return connection.recv(65536).split(b"\r\n")[0]


@pytest.mark.serial
def test_it_starts_quickly_and_needs_little_memory(process: subprocess.Popen[str]) -> None:
    """It starts within 1.3 s, uses at most 40 MiB, and reads settings from standard input."""
    started = time.monotonic()
    address_ = address(process)
    assert time.monotonic() - started < 1.3
    assert [status_line(address_) for _ in range(2)] == [
        b"HTTP/1.1 429 Too Many Requests",
        b"HTTP/1.1 200 OK",
    ]
    status = Path(f"/proc/{process.pid}/status").read_text()
    (resident,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    assert int(resident) < 40 * 1024


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """On SIGTERM and Ctrl-C it exits with 0 without output, and its port is free."""
    address_ = address(process)
    with socket.create_connection(address_, timeout=5):
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")
    with pytest.raises(ConnectionRefusedError):
        status_line(address_)


@pytest.mark.parametrize(
    "settings", [{"colour": 1}, {"faults": [{"kind": "flood"}]}, [], {"endpoints": [{"url": 1}]}]
)
def test_invalid_settings_exit_with_2(settings: object) -> None:
    """With invalid settings it exits with 2 and an error message."""
    command = [sys.executable, "-m", MODULE]
    done = subprocess.run(
        command, input=json.dumps(settings), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("standin: ")
    assert "Traceback" not in done.stderr


def test_it_imports_no_heavy_packages() -> None:
    """It imports h11 but no SDK, no framework and no Pydantic."""
    program = f"import {MODULE}, {MODULE}.__main__, json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "h11" in loaded
    assert loaded & HEAVY == set()
