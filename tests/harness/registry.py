"""A stand-in for a Eureka server: records requests and responds or fails as the test says."""

import json
import time
from dataclasses import dataclass
from typing import Any

from .local_server import LocalServer, ReceivedRequest


@dataclass(frozen=True)
class RegistryRequest:
    """One request to the registry: its line, its Authorization header, and its JSON body."""

    method: str
    path: str
    authorization: str | None
    body: Any


class FakeRegistry(LocalServer):
    """Listens while the context lasts and stores nothing.

    `received` has all requests. `statuses` are the next responses; once it is empty, the status is
    204. Each response is delayed by `hang_seconds`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.received: list[RegistryRequest] = []
        self.statuses: list[int] = []
        self.hang_seconds = 0.0
        self.url = f"http://127.0.0.1:{self.port}/eureka"

    def respond(self, request: ReceivedRequest) -> int:
        """Record the request and return the next status."""
        body = json.loads(request.body) if request.body else None
        authorization = request.headers.get("authorization")
        self.received.append(RegistryRequest(request.method, request.path, authorization, body))
        time.sleep(self.hang_seconds)
        return self.statuses.pop(0) if self.statuses else 204

    def requests(self) -> list[str]:
        """Return method and path of all requests, without the prefix before the application."""
        return [f"{it.method} {it.path.removeprefix('/eureka/apps')}" for it in self.received]
