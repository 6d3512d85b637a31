"""The daemon with a sandbox: `paycli serve --sandbox`."""

import json
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .daemon import COMMAND, Daemon
from .polling import wait_until


class Sandbox(Daemon):
    """A daemon with a sandbox; `arguments` replace `--sandbox`, `command` `paycli serve`."""

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *arguments: str,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.started_at = time.monotonic()
        super().__init__(settings or {}, arguments or ["--sandbox"], command)

    def wait_sandbox_ready(self) -> dict[str, Any]:
        """Wait for the `sandbox_ready` line on standard output and return it."""
        wait_until(lambda: "sandbox_ready" in self.stdout_text(), 10, "the sandbox is ready")
        ready: dict[str, Any] = json.loads(self.stdout_text())
        return ready

    def processes(self) -> list[int]:
        """Return the process ids of the daemon and its children."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]


def pay(stripe_url: str, payment: Mapping[str, Any], card: str) -> int:
    """Confirm with a publishable key, as Stripe's form in a browser does; return the status."""
    form = {"client_secret": payment["client_secret"], "payment_method": card}
    connection = HTTPConnection(stripe_url.removeprefix("http://"), timeout=5)
    path = f"/v1/payment_intents/{payment['id']}/confirm"
    connection.request("POST", path, urlencode(form), {"Authorization": "Bearer pk_test_browser"})
    status = connection.getresponse().status
    connection.close()
    return status
