"""Eureka's REST interface: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations.

Several registries are one: each call goes to the one that answered last, then to the others. What a
registry's address holds of credentials goes into the request and nowhere else.
"""

import base64
import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

TIMEOUT_SECONDS = 2.0
"""For connecting, and for each read."""

OUT_OF_SERVICE = "OUT_OF_SERVICE"
UP = "UP"


class EurekaUnreachable(Exception):
    """No registry did what it was asked; the words name each without its credentials."""


@dataclass(frozen=True, slots=True)
class EurekaInstance:
    """One instance of an application; `document` is all that the registry keeps of it."""

    app: str
    id: str
    document: Mapping[str, object]

    @property
    def app_path(self) -> str:
        """Where its application is, under a registry's address."""
        return f"/apps/{quote(self.app)}"

    @property
    def path(self) -> str:
        """Where it is itself."""
        return f"{self.app_path}/{quote(self.id)}"


@dataclass(frozen=True, slots=True)
class EurekaServer:
    """One registry; its words are where it is, without its credentials."""

    secure: bool
    host: str
    port: int | None
    path: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def at(cls, url: str) -> "EurekaServer":
        """That of an address such as `https://user:password@host:8761/eureka`."""
        parts = urlsplit(url)
        assert parts.hostname is not None, "settings refuse an address without a host"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        secure, path = parts.scheme == "https", parts.path.rstrip("/")
        return cls(secure, parts.hostname, parts.port, path, headers)

    def ask(self, method: str, path: str, body: bytes | None) -> int:
        """The answer's status. Raises OSError, HTTPException."""
        with self._answer(method, path, body) as answer:
            return answer.status

    def get(self, path: str, most_bytes: int) -> tuple[int, bytes]:
        """The answer's status and its first bytes. Raises OSError, HTTPException."""
        with self._answer("GET", path, None) as answer:
            return answer.status, answer.read(most_bytes)

    @contextmanager
    def _answer(
        self, method: str, path: str, body: bytes | None
    ) -> Iterator[http.client.HTTPResponse]:
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, self.path + path, body, self.headers)
            yield connection.getresponse()
        finally:
            connection.close()

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


class EurekaClient:
    """Calls to `registries`, such as `https://user:password@host:8761/eureka`.

    Each call raises EurekaUnreachable. Use it from one thread.
    """

    def __init__(self, registries: Sequence[str]) -> None:
        self._registries = [EurekaServer.at(url) for url in registries]

    def register(self, instance: EurekaInstance, status: str) -> None:
        """Puts the instance there with a status; one that is there is replaced."""
        body = {"instance": {**instance.document, "status": status}}
        self._call("POST", instance.app_path, json.dumps(body).encode())

    def renew(self, instance: EurekaInstance) -> bool:
        """Sends a heartbeat; False if no such instance is known, so that it must register."""
        return self._call("PUT", instance.path)

    def set_status(self, instance: EurekaInstance, status: str) -> bool:
        """Overrides the status until it is lifted; False if no such instance is known."""
        return self._call("PUT", f"{instance.path}/status?value={status}")

    def lift_status(self, instance: EurekaInstance) -> bool:
        """Ends an override, as an earlier run may have left one behind; the instance is UP."""
        return self._call("DELETE", f"{instance.path}/status?value={UP}")

    def deregister(self, instance: EurekaInstance) -> bool:
        """Takes the instance out; False if it was not there."""
        return self._call("DELETE", instance.path)

    def _call(self, method: str, path: str, body: bytes | None = None) -> bool:
        """True for success, False for 404."""
        failures = []
        for registry in list(self._registries):
            try:
                status = registry.ask(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{registry}: {type(error).__name__}")
                continue
            if status < HTTPStatus.BAD_REQUEST or status == HTTPStatus.NOT_FOUND:
                self._prefer(registry)
                return status != HTTPStatus.NOT_FOUND
            failures.append(f"{registry}: answered {status}")
        raise EurekaUnreachable("; ".join(failures))

    def _prefer(self, registry: EurekaServer) -> None:
        self._registries.remove(registry)
        self._registries.insert(0, registry)
