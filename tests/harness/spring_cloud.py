"""The platform around the service: a real Eureka server, and a caller on Spring Cloud."""

import http.client
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from .polling import wait_until
from .ports import free_port
from .processes import Process
from .tools import spring_cloud

START_TIMEOUT_SECONDS = 60.0

# What makes a registry of its own quick to see and to forget: it answers from no cache, evicts each
# second, and also when many are missing.
SETTINGS = {
    "eureka.client.register-with-eureka": "false",
    "eureka.client.fetch-registry": "false",
    "eureka.server.enable-self-preservation": "false",
    "eureka.server.eviction-interval-timer-in-ms": "1000",
    "eureka.server.response-cache-update-interval-ms": "500",
    "logging.level.root": "warn",
}


def _java(main: str) -> list[str | Path]:
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")
    return ["java", *quick, "-cp", f"{spring_cloud()}/*", main]


class EurekaServer:
    """Runs a Eureka server while the context lasts; its address stays over `stop` and `start`."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}/eureka"
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-eureka-")
        self._process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._directory.cleanup()

    def start(self) -> None:
        """Start it, first or again with nothing registered, and return when it answers."""
        settings = {**SETTINGS, "server.port": str(self._port)}
        self._process = process = Process(
            [*_java("registry.Registry"), *_arguments(settings)],
            name="eureka",
            directory=Path(self._directory.name),
        )

        def answers() -> bool:
            process.check_running()
            try:
                self._get("/apps")
            except (OSError, http.client.HTTPException):
                return False
            return True

        wait_until(answers, START_TIMEOUT_SECONDS, "Eureka answers")

    def stop(self) -> None:
        """End it at once, as a crash would; what is registered is forgotten."""
        if self._process is not None:
            self._process.kill()

    def statuses(self, app: str) -> dict[str, str]:
        """Return the status of each instance of an application, by host:port."""
        return {f"{it['hostName']}:{it['port']['$']}": it["status"] for it in self.instances(app)}

    def instances(self, app: str) -> list[dict[str, Any]]:
        """Return what the registry holds of each instance of an application."""
        applications = self._get("/apps")["applications"]["application"]
        return [it for each in applications if each["name"] == app for it in each["instance"]]

    def request(self, method: str, path: str) -> int:
        """Send an operator's request, and return the answer's status."""
        with urlopen(Request(self.url + path, method=method), timeout=10) as answer:
            return int(answer.status)

    def _get(self, path: str) -> Any:  # noqa: ANN401 - JSON is whatever the server sent
        request = Request(self.url + path, headers={"Accept": "application/json"})
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@dataclass(frozen=True)
class Calls:
    """What a caller on Spring Cloud has seen: payments, failures and instances, counted."""

    sent: int
    made: int
    failures: Mapping[str, int]
    instances: Mapping[str, int]


class SpringCaller:
    """Creates payments through Spring Cloud's load balancer, from when it is made on.

    In: the registry's address, the service's name there, a token, how many payments at least, and
    by how many threads. It goes on until `finish`.
    """

    def __init__(
        self, registry_url: str, service: str, token: str, count: int, threads: int = 8
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-caller-")
        home = Path(self._directory.name)
        self._until = home / "until"
        settings = {
            "eureka.client.service-url.defaultZone": registry_url,
            "eureka.client.register-with-eureka": "false",
            # The server's Jersey lies on the same class path.
            "eureka.client.jersey.enabled": "false",
            "eureka.client.registry-fetch-interval-seconds": "1",
            "spring.cloud.loadbalancer.cache.ttl": "1s",
            "logging.level.root": "warn",
            "spring.main.banner-mode": "off",
        }
        environment = {"SERVICE": service, "TOKEN": token, "COUNT": str(count)}
        self.process = Process(
            [*_java("booking.Caller"), *_arguments(settings)],
            name="caller",
            directory=home,
            environment={
                **environment,
                "THREADS": str(threads),
                "UNTIL": str(self._until),
                "PATH": "/usr/bin:/bin",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self._directory.cleanup()

    def finish(self, timeout_seconds: float) -> Calls:
        """Let it end as soon as it has made its count, and return what it saw."""
        self._until.touch()
        assert self.process.wait(timeout_seconds) == 0, self.process.output_tail()
        # Spring's own log goes the same way, and may have the last word.
        lines = [line for line in self.process.stdout_text().splitlines() if line.startswith("{")]
        return Calls(**json.loads(lines[-1]))


def _arguments(settings: Mapping[str, str]) -> Sequence[str]:
    return [f"--{name}={value}" for name, value in settings.items()]
