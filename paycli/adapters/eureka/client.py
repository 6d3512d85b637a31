"""Eureka's REST interface: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations.

Several registries act as one: each call goes to the registry that responded last, then to the
others. Credentials in a registry's URL go into the request and nowhere else.
"""

import base64
import http.client
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

TIMEOUT_SECONDS = 2.0
"""For a whole request: the name's resolution, the connection, and the response."""

OUT_OF_SERVICE = "OUT_OF_SERVICE"
UP = "UP"


class EurekaUnreachable(Exception):
    """No registry accepted the request; the message names each one without its credentials."""


@dataclass(frozen=True, slots=True)
class EurekaInstance:
    """One instance of an application; `document` is what the registry stores about it."""

    app: str
    id: str
    document: Mapping[str, object]

    @property
    def app_path(self) -> str:
        """The path of its application, relative to the registry's URL."""
        return f"/apps/{quote(self.app)}"

    @property
    def path(self) -> str:
        """The path of the instance, relative to the registry's URL."""
        return f"{self.app_path}/{quote(self.id)}"


@dataclass(frozen=True, slots=True)
class EurekaServer:
    """One registry; `str()` gives its host and port, without its credentials."""

    secure: bool
    host: str
    port: int | None
    path: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def at(cls, url: str) -> "EurekaServer":
        """Parses a URL such as `https://user:password@host:8761/eureka`."""
        parts = urlsplit(url)
        assert parts.hostname is not None, "the settings reject a URL without a host"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
        secure, path = parts.scheme == "https", parts.path.rstrip("/")
        return cls(secure, parts.hostname, parts.port, path, headers)

    def send(self, method: str, path: str, body: bytes | None) -> int:
        """Sends a request; returns the response's status. Raises OSError, HTTPException."""
        return self._exchange(method, path, body, 0)[0]

    def get(self, path: str, max_bytes: int) -> tuple[int, bytes]:
        """Returns the response's status and its first bytes. Raises OSError, HTTPException."""
        return self._exchange("GET", path, None, max_bytes)

    def _exchange(
        self, method: str, path: str, body: bytes | None, max_bytes: int
    ) -> tuple[int, bytes]:
        """Returns status and first bytes. Raises OSError, HTTPException, after the timeout too.

        The timeout of http.client is for each read, and not for the name's resolution. So the
        request runs in a thread, and its socket is closed at the deadline.
        """
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=TIMEOUT_SECONDS)
        sockets: list[socket.socket] = []
        result: Future[tuple[int, bytes]] = Future()

        def run() -> None:
            try:
                connection.connect()
                sockets.append(connection.sock)
                connection.request(method, self.path + path, body, self.headers)
                response = connection.getresponse()
                result.set_result((response.status, response.read(max_bytes)))
            except BaseException as error:  # noqa: BLE001  (raised in the caller's thread)
                result.set_exception(error)
            finally:
                connection.close()

        threading.Thread(target=run, name="registry request", daemon=True).start()
        try:
            return result.result(TIMEOUT_SECONDS)
        finally:
            if not result.done():
                for each in sockets:  # ends the thread
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


class EurekaClient:
    """Calls to the registries at `urls`, such as `https://user:password@host:8761/eureka`.

    Each call raises EurekaUnreachable. To be used from one thread.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._servers = [EurekaServer.at(url) for url in urls]

    def register(self, instance: EurekaInstance, status: str) -> None:
        """Registers the instance with a status, or replaces its entry."""
        body = {"instance": {**instance.document, "status": status}}
        self._call("POST", instance.app_path, json.dumps(body).encode())

    def renew(self, instance: EurekaInstance) -> bool:
        """Sends a heartbeat; False if the instance is not registered (any more)."""
        return self._call("PUT", instance.path)

    def set_status(self, instance: EurekaInstance, status: str) -> bool:
        """Overrides the status until `remove_override`; False if the instance is not registered."""
        return self._call("PUT", f"{instance.path}/status?value={status}")

    def remove_override(self, instance: EurekaInstance) -> bool:
        """Removes a status override, which an earlier run may have left; the status is then UP."""
        return self._call("DELETE", f"{instance.path}/status?value={UP}")

    def deregister(self, instance: EurekaInstance) -> bool:
        """Removes the instance; False if it was not registered."""
        return self._call("DELETE", instance.path)

    def _call(self, method: str, path: str, body: bytes | None = None) -> bool:
        """Returns True for success, False for 404. Raises EurekaUnreachable."""
        failures = []
        for server in list(self._servers):
            try:
                status = server.send(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{server}: {type(error).__name__}")
                continue
            # A redirect is not followed: it has changed nothing at this registry.
            successful = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
            if successful or status == HTTPStatus.NOT_FOUND:
                self._prefer(server)
                return successful
            failures.append(f"{server}: status {status}")
        raise EurekaUnreachable("; ".join(failures))

    def _prefer(self, server: EurekaServer) -> None:
        self._servers.remove(server)
        self._servers.insert(0, server)
