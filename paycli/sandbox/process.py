"""The sandbox as a child process of the daemon."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paycli.errors import PaycliError, Problem, SettingsInvalid

_STOP_TIMEOUT_SECONDS = 5.0
_INHERITED_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR")
"""All that the child inherits of the environment, which may contain secrets."""


class SandboxFailed(PaycliError):
    """The sandbox did not start, or has ended."""

    code = "sandbox_failed"


@dataclass(frozen=True, slots=True)
class SandboxAddresses:
    """The addresses of the parts; None for a part that was not requested."""

    stripe_url: str | None
    kafka_bootstrap_servers: str | None


class SandboxProcess:
    """A running sandbox. It ends with this process, even if this process is killed."""

    def __init__(self, *, stripe: bool, topics: Sequence[str] | None) -> None:
        """Starts it: `stripe` with the stand-in, `topics` with a broker that has these topics.

        Raises SettingsInvalid if the optional packages of the stand-in are not installed.
        """
        if stripe and importlib.util.find_spec("h11") is None:
            detail = "needs the package h11: install it with pip install 'paycli[sandbox]'"
            raise SettingsInvalid([Problem("--sandbox", detail)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "paycli.sandbox"],
            env={name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C must reach only the daemon, which drains with it
        )
        self._write_line({"stripe": stripe, "topics": topics})

    def addresses(self) -> SandboxAddresses:
        """Waits until all parts are ready. Raises SandboxFailed."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SandboxFailed("the sandbox did not start; see its messages above")
        return SandboxAddresses(**json.loads(line))

    def connect(
        self, webhook_url: str, secrets: Sequence[str], topic: str, kafka: Mapping[str, str | float]
    ) -> None:
        """Sets where the stand-in sends webhooks, which secrets sign them, and the topic."""
        endpoint = {"url": webhook_url, "secrets": secrets}
        self._write_line({"endpoint": endpoint, "topic": topic, "kafka_config": dict(kafka)})

    def stop(self) -> None:
        """Ends the process and waits for it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _write_line(self, value: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(value) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise SandboxFailed("the sandbox has ended; see its messages above") from None
