"""The demo, as it runs after scripts/setup."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.polling import wait_until

DEMO = Path(__file__).parents[2] / "scripts/demo.py"


@pytest.fixture
def demo_environment(tmp_path: Path) -> dict[str, str]:
    """An environment with only a directory for temporary files."""
    return {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}


def leftovers(folder: Path) -> list[str]:
    """Return the ids of the processes whose working directory is in a folder."""
    ids = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in str((process / "cwd").readlink()):
                ids.append(process.name)
        except OSError:
            continue
    return ids


def test_the_demo_shows_all_steps(demo_environment: dict[str, str], tmp_path: Path) -> None:
    """A payment is created, declined, paid and published; no process or file is left behind."""
    done = subprocess.run(
        [sys.executable, DEMO],
        env=demo_environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for text in (
        "HTTP/1.1 201 Created",
        "HTTP/1.1 402 Payment Required",
        "HTTP/1.1 422 Unprocessable",
        "HTTP/1.1 400 Bad Request",
        '"cause": "mismatch"',
        "PaymentFailedEvent      requires_payment_method",
        '"type": "PaymentSucceededEvent"',
        '"reference": "booking-42"',
        '"off_session": true',
    ):
        assert text in done.stdout
    page = done.stdout.partition("The payment page:\n\n")[2].split()[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/pay/cs_test_\w+", page)
    assert "_secret_" not in done.stdout
    assert "whsec_" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 200
    assert (list(tmp_path.iterdir()), leftovers(tmp_path)) == ([], [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_demo_leaves_nothing_behind(
    demo_environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    """With --keep it waits, and SIGTERM or Ctrl-C ends all its processes."""
    output = tmp_path / "output"
    work = tmp_path / "work"
    work.mkdir()
    with output.open("wb") as out:
        demo = subprocess.Popen(
            [sys.executable, DEMO, "--keep"],
            env={**demo_environment, "TMPDIR": str(work)},
            stdout=out,
        )
    wait_until(lambda: "Press Ctrl-C to stop" in output.read_text(), 40, "the demo waits")
    assert len(leftovers(work)) == 2
    demo.send_signal(number)
    demo.wait(30)
    assert (list(work.iterdir()), leftovers(work)) == ([], [])
