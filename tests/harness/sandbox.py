"""The daemon with a sandbox of its own, as people try it out."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .daemon import Daemon
from .polling import wait_until


class Sandbox(Daemon):
    """A daemon with a sandbox, whatever is set."""

    def __init__(self, settings: Mapping[str, str] | None = None, *arguments: str) -> None:
        self.started_at = time.monotonic()
        super().__init__(settings or {}, arguments or ["--sandbox"])

    def wait_sandbox_ready(self) -> dict[str, Any]:
        """Return what it printed once all was ready."""
        wait_until(lambda: "sandbox_ready" in self.stdout_text(), 10, "the sandbox is ready")
        told: dict[str, Any] = json.loads(self.stdout_text())
        return told

    def processes(self) -> list[int]:
        """Return the ids of the daemon and of all that it started."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]
