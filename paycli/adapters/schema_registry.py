"""A schema registry with Confluent's interface, such as Confluent's own, Apicurio or Karapace.

https://docs.confluent.io/platform/current/schema-registry/develop/api.html
"""

import base64
import json
import re
import threading
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import pycurl

from paycli.errors import SchemaRegistryFailure
from paycli.models import MAX_SCHEMA_ID, RegisteredSchema
from paycli.settings import SchemaRegistrySettings

TIMEOUT_SECONDS = 15.0
"""For a whole request, from the name's resolution to the last byte of the response."""

LATEST = "latest"

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_MAX_RESPONSE_BYTES = 8 << 20
_CREDENTIALS_REFUSED = (401, 403)
_NOT_FOUND = 404
# Of the subject, the version, the schema in the subject, and the subject's level.
_NOTHING_THERE = (40401, 40402, 40403, 40408)
_MAX_VERSION = 2**31 - 1
"""https://docs.confluent.io/platform/current/schema-registry/develop/api.html#subjects"""
_LEVEL = re.compile(r"[A-Z_]{1,40}")
_MASK = "********"

Json = dict[str, Any]


class SchemaRegistryClient:
    """Calls to the registry at `url`, on one connection and from one thread.

    Redirects and proxies are not followed, so that the credentials go to this address only. Each
    call raises SchemaRegistryFailure.
    """

    def __init__(self, url: str, settings: SchemaRegistrySettings) -> None:
        self._url = url.rstrip("/")
        self._host = urlsplit(url).netloc
        self._headers = [
            f"Content-Type: {_MEDIA_TYPE}",
            f"Accept: {_MEDIA_TYPE}, application/json",
            "Expect:",
            *_authorization(settings),
        ]
        self._secrets = _secrets(settings)
        self._ca_file = settings.ca_file
        self._curl = pycurl.Curl()

    def close(self) -> None:
        """Closes the connection."""
        self._curl.close()

    def find(self, subject: str, schema: str) -> RegisteredSchema | None:
        """Returns the version of the subject that has this schema; None if there is none."""
        found = self._call("POST", f"/subjects/{_segment(subject)}", _schema(schema))
        if found is None:
            return None
        try:
            guid = found.get("guid")
            return RegisteredSchema(
                subject=subject,
                version=_integer(found["version"], 1, _MAX_VERSION),
                id=_integer(found["id"], 0, MAX_SCHEMA_ID),
                guid=None if guid is None else str(UUID(guid)),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._foreign_response() from error

    def versions(self, subject: str) -> list[int]:
        """Returns the numbers of the subject's versions; none if there is no such subject."""
        found = self._call("GET", f"/subjects/{_segment(subject)}/versions")
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._foreign_response()
        try:
            return [_integer(version, 1, _MAX_VERSION) for version in found]
        except ValueError as error:
            raise self._foreign_response() from error

    def level(self, subject: str) -> str:
        """Returns the compatibility level of the subject, which may be that of the registry."""
        own = self._call("GET", f"/config/{_segment(subject)}")
        level = self._call("GET", "/config") if own is None else own
        found = level.get("compatibilityLevel") if isinstance(level, dict) else None
        if not isinstance(found, str) or not _LEVEL.fullmatch(found):
            raise self._foreign_response()
        return found

    def set_level(self, subject: str, level: str) -> None:
        """Sets the compatibility level of the subject."""
        self._call("PUT", f"/config/{_segment(subject)}", {"compatibility": level})

    def incompatibilities(self, subject: str, version: int | None, schema: str) -> list[str]:
        """Returns why the schema is incompatible with a version, None for the latest; or nothing.

        The registry judges by the level of the subject.
        """
        path = f"/compatibility/subjects/{_segment(subject)}/versions/{version or LATEST}"
        verdict = self._call("POST", f"{path}?verbose=true", _schema(schema))
        if not isinstance(verdict, dict) or not isinstance(verdict.get("is_compatible"), bool):
            raise self._foreign_response()
        if verdict["is_compatible"]:
            return []
        # Confluent's has a list of messages, Apicurio's a text.
        messages = verdict.get("messages")
        if isinstance(messages, list) and messages:
            return [self._masked(message) for message in messages]
        return [self._masked(verdict.get("reason") or "no reason given")]

    def register(self, subject: str, schema: str) -> None:
        """Registers the schema as a new version of the subject, unless it has it already."""
        if self._call("POST", f"/subjects/{_segment(subject)}/versions", _schema(schema)) is None:
            raise self._foreign_response()

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:  # noqa: ANN401  (any JSON)
        """Returns the response's JSON; None if there is no such subject, version or schema."""
        status, text = self._exchange(method, path, body)
        try:
            response = json.loads(text)
        except (ValueError, RecursionError):
            response = None
        if 200 <= status < 300 and response is not None:  # noqa: PLR2004  (success, RFC 9110)
            return response
        error: Mapping[str, Any] = response if isinstance(response, dict) else {}
        if status == _NOT_FOUND and error.get("error_code") in _NOTHING_THERE:
            return None
        if status in _CREDENTIALS_REFUSED:
            raise SchemaRegistryFailure(
                f"the schema registry at {self._host} refuses the credentials (status {status}): "
                "check PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH or PAYCLI_SCHEMA_REGISTRY_TOKEN"
            )
        if "error_code" not in error or status == _NOT_FOUND:
            raise self._foreign_response(status)
        raise SchemaRegistryFailure(
            f"the schema registry at {self._host} refuses the request (status {status}): "
            f"{self._masked(error.get('message'))}"
        )

    def _exchange(self, method: str, path: str, body: Json | None) -> tuple[int, bytes]:
        received = BytesIO()
        curl = self._curl
        curl.reset()  # resets options, keeps the connection
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
        curl.setopt(pycurl.MAXFILESIZE, _MAX_RESPONSE_BYTES)
        curl.setopt(pycurl.TIMEOUT_MS, int(TIMEOUT_SECONDS * 1000))
        curl.setopt(pycurl.URL, self._url + path)
        curl.setopt(pycurl.HTTPHEADER, self._headers)
        curl.setopt(pycurl.WRITEFUNCTION, received.write)
        if self._ca_file is not None:
            curl.setopt(pycurl.CAINFO, str(self._ca_file))
        if body is not None:
            curl.setopt(pycurl.POSTFIELDS, json.dumps(body))
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        if threading.current_thread() is threading.main_thread():
            # Python handles Ctrl-C only while it runs bytecode: the callback lets it do so.
            curl.setopt(pycurl.NOPROGRESS, 0)
            curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: 0)
        try:
            curl.perform()
        except pycurl.error as error:
            raise self._unreachable(error) from error
        return curl.getinfo(pycurl.RESPONSE_CODE), received.getvalue()

    def _masked(self, message: object) -> str:
        """Returns a message of the registry without our credentials, which it may repeat."""
        text = str(message)
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def _unreachable(self, error: pycurl.error) -> SchemaRegistryFailure:
        number, message = error.args[0], error.args[1] if len(error.args) > 1 else ""
        hint = "check --registry"
        if number in (pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CACERT_BADFILE):
            hint = "check PAYCLI_SCHEMA_REGISTRY_CA_FILE"
        return SchemaRegistryFailure(
            f"the schema registry at {self._host} can't be reached ({message}): {hint}"
        )

    def _foreign_response(self, status: int | None = None) -> SchemaRegistryFailure:
        shown = "" if status is None else f" (status {status})"
        return SchemaRegistryFailure(
            f"the response from {self._url}{shown} is not that of a schema registry: check "
            "--registry, which includes the path of its interface, such as /apis/ccompat/v7"
        )


def _segment(subject: str) -> str:
    return quote(subject, safe="")


def _schema(schema: str) -> Json:
    return {"schemaType": "JSON", "schema": schema}


def _integer(value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"not an integer from {low} to {high}")
    return value


def _authorization(settings: SchemaRegistrySettings) -> list[str]:
    if settings.token is not None:
        return [f"Authorization: Bearer {settings.token.get_secret_value()}"]
    if settings.basic_auth is not None:
        return [f"Authorization: Basic {_base64(settings.basic_auth.get_secret_value())}"]
    return []


def _secrets(settings: SchemaRegistrySettings) -> list[str]:
    """Returns each form of the credentials that a response could repeat, longer ones first."""
    if settings.token is not None:
        return [settings.token.get_secret_value()]
    if settings.basic_auth is not None:
        credentials = settings.basic_auth.get_secret_value()
        return [_base64(credentials), credentials, credentials.partition(":")[2]]
    return []


def _base64(credentials: str) -> str:
    return base64.b64encode(credentials.encode()).decode()
