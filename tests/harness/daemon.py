"""The daemon as operators run it: a process with settings in its environment."""

import http.client
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .polling import wait_until
from .ports import free_port
from .processes import Process

COMMAND = (sys.executable, "-m", "paycli", "serve")
STOP_TIMEOUT_SECONDS = 20.0
PROBE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Response:
    """An HTTP answer; header names in lower case, repeated headers joined with a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is whatever the server sent
        """The body parsed as JSON."""
        return json.loads(self.body)


class Daemon:
    """Runs `paycli serve` while the context lasts, in an empty folder and environment.

    In: settings by their variable names, on top of a free address and JSON logs; arguments behind
    `serve`; `command` if something else shall run; a `port` if not any will do. It is started, not
    awaited: `wait_ready` or `wait_alive` do that.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        arguments: Sequence[str] = (),
        command: Sequence[str] = COMMAND,
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [*command, *arguments]
        self._settings = {
            "PAYCLI_LISTEN": f"127.0.0.1:{self.port}",
            "PAYCLI_LOG_FORMAT": "json",
            **settings,
        }

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-daemon-")
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self._directory.cleanup()

    def start(self) -> None:
        """Start it, first or, after its end, again, on the same address."""
        home = Path(self._directory.name)
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(home)}
        self.process = Process(
            self._command,
            name="paycli-serve",
            directory=home,
            environment=surroundings | self._settings,
        )

    @property
    def pid(self) -> int:
        """The id of the daemon's first process."""
        return self.process.pid

    def wait_ready(self, timeout_seconds: float = 10) -> None:
        """Return when /readyz says 200; if it does not in time, the error shows the log's end."""
        self._wait_for("/readyz", timeout_seconds)

    def wait_alive(self, timeout_seconds: float = 10) -> None:
        """Return when /healthz says 200."""
        self._wait_for("/healthz", timeout_seconds)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 15,
    ) -> Response:
        """Send one request on a connection of its own and return the answer, whatever its status.

        A mapping as body goes out as JSON. No connection or no answer is an `OSError` or an
        `http.client.HTTPException`.
        """
        headers = dict(headers or {})
        if isinstance(body, Mapping):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"} | headers
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            names = {name.lower() for name in answer.headers}
            joined = {name: ", ".join(answer.headers.get_all(name, [])) for name in names}
            return Response(answer.status, joined, answer.read())
        finally:
            connection.close()

    def stop(self, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        return self.process.stop(timeout_seconds)

    def kill(self) -> None:
        """End it and its workers with SIGKILL."""
        self.process.kill()

    def stdout_text(self) -> str:
        """Return what it has written to standard output."""
        return self.process.stdout_text()

    def stderr_text(self) -> str:
        """Return what it has written to standard error."""
        return self.process.stderr_text()

    def rss_mib(self) -> float:
        """Return the resident memory of its first process in MiB."""
        return self.process.rss_mib()

    def _wait_for(self, path: str, timeout_seconds: float) -> None:
        try:
            wait_until(lambda: self._says_ok(path), timeout_seconds, f"{path} says 200")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; its log:\n{self.process.log_tail()}") from None

    def _says_ok(self, path: str) -> bool:
        self.process.check_alive()
        try:
            return self.request("GET", path, timeout_seconds=PROBE_TIMEOUT_SECONDS).status == 200
        except (OSError, http.client.HTTPException):
            return False
