"""Programs that tests start, stop and kill, and that never outlive the tests."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LOG_TAIL_LINES = 40
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_groups: set[int] = set()


class ProcessExitedError(Exception):
    """A program ended that should have come up; the message has the end of its output."""


class Process:
    """One program in its own process group.

    In: the command line, the folder to run in (its output goes there, to `<name>.out` and
    `<name>.err`), and the whole environment, or None for our own.

    Start it from a thread that lives as long as it should: Linux kills it when that thread ends.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        name: str,
        directory: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._out, self._err = directory / f"{name}.out", directory / f"{name}.err"
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self._popen = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - a single system call, no locks
            )
        _groups.add(self.pid)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._popen.pid

    def exit_code(self) -> int | None:
        """Return how it ended (negative: the signal), None while it runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself, if it still runs."""
        self._popen.send_signal(number)

    def wait(self, timeout_seconds: float) -> int:
        """Wait for its end and return the exit code; `TimeoutError` with its output if it stays."""
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            message = f"{self.name} still runs after {timeout_seconds} s:\n{self.log_tail()}"
            raise TimeoutError(message) from None

    def kill(self) -> None:
        """End it and all its children with SIGKILL and wait until it is gone."""
        _kill_group(self.pid)
        self._popen.wait()
        _groups.discard(self.pid)

    def stop(self, timeout_seconds: float) -> int:
        """Ask it to end (SIGTERM) and return its exit code; what is left after that is killed."""
        try:
            self.signal(signal.SIGTERM)
            return self.wait(timeout_seconds)
        finally:
            self.kill()

    def stdout_text(self) -> str:
        """Return all it has written to standard output."""
        return self._out.read_text(errors="replace")

    def stderr_text(self) -> str:
        """Return all it has written to standard error."""
        return self._err.read_text(errors="replace")

    def log_tail(self) -> str:
        """Return the last lines of its output, for messages."""
        lines = (self.stdout_text() + self.stderr_text()).splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])

    def check_alive(self) -> None:
        """Raise `ProcessExitedError` with its last words if it has ended."""
        if (code := self.exit_code()) is not None:
            raise ProcessExitedError(f"{self.name} ended with {code}:\n{self.log_tail()}")

    def rss_mib(self) -> float:
        """Return the resident memory of the program itself in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kib) / 1024


def _die_with_parent() -> None:
    """Runs in the child, so even a killed test run takes it along."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


@atexit.register
def _kill_all() -> None:
    for group in _groups:
        _kill_group(group)
