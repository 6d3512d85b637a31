"""Processes that tests start are monitored, stopped and never left running."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.polling import wait_until
from harness.ports import free_port
from harness.processes import ProcessExitedError
from harness.stripe_mock import StripeMock

HERE = Path(__file__).parent
TRIVIAL = (sys.executable, str(HERE / "trivial_server.py"))


def is_gone(pid: int) -> bool:
    """Return whether no process has this id, or only a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_daemon_responds_to_requests() -> None:
    """A request to the daemon returns its response with status, headers and body."""
    with Daemon({}, command=TRIVIAL) as daemon:
        daemon.wait_ready()
        daemon.wait_alive()
        response = daemon.request("POST", "/x", {"a": 1})
        assert (response.status, response.json) == (200, {"a": 1})
        assert response.headers["x-twice"] == "a, b"
        assert 1 < daemon.rss_mib() < 200


def test_daemon_can_be_stopped_and_killed() -> None:
    """`stop` returns the exit code after SIGTERM, and afterwards the port is closed."""
    with Daemon({}, command=TRIVIAL) as daemon:
        daemon.wait_ready()
        assert daemon.stop() == -signal.SIGTERM
        with pytest.raises(ConnectionRefusedError):
            daemon.request("GET", "/healthz")
    with Daemon({}, command=TRIVIAL) as daemon:
        daemon.wait_ready()
        daemon.kill()
        assert daemon.process.exit_code() == -signal.SIGKILL


def test_daemon_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon gets the passed settings and no other variable of the tests' environment."""
    monkeypatch.setenv("STRIPE_API_KEY", "from-outside")
    show = (sys.executable, "-c", "import os; print(sorted(os.environ), os.getcwd())")
    with Daemon({"PAYCLI_X": "1"}, command=show) as daemon:
        assert daemon.process.wait(10) == 0
        printed = daemon.stdout_text()
    assert "PAYCLI_X" in printed
    assert "STRIPE_API_KEY" not in printed
    assert str(Path.cwd()) not in printed


def test_daemon_that_exits_early_shows_its_output() -> None:
    """Waiting for a daemon that has exited fails immediately with its output."""
    with Daemon({"TRIVIAL_EXIT": "no topic today"}, command=TRIVIAL) as daemon:
        with pytest.raises(ProcessExitedError, match="no topic today"):
            daemon.wait_ready()
        assert daemon.process.exit_code() == 1


def test_daemon_that_is_not_ready_in_time_shows_its_output() -> None:
    """Waiting for a daemon that does not become ready times out with its output."""
    with (
        Daemon({"TRIVIAL_STATUS": "503"}, command=TRIVIAL) as daemon,
        pytest.raises(TimeoutError, match="output of paycli-serve"),
    ):
        daemon.wait_ready(timeout_seconds=0.2)


def test_processes_are_killed_with_the_test_run(tmp_path: Path) -> None:
    """A process is killed even if the test run itself is killed without cleaning up."""
    script = (
        "import sys, os, signal\n"
        "from pathlib import Path\n"
        "from harness.processes import Process\n"
        "process = Process(['sleep', '600'], name='sleep', directory=Path(sys.argv[1]))\n"
        "print(process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    wait_until(lambda: is_gone(int(run.stdout)), 10, "the child process is gone")


def test_ports_are_free_and_never_returned_twice() -> None:
    """Each port is returned once."""
    ports = [free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)


def test_stripe_mock_stops_with_its_context() -> None:
    """stripe-mock serves on its URL until its context ends; an attached one is left running."""
    with StripeMock() as stripe_mock:
        pid = stripe_mock.process.pid
        with StripeMock.attach(stripe_mock.url) as attached:
            assert attached.is_ready()
            with pytest.raises(RuntimeError, match="another process runs stripe-mock"):
                attached.start()
        assert stripe_mock.is_ready()
    assert not stripe_mock.is_ready()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
