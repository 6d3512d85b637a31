"""Parameters of operations: in the path, in the query and in headers."""

from typing import cast

from server.openapi import schemas
from server.openapi.operations import Operation
from server.openapi.operations.operation import Json

_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A key that is unique to this request. Requests that repeat it return the "
    "result of the first one, for as long as Stripe stores keys (at least 24 hours). Each named "
    "caller has its own keys, and so has each account: a repetition with another `account` is a "
    "new request. Store the key together with the account.",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
    "example": "booking-42-payment-1",
}
_REQUEST_ID: Json = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "description": "An id for the request, returned in the response and logged: 1 to 100 letters, "
    "digits, `.`, `_` or `-`. Any other value is replaced with a generated id.",
    "schema": {"type": "string"},
}


def parameters(operation: Operation) -> list[Json]:
    """Returns the OpenAPI parameter objects of an operation."""
    path: list[Json] = [
        {"name": name, "in": "path", "required": True, **parameter}
        for name, parameter in operation.path_parameters.items()
    ]
    idempotency_key = [_IDEMPOTENCY_KEY] if operation.requires_idempotency_key else []
    return [*path, *_query_parameters(operation), *idempotency_key, _REQUEST_ID]


def _query_parameters(operation: Operation) -> list[Json]:
    result: list[Json] = []
    for name, field in schemas.query(operation.query).items():
        schema = dict(cast(Json, field))
        description = schema.pop("description", "")
        parameter: Json = {"name": name, "in": "query", "required": False}
        result.append({**parameter, "description": description, "schema": schema})
    return result
