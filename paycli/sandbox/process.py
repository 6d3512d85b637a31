"""The sandbox as a process beside this one, from the outside."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paycli.errors import PaycliError

_STOP_TIMEOUT_SECONDS = 5.0
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR")
"""All that it gets of the environment, which can hold secrets."""


class SandboxFailed(PaycliError):
    """The sandbox could not be brought up."""

    code = "sandbox_failed"


@dataclass(frozen=True, slots=True)
class SandboxAddresses:
    """Where the parts are; None for a part that was not wanted."""

    stripe_url: str | None
    kafka_bootstrap_servers: str | None


class SandboxProcess:
    """Starts at once; nothing of it is left when this process has ended, however it ends."""

    def __init__(self, *, stripe: bool, topics: Sequence[str] | None) -> None:
        """`stripe`: with the stand-in; `topics`: with a broker that has them."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "paycli.sandbox"],
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C is for the daemon, which needs it longer
        )
        self._say({"stripe": stripe, "topics": topics})

    def addresses(self) -> SandboxAddresses:
        """Waits until all is up. Raises SandboxFailed."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SandboxFailed("the sandbox did not come up; what it said stands above")
        return SandboxAddresses(**json.loads(line))

    def connect(
        self, webhook_url: str, secrets: Sequence[str], topic: str, kafka: Mapping[str, str | float]
    ) -> None:
        """Tells the stand-in where webhooks go, what signs them, and where records are kept."""
        endpoint = {"url": webhook_url, "secrets": secrets}
        self._say({"endpoint": endpoint, "topic": topic, "kafka_config": dict(kafka)})

    def stop(self) -> None:
        """Ends it and waits until it has gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _say(self, told: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SandboxFailed("the sandbox has ended; what it said stands above") from None
