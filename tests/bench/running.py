"""A contestant as a process, from its start until it is killed."""

import http.client
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.polling import wait_until
from harness.processes import Process

from . import usage

START_TIMEOUT_SECONDS = 60.0
PROBE_TIMEOUT_SECONDS = 1.0


class Running:
    """Runs a server while the context lasts; it is ready once entered.

    In: its command, its environment beyond PATH, its port, and the path that answers 200 when it is
    ready. `ready_seconds` is the time from its start until then.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        port: int,
        ready_path: str,
    ) -> None:
        self.address = f"127.0.0.1:{port}"
        self.ready_seconds = 0.0
        self._name = name
        self._command = command
        self._environment = environment
        self._ready_path = ready_path

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-bench-")
        home = self._directory.name
        started = time.perf_counter()
        self.process = Process(
            self._command,
            name=self._name,
            directory=Path(home),
            environment={"PATH": os.environ["PATH"], "HOME": home, **self._environment},
        )
        try:
            wait_until(self._answers, START_TIMEOUT_SECONDS, f"{self._name} is ready")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.ready_seconds = time.perf_counter() - started
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self._directory.cleanup()

    def cpu_seconds(self) -> float:
        """Return the processor time that it and its children have used so far."""
        return usage.cpu_seconds(self.process.pid)

    def memory_mib(self) -> float:
        """Return the memory that it and its children use in MiB."""
        return usage.memory_mib(self.process.pid)

    def _answers(self) -> bool:
        self.process.check_running()
        connection = http.client.HTTPConnection(self.address, timeout=PROBE_TIMEOUT_SECONDS)
        try:
            connection.request("GET", self._ready_path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
