"""One operation of the HTTP interface, and the failures that operations have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel

from paycli import errors
from paycli.models import StrictModel
from paycli.permissions import ApiScope

Json = dict[str, object]
Failures = tuple[type[errors.PaycliError] | HTTPStatus, ...]
"""Our own errors by class, those of HTTP itself by status."""

ANY: Failures = (
    errors.FieldsInvalid,
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.NOT_IMPLEMENTED,
)
READ: Failures = (
    errors.Unauthorized,
    errors.ScopeMissing,
    errors.AccountNotAllowed,
    errors.Busy,
    errors.RequestRefused,
    errors.AccountRefused,
    errors.RateLimited,
    errors.StripeUnavailable,
    errors.StripeCredentialsRefused,
    errors.StripeTimeout,
    *ANY,
)
DELETE = READ
"""Needs no idempotency key, and can be repeated like a read."""
WRITE: Failures = (
    *READ,
    errors.BodyTooLarge,
    errors.BodyNotJson,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.IdempotencyKeyMissing,
    errors.IdempotencyKeyInvalid,
    errors.IdempotencyKeyReused,
    errors.IdempotencyKeyInUse,
    errors.CardRefused,
    errors.StripeOutcomeUnknown,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        id: The OpenAPI `operationId`, the name of the function in generated clients.
        tag: The group that the operation is shown in.
        response: The model of a successful response, which has `status` and `media_type`; None if
            it has no body.
        failures: Every error that the operation can return.
        query: The model of the query parameters; any other parameter is rejected.
        path_parameters: The OpenAPI parameter object of each parameter in the path, by its name.
        body: The model of the request's body.
        scope: What the caller's token must allow; None if the operation needs no token.
        signed: Whether Stripe's signature authenticates the request.
        links: By path parameter, the ids of the operations that accept the id in the response.
        request_examples: Example bodies by name.
        response_example: The body of an example response.
        unavailable: The description of a 503 that has the successful response's body; None if
            there is none.
    """

    id: str
    tag: str
    method: str
    path: str
    summary: str
    response: type[BaseModel] | None
    failures: Failures
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = "application/json"
    description: str = ""
    query: type[StrictModel] = StrictModel
    path_parameters: Mapping[str, Json] = field(default_factory=dict)
    body: type[BaseModel] | None = None
    body_required: bool = False
    scope: ApiScope | None = None
    signed: bool = False
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    request_examples: Mapping[str, Json] = field(default_factory=dict)
    response_example: Json | str | None = None
    unavailable: str | None = None

    @property
    def requires_idempotency_key(self) -> bool:
        """Whether requests need the header `Idempotency-Key`."""
        return errors.IdempotencyKeyMissing in self.failures
