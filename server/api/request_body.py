"""Reads requests: the body within its limit, JSON and query as models, the idempotency key."""

from typing import TypeVar

import falcon

from paycli.errors import BodyTooLarge
from paycli.models import RequestModel, StrictModel
from paycli.permissions import Permissions

Model = TypeVar("Model", bound=StrictModel)


def read_body(request: falcon.Request, max_body_bytes: int) -> bytes:
    """Returns the whole body. Raises BodyTooLarge, HTTPBadRequest.

    A chunked body has a length only under our own server. Under other WSGI servers Falcon would
    read it as empty, so it is rejected.
    """
    if request.content_length is None and request.get_header("Transfer-Encoding") is not None:
        raise falcon.HTTPBadRequest(description="send Content-Length instead of a chunked body")
    body = request.bounded_stream.read(max_body_bytes + 1)
    if len(body) > max_body_bytes:
        raise BodyTooLarge(f"send at most {max_body_bytes} bytes")
    return body


def read_json(
    request: falcon.Request, model: type[Model], max_body_bytes: int, *, required: bool = True
) -> Model:
    """Returns the body as a model; unless `required`, an empty body is an empty object.

    Raises HTTPUnsupportedMediaType, BodyTooLarge, BodyNotJson, FieldsInvalid, AccountNotAllowed.
    """
    body = read_body(request, max_body_bytes)
    if not body and not required:
        return _with_account_checked(request, model.from_fields({}))
    if (request.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
        raise falcon.HTTPUnsupportedMediaType(description="send Content-Type: application/json")
    return _with_account_checked(request, model.from_json(body))


def read_query(request: falcon.Request, model: type[Model]) -> Model:
    """Returns the query as a model. Raises FieldsInvalid, also for a repeated parameter."""
    return _with_account_checked(request, model.from_fields(request.params))


def _with_account_checked(request: falcon.Request, parsed: Model) -> Model:
    """Logs the account of a request, and checks every account in it.

    Raises AccountNotAllowed.
    """
    if isinstance(parsed, RequestModel):
        if parsed.account is not None:
            request.context.log_fields["account"] = parsed.account
        permissions: Permissions = request.context.permissions
        if parsed.account is not None or not request.context.acts_for_path:
            permissions.check_account(parsed.account)
        for account in parsed.other_accounts:
            permissions.check_account(account)
    return parsed


def idempotency_key(request: falcon.Request) -> str | None:
    """Returns the header `Idempotency-Key`, None if it is absent."""
    return request.get_header("Idempotency-Key")
