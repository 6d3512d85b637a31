"""Parts of a Spring Cloud platform: a real Eureka server, and a client that calls the service."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .http_status import http_status
from .jvm import QUICK_START, archive_classes, java
from .ports import free_port
from .processes import Program
from .tools import spring_cloud

START_TIMEOUT_SECONDS = 60.0

# The server responds from no cache, and evicts expired instances every second, however many.
EUREKA_SETTINGS = {
    "eureka.client.register-with-eureka": "false",
    "eureka.client.fetch-registry": "false",
    "eureka.server.enable-self-preservation": "false",
    "eureka.server.eviction-interval-timer-in-ms": "1000",
    "eureka.server.response-cache-update-interval-ms": "500",
    "logging.level.root": "warn",
}


def _java(
    main: str, settings: Mapping[str, str], java_options: Sequence[str] = QUICK_START
) -> list[str]:
    arguments = [f"--{name}={value}" for name, value in settings.items()]
    return [*java(spring_cloud(), [*java_options, "-Xmx256m"]), main, *arguments]


class EurekaServer(Program):
    """A Eureka server while the context lasts; `url` stays the same across `stop` and `start`.

    Args:
        java_options: Options of its JVM.
        running_at: The URL of one that another process runs, in place of starting one.
    """

    def __init__(
        self, *, java_options: Sequence[str] = QUICK_START, running_at: str | None = None
    ) -> None:
        self.url = running_at or f"http://127.0.0.1:{free_port()}/eureka"
        settings = {**EUREKA_SETTINGS, "server.port": str(urlsplit(self.url).port)}
        super().__init__(
            None if running_at else _java("registry.Registry", settings, java_options),
            name="eureka",
            start_timeout_seconds=START_TIMEOUT_SECONDS,
        )

    @classmethod
    def attach(cls, url: str) -> Self:
        """Return the Eureka server that another process runs at this URL."""
        return cls(running_at=url)

    @classmethod
    def archive_classes(cls) -> None:
        """Make the archive of its classes, unless there is one."""

        def run(java_options: list[str]) -> None:
            with cls(java_options=java_options) as server:
                server.process.stop()

        archive_classes(spring_cloud(), run)

    def is_ready(self) -> bool:
        """Return whether it lists its applications."""
        return http_status(self.url, "/eureka/apps", timeout_seconds=10) == 200

    def statuses(self, app: str) -> dict[str, str]:
        """Return the status of each instance of an application, by host:port."""
        return {f"{it['hostName']}:{it['port']['$']}": it["status"] for it in self.instances(app)}

    def instances(self, app: str) -> list[dict[str, Any]]:
        """Return the registered instances of an application, as Eureka's JSON has them."""
        request = Request(f"{self.url}/apps", headers={"Accept": "application/json"})
        with urlopen(request, timeout=10) as response:
            applications = json.load(response)["applications"]["application"]
        return [it for each in applications if each["name"] == app for it in each["instance"]]

    def request(self, method: str, path: str) -> int:
        """Send a request of an operator and return the response's status."""
        with urlopen(Request(self.url + path, method=method), timeout=10) as response:
            return int(response.status)


@dataclass(frozen=True)
class Calls:
    """What a Spring Cloud client counted: requests, payments, failures and instances."""

    sent: int
    created: int
    failures: Mapping[str, int]
    instances: Mapping[str, int]


class SpringCaller(Program):
    """Creates payments through Spring Cloud's load balancer while the context lasts.

    Args:
        registry_url: The registry's URL.
        service: The service's name in the registry.
        token: The bearer token.
        count: The least number of payments; it continues until `finish`.
        threads: The number of concurrent requests.
    """

    def __init__(
        self, registry_url: str, service: str, token: str, count: int, threads: int = 8
    ) -> None:
        settings = {
            "eureka.client.service-url.defaultZone": registry_url,
            "eureka.client.register-with-eureka": "false",
            # The server's Jersey is on the same class path.
            "eureka.client.jersey.enabled": "false",
            "eureka.client.registry-fetch-interval-seconds": "1",
            "spring.cloud.loadbalancer.cache.ttl": "1s",
            "logging.level.root": "warn",
            "spring.main.banner-mode": "off",
        }
        environment = {
            "SERVICE": service,
            "TOKEN": token,
            "COUNT": str(count),
            "THREADS": str(threads),
            "UNTIL": "until",
        }
        super().__init__(_java("booking.Caller", settings), name="caller", environment=environment)

    def finish(self, timeout_seconds: float) -> Calls:
        """Let it exit once it has created its count of payments, and return what it counted."""
        (self.directory / "until").touch()
        assert self.process.wait(timeout_seconds) == 0, self.process.output_tail()
        # Spring logs to standard output too, possibly after the result.
        lines = [line for line in self.process.stdout_text().splitlines() if line.startswith("{")]
        return Calls(**json.loads(lines[-1]))
