"""Stripe's own stand-in, stripe-mock, as a process: right shapes, no memory."""

import http.client
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from .polling import wait_until
from .ports import free_port
from .processes import Process
from .tools import stripe_mock_binary

START_TIMEOUT_SECONDS = 30.0


class StripeMock:
    """Runs stripe-mock while the context lasts; `url` is its address for API clients.

    In: optionally a JSON file with the objects it shall serve instead of its own.
    """

    def __init__(self, fixtures: Path | None = None) -> None:
        port = free_port()
        # Without a port of its own for HTTPS it would take a fixed one.
        self._command = [
            stripe_mock_binary(),
            *("-http-addr", f"127.0.0.1:{port}", "-https-addr", f"127.0.0.1:{free_port()}"),
            *(("-fixtures", fixtures.resolve()) if fixtures else ()),
        ]
        self._port = port
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-stripe-mock-")
        self.process = Process(
            self._command, name="stripe-mock", directory=Path(self._directory.name)
        )
        try:
            wait_until(self._answers, START_TIMEOUT_SECONDS, "stripe-mock answers")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self._directory.cleanup()

    def _answers(self) -> bool:
        self.process.check_alive()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            return False
        finally:
            connection.close()
        return True
