"""A real schema registry with Confluent's interface: Apicurio, which keeps schemas in memory."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from .http_status import http_status
from .jvm import QUICK_START, archive_classes, java
from .ports import free_port
from .processes import Program
from .tools import apicurio

START_TIMEOUT_SECONDS = 90.0
PATH = "/apis/ccompat/v7"
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class SchemaRegistry(Program):
    """A schema registry at `url` while the context lasts; empty after each start.

    Args:
        java_options: Options of its JVM.
    """

    def __init__(self, *, java_options: Sequence[str] = QUICK_START) -> None:
        port = free_port()
        self._address = f"http://127.0.0.1:{port}"
        self.url = self._address + PATH
        settings = {"http.host": "127.0.0.1", "http.port": str(port), "log.level": "WARN"}
        options = [f"-Dquarkus.{name}={value}" for name, value in settings.items()]
        command = java(apicurio(), [*java_options, "-Xmx256m", *options])
        super().__init__(
            [*command, "io.quarkus.runner.GeneratedMain"],
            name="apicurio",
            start_timeout_seconds=START_TIMEOUT_SECONDS,
        )

    @classmethod
    def archive_classes(cls) -> None:
        """Make the archive of its classes, unless there is one."""

        def run(java_options: list[str]) -> None:
            with cls(java_options=java_options) as registry:
                registry.process.stop()

        archive_classes(apicurio(), run)

    def is_ready(self) -> bool:
        """Return whether it lists its subjects."""
        return http_status(self._address, f"{urlsplit(self.url).path}/subjects", 10) == 200

    def versions(self) -> dict[str, list[int]]:
        """Return the numbers of the versions of each subject."""
        subjects = self.call("GET", "/subjects")
        return {name: self.call("GET", f"/subjects/{quote(name)}/versions") for name in subjects}

    def register(self, subject: str, schema: Mapping[str, Any]) -> None:
        """Register a schema, as another version of a service would."""
        body = {"schemaType": "JSON", "schema": json.dumps(schema)}
        self.call("POST", f"/subjects/{quote(subject)}/versions", body)

    def set_level(self, subject: str, level: str) -> None:
        """Set the compatibility level of a subject."""
        self.call("PUT", f"/config/{quote(subject)}", {"compatibility": level})

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401  (any JSON)
        """Send a request of an operator and return the response's JSON."""
        request = Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": MEDIA_TYPE, "Accept": f"{MEDIA_TYPE}, application/json"},
            method=method,
        )
        with urlopen(request, timeout=10) as response:
            return json.load(response)
