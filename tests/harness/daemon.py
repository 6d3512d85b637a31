"""The daemon as operators run it: a process with settings in its environment."""

import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .http_status import http_status
from .polling import wait_until
from .ports import free_port
from .processes import Program

COMMAND = (sys.executable, "-m", "paycli", "serve")


@dataclass(frozen=True)
class Response:
    """An HTTP response; header names in lower case, repeated headers joined with a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is whatever the server sent
        """The body parsed as JSON."""
        return json.loads(self.body)


def http_request(
    port: int,
    method: str,
    path: str,
    body: bytes | Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 15,
) -> Response:
    """Send one request on a new connection to a local port, as `Daemon.request` does."""
    headers = dict(headers or {})
    if isinstance(body, Mapping):
        body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | headers
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        names = {name.lower() for name in response.headers}
        joined = {name: ", ".join(response.headers.get_all(name, [])) for name in names}
        return Response(response.status, joined, response.read())
    finally:
        connection.close()


class Daemon(Program):
    """`paycli serve` while the context lasts, in an empty directory and environment.

    Entering the context starts the daemon without waiting for it: call `wait_ready` or
    `wait_alive` for that.

    Args:
        settings: Settings by their variable names, in addition to a free address and JSON logs.
        arguments: Arguments after `serve`.
        command: A program to run in place of `paycli serve`.
        port: The port to listen on; a free one by default.
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
        environment = {
            "PAYCLI_LISTEN": f"127.0.0.1:{self.port}",
            "PAYCLI_LOG_FORMAT": "json",
            **settings,
        }
        super().__init__([*command, *arguments], name="paycli-serve", environment=environment)

    @property
    def pid(self) -> int:
        """The id of the daemon's main process."""
        return self.process.pid

    def wait_ready(self, timeout_seconds: float = 30) -> None:
        """Return when /readyz responds with 200; a `TimeoutError` shows the end of the log.

        Of several workers that is the one which received the request: see `wait_all_ready`.
        """
        self._wait_for_200("/readyz", timeout_seconds)

    def wait_all_ready(self, timeout_seconds: float = 30) -> None:
        """Return when the log says that all workers are ready, else raise a `TimeoutError`."""
        self.process.wait_until(
            lambda: '"event":"ready"' in self.stderr_text(),
            timeout_seconds,
            "all workers are ready",
        )

    def wait_alive(self, timeout_seconds: float = 30) -> None:
        """Return when /healthz responds with 200; a `TimeoutError` shows the end of the log."""
        self._wait_for_200("/healthz", timeout_seconds)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 15,
    ) -> Response:
        """Send one request on a new connection and return the response, whatever its status.

        A mapping as body is sent as JSON. Raises `OSError` or `http.client.HTTPException` if there
        is no connection or no response.
        """
        return http_request(self.port, method, path, body, headers, timeout_seconds)

    def stdout_text(self) -> str:
        """Return what the daemon has written to standard output so far."""
        return self.process.stdout_text()

    def stderr_text(self) -> str:
        """Return what the daemon has written to standard error so far."""
        return self.process.stderr_text()

    def log_lines(self, timeout_seconds: float = 5, **fields: object) -> list[dict[str, Any]]:
        """Return the log lines that have these fields, once there is one.

        A thread of the daemon writes them, which can be after the response. Raises `TimeoutError`
        if there is none in time.
        """
        found: list[dict[str, Any]] = []

        def search() -> bool:
            # The last line can be incomplete.
            complete = self.stderr_text().rpartition("\n")[0].splitlines()
            lines = (json.loads(line) for line in complete)
            found[:] = [line for line in lines if fields.items() <= line.items()]
            return bool(found)

        wait_until(search, timeout_seconds, f"a log line with {fields}")
        return found

    def rss_mib(self) -> float:
        """Return the resident memory of the main process in MiB."""
        return self.process.rss_mib()

    def _wait_for_200(self, path: str, timeout_seconds: float) -> None:
        self.process.wait_until(
            lambda: http_status(self.url, path) == http.client.OK,
            timeout_seconds,
            f"{path} responds with 200",
        )
