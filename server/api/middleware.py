"""Middleware of every request: its id and log line, the caller's token, and the query."""

import hmac
import logging
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import falcon

from paycli.errors import FieldsInvalid, Problem, Unauthorized
from paycli.models import StrictModel
from paycli.routes import WEBHOOK_PATH
from server.api.request_body import read_query
from server.logs import RequestRecord
from server.openapi.operations import Operation
from server.refusals import new_request_id

_PROBE_PATHS = ("/healthz", "/readyz", "/metrics", "/actuator/health", "/actuator/info")
OPEN_PATHS = frozenset({WEBHOOK_PATH, *_PROBE_PATHS, "/openapi.json", "/docs"})
"""Every path that needs no token, exactly as it is spelled in the request."""

_ID = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)

_MAX_FIELD_LENGTH = 200
"""Ids come from callers, and can be of any length. A reference has at most so many characters, and
is logged whole, so that a payment can be looked up by it."""

log = logging.getLogger("paycli.http")


def add_log_fields(request: falcon.Request, **fields: str | None) -> None:
    """Adds fields to the request's log line, truncated to 200 characters.

    What is no id, such as an email address in the place of one, is not logged as one.
    """
    request.context.log_fields |= {
        name: value and value[:_MAX_FIELD_LENGTH]
        for name, value in fields.items()
        if not name.endswith("_id") or value is None or _ID.fullmatch(value)
    }


class RequestLog:
    """Assigns each request its id, the caller's `X-Request-Id` or a new one, and logs it."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Sets the context's `started_at`, `request_id`, `log_level` and `log_fields`."""
        request.context.started_at = time.perf_counter()
        request_id = request.get_header("X-Request-Id") or ""
        if not _REQUEST_ID.fullmatch(request_id):
            request_id = new_request_id()
        request.context.request_id = request_id
        request.context.log_level = logging.INFO
        request.context.log_fields = {}
        response.set_header("X-Request-Id", request_id)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Logs the response with the context's `log_fields`; successful probes are not logged."""
        if request.path in _PROBE_PATHS and response.status_code == HTTPStatus.OK:
            return
        context = request.context
        if not log.isEnabledFor(context.log_level):
            return
        seconds = time.perf_counter() - context.started_at
        fields = {
            "method": request.method,
            "path": request.uri_template,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000, 2),
            "request_id": context.request_id,
            **context.log_fields,
        }
        log.handle(RequestRecord(log.name, context.log_level, fields))


class HeadAsGet:
    """Routes HEAD like GET; Falcon then omits the body.

    Required by https://www.rfc-editor.org/rfc/rfc9110#section-9.1. Middleware that is added later,
    such as the metrics, sees GET; `RequestLog`, which is added earlier, sees HEAD.
    """

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Replaces the method before the routing."""
        request.context.is_head = request.method == "HEAD"
        if request.context.is_head:
            request.method = "GET"

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's signature)
    ) -> None:
        """Restores the method, and adds HEAD to a list of methods that has GET."""
        if request.context.is_head:
            request.method = "HEAD"
        allowed = response.get_header("Allow")
        if allowed is not None and "GET" in allowed.split(", "):
            response.set_header("Allow", f"{allowed}, HEAD")


class QueryParameters:
    """Rejects a query that the operation does not have, whether or not its route reads one.

    Ignored, `POST /api/v1/payments?account=acct_1` would create the payment in our own account.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._models = {(each.path, each.method.upper()): each.query for each in operations}
        self._paths = {path for path, _ in self._models}

    def process_resource(
        self,
        request: falcon.Request,
        _response: falcon.Response,
        _resource: object,
        _params: object,
    ) -> None:
        """Raises FieldsInvalid, also for a DELETE with a body, which would not be read either."""
        if not request.query_string and request.method != "DELETE":
            return
        path = request.uri_template or ""
        model = self._models.get((path, request.method))
        if model is not None and request.method == "DELETE" and request.content_length:
            detail = "a DELETE has no body: send account in the query"
            raise FieldsInvalid([Problem("#", detail)])
        if model is None and path in self._paths:
            return  # Falcon responds with 405, or to OPTIONS.
        read_query(request, model or StrictModel)


class Authentication:
    """Requires a bearer token on every path except `OPEN_PATHS`.

    The rule lists the open paths, not the guarded ones: a router may accept other spellings of a
    path for the same route, as Falcon's does with `//api/…`.
    """

    def __init__(self, callers: Mapping[str, str | None]) -> None:
        self._callers = [(token.encode(), name) for token, name in callers.items()]

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Sets `request.context.caller`, None for an unnamed token. Raises Unauthorized.

        What needs a token must not be cached, errors included: it can have a `client_secret`, and
        changes.
        """
        if request.path in OPEN_PATHS:
            return
        response.set_header("Cache-Control", "no-store")
        scheme, _, credentials = (request.get_header("Authorization") or "").partition(" ")
        token = credentials.strip().encode("latin-1", "replace")
        # Compares all tokens, so that the duration does not reveal which one matched.
        names = [name for known, name in self._callers if hmac.compare_digest(known, token)]
        if scheme.lower() != "bearer" or not names:
            raise Unauthorized("send Authorization: Bearer TOKEN with a token of PAYCLI_API_TOKENS")
        request.context.caller = names[0]
        request.context.log_fields["caller"] = names[0]
