"""A contestant as a process, from its start until it is killed."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.http_status import http_status
from harness.processes import Program

from . import usage

START_TIMEOUT_SECONDS = 60.0
PROBE_TIMEOUT_SECONDS = 1.0


class Running(Program):
    """A server that runs while the context lasts; it is ready once the context is entered.

    `ready_seconds` is the time from its start until it was ready.

    Args:
        name: For messages and output files.
        command: The program and its arguments.
        environment: Environment variables beyond PATH and HOME.
        port: The port on 127.0.0.1 that it listens on.
        ready_path: The path that responds with 200 once it is ready.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        port: int,
        ready_path: str,
    ) -> None:
        super().__init__(
            command,
            name=name,
            environment=environment,
            start_timeout_seconds=START_TIMEOUT_SECONDS,
        )
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.ready_seconds = 0.0
        self._ready_path = ready_path

    def start(self) -> None:
        """Start the server, wait until it is ready, and measure how long that takes."""
        started = time.perf_counter()
        super().start()
        self.ready_seconds = time.perf_counter() - started

    def is_ready(self) -> bool:
        """Return whether its ready path responds with 200."""
        return http_status(self.url, self._ready_path, PROBE_TIMEOUT_SECONDS) == 200

    def cpu_seconds(self) -> float:
        """Return the processor time that it and its children have used so far."""
        return usage.cpu_seconds(self.process.pid)

    def memory_mib(self) -> float:
        """Return the memory that it and its children use, in MiB."""
        return usage.memory_mib(self.process.pid)
