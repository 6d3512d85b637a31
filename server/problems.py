"""Problem details (RFC 9457): the table that maps errors to responses. Needs no HTTP framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from paycli import errors
from paycli.webhooks.signature import SignatureInvalid

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """How an error is returned.

    Attributes:
        status: The response's status.
        retry_after_seconds: The header `Retry-After`; Stripe's own value has precedence.
        needs_operator: Whether the error is logged at level `error`, since no caller can resolve
            it.
    """

    status: HTTPStatus
    retry_after_seconds: int | None = None
    needs_operator: bool = False


PROBLEM_TYPES: Mapping[type[errors.PaycliError], ProblemType] = {
    errors.BodyNotJson: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.FieldsInvalid: ProblemType(HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.IdempotencyKeyMissing: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.IdempotencyKeyInvalid: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.CursorInvalid: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.CheckoutWithoutPayment: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.PaymentNotSucceeded: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.HoldNotGranted: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.PayoutNotAutomatic: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.PayoutNotReconciled: ProblemType(HTTPStatus.CONFLICT, retry_after_seconds=60),
    errors.Unauthorized: ProblemType(HTTPStatus.UNAUTHORIZED),
    errors.ScopeMissing: ProblemType(HTTPStatus.FORBIDDEN),
    errors.AccountNotAllowed: ProblemType(HTTPStatus.FORBIDDEN),
    errors.BodyTooLarge: ProblemType(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    SignatureInvalid: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.NotAStripeEvent: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.ModeMismatch: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, needs_operator=True),
    errors.Busy: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=1),
    errors.CardRefused: ProblemType(HTTPStatus.PAYMENT_REQUIRED),
    errors.RequestRefused: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.PaymentNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.RefundNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.TransferNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.PayoutNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.AccountNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.CustomerNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.PaymentMethodNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.SetupNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.DisputeNotFound: ProblemType(HTTPStatus.NOT_FOUND),
    errors.DisputeNotOpen: ProblemType(HTTPStatus.BAD_REQUEST),
    errors.AccountRefused: ProblemType(HTTPStatus.FORBIDDEN),
    errors.IdempotencyKeyReused: ProblemType(HTTPStatus.UNPROCESSABLE_ENTITY),
    errors.IdempotencyKeyInUse: ProblemType(HTTPStatus.CONFLICT, retry_after_seconds=1),
    errors.RateLimited: ProblemType(HTTPStatus.TOO_MANY_REQUESTS, retry_after_seconds=1),
    errors.StripeUnavailable: ProblemType(HTTPStatus.BAD_GATEWAY),
    errors.StripeTimeout: ProblemType(HTTPStatus.GATEWAY_TIMEOUT),
    errors.StripeOutcomeUnknown: ProblemType(HTTPStatus.BAD_GATEWAY),
    errors.StripeCredentialsRefused: ProblemType(HTTPStatus.BAD_GATEWAY, needs_operator=True),
    errors.NotPersisted: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=5),
    errors.BrokerUnreachable: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=5),
    errors.TooManyWebhooks: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=1),
    errors.TopicMissing: ProblemType(
        HTTPStatus.SERVICE_UNAVAILABLE, retry_after_seconds=30, needs_operator=True
    ),
    errors.RecordTooLarge: ProblemType(HTTPStatus.SERVICE_UNAVAILABLE),
}
"""Every error that a route can return. Any other is returned as 500 `internal_error`."""

STRIPE_CODE_ERRORS = (errors.CardRefused, errors.RequestRefused)
"""Errors whose `code` is Stripe's own if it sent one, since that is more specific."""

HTTP_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.REQUEST_TIMEOUT: "request_timeout",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.BodyTooLarge.code,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "headers_too_large",
    HTTPStatus.NOT_IMPLEMENTED: "not_implemented",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "http_version_not_supported",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}
"""The codes of requests that the HTTP layer rejects, by status."""


def problem(status: HTTPStatus, code: str, detail: str, more: Mapping[str, object]) -> bytes:
    """Returns problem details as JSON; `more` are members specific to the code."""
    return json.dumps(problem_members(status, code, detail, more)).encode()


def problem_members(
    status: HTTPStatus, code: str, detail: str, more: Mapping[str, object]
) -> dict[str, object]:
    """Returns the members of problem details; those of `more` that are None are omitted."""
    return {
        "type": f"urn:paycli:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }


def http_code(status: HTTPStatus) -> str:
    """Returns the code of an error of the HTTP layer."""
    return HTTP_CODES.get(status, f"http_{int(status)}")


def http_problem(status_code: int, detail: str) -> bytes:
    """Returns problem details of an error of the HTTP layer, as JSON."""
    status = HTTPStatus(status_code)
    return problem(status, http_code(status), detail, {})


def members(error: errors.PaycliError) -> dict[str, object]:
    """Returns the members specific to an error's code, None where there is no value."""
    if isinstance(error, errors.FieldsInvalid):
        return {
            "errors": [{"pointer": p.where, "detail": p.detail} for p in error.problems],
            "errors_omitted": error.omitted or None,
        }
    if isinstance(error, errors.StripeFailure):
        return {
            "retryable": error.retryable,
            "code": error.stripe_code if isinstance(error, STRIPE_CODE_ERRORS) else None,
            "decline_code": error.decline_code,
            "payment_id": error.payment_id,
            "stripe_request_id": error.stripe_request_id,
        }
    if isinstance(error, errors.ScopeMissing):
        return {"scope": error.scope}
    if isinstance(error, SignatureInvalid):
        return {"cause": error.cause.value}
    return {}
