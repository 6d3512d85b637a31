"""The demo, run as a person runs it after set-up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.polling import wait_until
from harness.tools import stripe_mock_binary

DEMO = Path(__file__).parents[2] / "scripts/demo.py"


@pytest.fixture
def demo_environment(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which stripe-mock is found, and a folder for temporary files."""
    path = f"{stripe_mock_binary().parent}:{os.environ['PATH']}"
    return {"PATH": path, "TMPDIR": str(tmp_path)}


def leftovers(folder: Path) -> list[str]:
    """Processes that work in a folder, by their id."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in str((process / "cwd").readlink()):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_the_demo_shows_the_whole_way(demo_environment: dict[str, str], tmp_path: Path) -> None:
    """The demo creates a payment, has it confirmed, shows its record, and leaves nothing behind."""
    done = subprocess.run(
        [sys.executable, DEMO], env=demo_environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for told in (
        "HTTP/1.1 201 Created",
        "HTTP/1.1 422 Unprocessable",
        "HTTP/1.1 400 Bad Request",
        '"cause": "mismatch"',
        '"type": "PaymentSucceededEvent"',
        '"reference": "booking-42"',
    ):
        assert told in done.stdout
    assert "_secret_" not in done.stdout
    assert "whsec_" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 200
    assert (list(tmp_path.iterdir()), leftovers(tmp_path)) == ([], [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_ended_demo_leaves_nothing_behind(
    demo_environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    """Kept running it waits, and SIGTERM or Ctrl-C ends all that it started."""
    output = tmp_path / "output"
    work = tmp_path / "work"
    work.mkdir()
    with output.open("wb") as out:
        demo = subprocess.Popen(
            [sys.executable, DEMO, "--keep"],
            env={**demo_environment, "TMPDIR": str(work)},
            stdout=out,
        )
    wait_until(lambda: "Ctrl-C ends it" in output.read_text(), 40, "the demo waits")
    assert len(leftovers(work)) == 3
    demo.send_signal(number)
    demo.wait(30)
    assert (list(work.iterdir()), leftovers(work)) == ([], [])
