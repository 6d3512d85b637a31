"""Child processes: started, checked for readiness, stopped and killed; none outlives the tests."""

import atexit
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from .polling import wait_until

OUTPUT_TAIL_LINES = 40
STOP_TIMEOUT_SECONDS = 20.0
PR_SET_PDEATHSIG = 1  # prctl(2)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_groups: set[int] = set()


class ProcessExitedError(Exception):
    """A process exited that should be running; the message has the end of its output."""


class Process:
    """One child process in its own process group, with its output in files.

    Args:
        command: The program and its arguments.
        name: For messages, and of the output files `<name>.out` and `<name>.err`.
        directory: The working directory; the output files are written there.
        environment: The complete environment; None inherits that of the tests.

    Linux kills the process when the thread that started it ends, so start it from a thread that
    lives at least as long.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group and session."""
        return self._popen.pid

    def exit_code(self) -> int | None:
        """Return the exit code (negative: the signal), or None while the process runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself, if it still runs."""
        self._popen.send_signal(number)

    def wait(self, timeout_seconds: float) -> int:
        """Wait for the process to exit and return its exit code.

        Raises `TimeoutError` with the end of its output if it is still running after that time.
        """
        try:
            return self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            message = f"{self.name} still runs after {timeout_seconds} s:\n{self.output_tail()}"
            raise TimeoutError(message) from None

    def wait_until(
        self, condition: Callable[[], bool], timeout_seconds: float, description: str
    ) -> None:
        """Poll until `condition()` is true while the process runs.

        Raises `ProcessExitedError` if the process exits first and `TimeoutError` after the
        deadline, both with the end of its output.
        """

        def holds() -> bool:
            self.check_running()
            return condition()

        try:
            wait_until(holds, timeout_seconds, description)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; output of {self.name}:\n{self.output_tail()}") from None

    def kill(self) -> None:
        """Kill the process and all its children with SIGKILL, and reap it."""
        _kill_group(self.pid)
        self._popen.wait()
        _groups.discard(self.pid)

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> int:
        """Terminate the process with SIGTERM and return its exit code.

        Raises `TimeoutError` if it does not exit in time. Either way whatever is left of its
        process group is killed.
        """
        try:
            self.signal(signal.SIGTERM)
            return self.wait(timeout_seconds)
        finally:
            self.kill()

    def stdout_text(self) -> str:
        """Return what the process has written to standard output so far."""
        return self._out.read_text(errors="replace")

    def stderr_text(self) -> str:
        """Return what the process has written to standard error so far."""
        return self._err.read_text(errors="replace")

    def output_tail(self) -> str:
        """Return the last lines of the output, for error messages."""
        lines = (self.stdout_text() + self.stderr_text()).splitlines()
        return "\n".join(lines[-OUTPUT_TAIL_LINES:])

    def check_running(self) -> None:
        """Raise `ProcessExitedError` with the end of its output if the process has exited."""
        if (code := self.exit_code()) is not None:
            raise ProcessExitedError(f"{self.name} exited with {code}:\n{self.output_tail()}")

    def rss_mib(self) -> float:
        """Return the resident memory of the process itself in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(kib) / 1024


class Program:
    """A program that runs while the context lasts, in an empty directory of its own.

    On entry it is started, on exit it is killed and its directory removed. In between it may be
    stopped or killed, and started again.

    Args:
        command: The program and its arguments; None if another process runs the program, so that
            entering and leaving the context do nothing.
        name: For messages and output files.
        environment: Environment variables beyond PATH and HOME; no others are inherited.
        start_timeout_seconds: How long it may take until `is_ready()`; None to start it without
            waiting.
    """

    def __init__(
        self,
        command: Sequence[str | Path] | None,
        *,
        name: str,
        environment: Mapping[str, str] | None = None,
        start_timeout_seconds: float | None = None,
    ) -> None:
        self._command = command
        self._name = name
        self._environment = environment or {}
        self._start_timeout_seconds = start_timeout_seconds
        self._process: Process | None = None
        self._temporary_directory: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        if self._command is not None:
            self._temporary_directory = tempfile.TemporaryDirectory(prefix=f"paycli-{self._name}-")
            try:
                self.start()
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
        if self._temporary_directory is not None:
            self._temporary_directory.cleanup()

    @property
    def process(self) -> Process:
        """The process, running or exited; `RuntimeError` if this context did not start one."""
        if self._process is None:
            raise RuntimeError(f"{self._name} was not started here")
        return self._process

    @property
    def directory(self) -> Path:
        """The working directory; `RuntimeError` outside the context."""
        if self._temporary_directory is None:
            raise RuntimeError(f"{self._name} was not started here")
        return Path(self._temporary_directory.name)

    def start(self) -> None:
        """Start the program, or start it again after it exited."""
        if self._command is None:
            raise RuntimeError(f"another process runs {self._name}")
        own = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
        self._process = Process(
            self._command,
            name=self._name,
            directory=self.directory,
            environment={**own, **self._environment},
        )
        if self._start_timeout_seconds is not None:
            ready = f"{self._name} is ready"
            self._process.wait_until(self.is_ready, self._start_timeout_seconds, ready)

    def is_ready(self) -> bool:
        """Return whether the program can be used, for programs that are waited for."""
        raise NotImplementedError

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> int:
        """Terminate the program with SIGTERM and return its exit code."""
        return self.process.stop(timeout_seconds)

    def kill(self) -> None:
        """Kill the program and its children with SIGKILL."""
        self.process.kill()


def _die_with_parent() -> None:
    """Ask the kernel, in the child, to kill it when the tests are killed."""
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
