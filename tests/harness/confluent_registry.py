"""A stand-in for Confluent's schema registry, which is not free software: it has GUIDs.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import json
import re
import uuid
from typing import Any
from urllib.parse import unquote

from .local_server import LocalServer, ReceivedRequest

UNKNOWN_SUBJECT, UNKNOWN_SCHEMA, NO_LEVEL_OF_ITS_OWN = 40401, 40403, 40408


class ConfluentRegistry(LocalServer):
    """Listens while the context lasts; `subjects` has the schemas of each, oldest first.

    `received` has all requests. `failures` are the next responses, in place of the registry's own.
    `messages` are the reasons why no schema is compatible.
    """

    def __init__(self) -> None:
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"
        self.received: list[ReceivedRequest] = []
        self.failures: list[tuple[int, bytes]] = []
        self.subjects: dict[str, list[str]] = {}
        self.levels: dict[str, str] = {}
        self.messages: list[str] = []
        self._ids: list[str] = []

    def respond(self, request: ReceivedRequest) -> tuple[int, bytes]:
        """Handle the request as Confluent's registry does."""
        self.received.append(request)
        if self.failures:
            return self.failures.pop(0)
        path = request.path.partition("?")[0].replace("/compatibility/", "/judge")
        kind, _, rest = path.strip("/").partition("/")
        body = json.loads(request.body) if request.body else {}
        status, response = self._answer(request.method, kind, unquote(rest), body)
        return status, json.dumps(response).encode()

    def _answer(self, method: str, kind: str, rest: str, body: Any) -> tuple[int, object]:  # noqa: ANN401  (any JSON)
        subject = re.sub(r"/versions.*", "", rest)
        if kind == "config":
            return self._config(method, subject, body)
        if kind == "judgesubjects":
            return 200, {"is_compatible": not self.messages, "messages": self.messages}
        schemas = self.subjects.get(subject, [])
        if method == "GET":
            return (200, [*range(1, len(schemas) + 1)]) if schemas else _missing(UNKNOWN_SUBJECT)
        assert body["schemaType"] == "JSON"
        text = body["schema"]
        if rest.endswith("/versions"):
            if text not in schemas:
                self.subjects.setdefault(subject, []).append(text)
            if text not in self._ids:
                self._ids.append(text)
            return 200, {"id": self._ids.index(text) + 1}
        if text not in schemas:
            return _missing(UNKNOWN_SCHEMA if schemas else UNKNOWN_SUBJECT)
        return 200, {
            "subject": subject,
            "version": schemas.index(text) + 1,
            "id": self._ids.index(text) + 1,
            "guid": guid(text),
            "schemaType": "JSON",
            "schema": text,
        }

    def _config(self, method: str, subject: str, body: Any) -> tuple[int, object]:  # noqa: ANN401  (any JSON)
        if method == "PUT":
            self.levels[subject] = body["compatibility"]
            return 200, body
        if subject and subject not in self.levels:
            return _missing(NO_LEVEL_OF_ITS_OWN)
        return 200, {"compatibilityLevel": self.levels.get(subject, "BACKWARD")}


def guid(schema: str) -> str:
    """Return the GUID of a schema, which is derived from its content."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, schema))


def _missing(code: int) -> tuple[int, object]:
    return 404, {"error_code": code, "message": "not found"}
