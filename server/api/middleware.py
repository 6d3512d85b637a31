"""What every request passes: its id, and for internal routes the caller's token."""

import hmac
import logging
import re
import time
from collections.abc import Mapping
from http import HTTPStatus

import falcon

from paycli.errors import Unauthorized
from paycli.routes import WEBHOOK_PATH
from server.logs import RequestRecord
from server.refusals import new_request_id

_PROBES = ("/healthz", "/readyz", "/metrics", "/actuator/health", "/actuator/info")
OPEN_PATHS = frozenset({WEBHOOK_PATH, *_PROBES, "/openapi.json"})
"""All that may be asked without a token, as it is written in the request."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)

_MAX_NOTED = 100
"""What a caller wrote may be as long as it likes; a log line may not."""

log = logging.getLogger("paycli.http")


def add_log_fields(request: falcon.Request, **fields: str | None) -> None:
    """Adds fields to the request's log line, cut where they are long."""
    request.context.log_fields |= {
        name: value and value[:_MAX_NOTED] for name, value in fields.items()
    }


class RequestLog:
    """Gives every request its id, the caller's `X-Request-Id` or a new one, and one log line."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Takes a well-formed id as it is."""
        request.context.started_at = time.perf_counter()
        given = request.get_header("X-Request-Id") or ""
        request.context.request_id = given if _REQUEST_ID.fullmatch(given) else new_request_id()
        request.context.log_level = logging.INFO
        request.context.log_fields = {}
        response.set_header("X-Request-Id", request.context.request_id)

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        _resource: object,
        _succeeded: bool,  # noqa: FBT001  (Falcon's way)
    ) -> None:
        """Logs the response; resources and error handlers have added `log_fields`."""
        if request.path in _PROBES and response.status_code == HTTPStatus.OK:
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


class Authentication:
    """Lets nobody without a token anywhere but to `OPEN_PATHS`; the webhook has its signature.

    The rule names what is open: a router may take other spellings of a path for the same route, as
    Falcon's does with `//api/…`.
    """

    def __init__(self, callers: Mapping[str, str | None]) -> None:
        self._callers = [(token.encode(), name) for token, name in callers.items()]

    def process_request(self, request: falcon.Request, _response: falcon.Response) -> None:
        """Sets `request.context.caller`, None for a bare token. Raises Unauthorized."""
        if request.path in OPEN_PATHS:
            return
        scheme, _, given = (request.get_header("Authorization") or "").partition(" ")
        token = given.strip().encode("latin-1", "replace")
        # All tokens are compared, so that the time says nothing about which one came near.
        names = [name for known, name in self._callers if hmac.compare_digest(known, token)]
        if scheme.lower() != "bearer" or not names:
            raise Unauthorized("send Authorization: Bearer TOKEN with a token of PAYCLI_API_TOKENS")
        request.context.caller = names[0]
        request.context.log_fields["caller"] = names[0]
