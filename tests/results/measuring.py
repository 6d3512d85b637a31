"""Does a run and keeps what it has recorded, with the machine, the commit and the time."""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from harness import measurements
from harness.tools import ROOT

from .runs import Measured, Run


def measure(run: Run) -> Measured:
    """Do a run, with its output on this terminal, and return what it has measured."""
    with tempfile.TemporaryDirectory(prefix="paycli-results-") as folder:
        file = Path(folder) / "tables"
        environment = {**os.environ, measurements.FILE: str(file)}
        commit = _commit()
        started, machine, own = time.monotonic(), _busy_seconds(), _own_seconds()
        done = subprocess.run(["bash", "-c", run.command], cwd=ROOT, env=environment, check=False)
        seconds = time.monotonic() - started
        others = _busy_seconds() - machine - (_own_seconds() - own)
        return Measured(
            date=datetime.now(UTC).date().isoformat(),
            commit=commit,
            machine=_machine(),
            python=platform.python_version(),
            minutes=round(seconds / 60, 1),
            other_use=round(max(0.0, others) / seconds / (os.cpu_count() or 1), 2),
            exit_code=done.returncode,
            tables=measurements.read(file),
        )


def _commit() -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", ".", ":!tests/results", ":!*.md")
    return git("rev-parse", "--short=9", "HEAD") + ("+" if changed else "")


def _machine() -> str:
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    name = processor[1] if processor else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {system}"


def _busy_seconds() -> float:
    """Return the processor time that all programs of the machine have used."""
    user, nice, kernel, _, _, interrupts, soft, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + kernel + interrupts + soft) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def log(line: str) -> None:
    """Write a line about the progress to standard error."""
    sys.stderr.write(f"results: {line}\n")
