"""Requests of callers to the daemons, each repeated as server/api/README.md describes."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from harness.daemon import http_request

MAX_ATTEMPTS = 20
FIRST_WAIT_SECONDS = 0.1
MAX_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt of an operation, with the response's status and the problem's code.

    The status is None without a response; then `code` is the connection's error. `expected` says
    whether the response is the documented one of a success.
    """

    operation: str
    started_at_seconds: float
    seconds: float
    status: int | None
    code: str
    url: str
    expected: bool


class Pacer:
    """Delays threads so that together they start a number of operations a second."""

    def __init__(self, rate_per_second: float) -> None:
        self._interval_seconds = 1 / rate_per_second
        self._due = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next operation is due; a delay is not followed by a burst."""
        with self._lock:
            self._due = due = max(time.monotonic(), self._due + self._interval_seconds)
        time.sleep(max(0.0, due - time.monotonic()))


class NoSuccessError(Exception):
    """An operation got a response that allows no retry, or none after all retries."""


class Client:
    """Calls one of several daemons at random, and another one when it has to retry.

    Args:
        urls: Of the daemons.
        token: Returns the token to send now.
        pacer: Delays the first attempt of each operation.
        calls: The list to which each attempt is appended.
        rng: For the choice of daemons and for jitter.
    """

    def __init__(
        self,
        urls: Sequence[str],
        token: Callable[[], str],
        pacer: Pacer,
        calls: list[Call],
        rng: random.Random,
    ) -> None:
        self._urls, self._token, self._pacer = urls, token, pacer
        self._calls, self._rng = calls, rng

    def get(self, operation: str, path: str) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of a 200; raises `NoSuccessError`."""
        return self._call(operation, http.client.OK, "GET", path)

    def create(self, operation: str, path: str, body: Mapping[str, object], key: str) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of a 201; raises `NoSuccessError`."""
        return self._call(operation, http.client.CREATED, "POST", path, body, key)

    def _call(
        self,
        operation: str,
        status: int,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        self._pacer.wait()
        headers = {} if key is None else {"Idempotency-Key": key}
        for attempt in range(MAX_ATTEMPTS):
            url = self._rng.choice(self._urls)
            started = time.monotonic()
            sent = {**headers, "Authorization": f"Bearer {self._token()}"}
            wait = min(FIRST_WAIT_SECONDS * 2**attempt, MAX_WAIT_SECONDS)
            actual, code, retry, content = None, "", True, None
            try:
                response = http_request(urlsplit(url).port or 80, method, path, body, sent)
                actual, content = response.status, json.loads(response.body)
                if actual != status:
                    code = content["code"]
                    after = response.headers.get("retry-after")
                    wait = float(after or wait)
                    retry = after is not None or content.get("retryable", False)
            except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
                code = f"{type(error).__name__}: {error}"
            seconds = time.monotonic() - started
            expected = actual == status and not code
            self._calls.append(Call(operation, started, seconds, actual, code, url, expected))
            if expected:
                return content
            if not retry:
                break
            time.sleep(wait * self._rng.uniform(0.5, 1))
        raise NoSuccessError(f"{operation} {key}: {actual} {code}")
