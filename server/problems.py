"""Failures as HTTP tells them: one table of statuses, one shape (RFC 9457); no framework."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors
from paycli.webhooks.signature import SignatureInvalid

PROBLEM_JSON = "application/problem+json"

STATUS: dict[type[errors.PaycliError], HTTPStatus] = {
    errors.BodyNotJson: HTTPStatus.BAD_REQUEST,
    errors.FieldsInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyMissing: HTTPStatus.BAD_REQUEST,
    errors.IdempotencyKeyInvalid: HTTPStatus.BAD_REQUEST,
    errors.CursorInvalid: HTTPStatus.BAD_REQUEST,
    errors.CheckoutWithoutPayment: HTTPStatus.BAD_REQUEST,
    errors.Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SignatureInvalid: HTTPStatus.BAD_REQUEST,
    errors.NotAStripeEvent: HTTPStatus.BAD_REQUEST,
    errors.ModeMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CardRefused: HTTPStatus.PAYMENT_REQUIRED,
    errors.RequestRefused: HTTPStatus.BAD_REQUEST,
    errors.PaymentNotFound: HTTPStatus.NOT_FOUND,
    errors.RefundNotFound: HTTPStatus.NOT_FOUND,
    errors.AccountRefused: HTTPStatus.FORBIDDEN,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyInUse: HTTPStatus.CONFLICT,
    errors.RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.StripeUnavailable: HTTPStatus.BAD_GATEWAY,
    errors.StripeTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    errors.StripeOutcomeUnknown: HTTPStatus.BAD_GATEWAY,
    errors.StripeCredentialsRefused: HTTPStatus.BAD_GATEWAY,
    errors.NotPersisted: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BrokerUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyWebhooks: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TopicMissing: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RecordTooLarge: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every failure that can reach a route. What is not here answers 500 `internal_error`."""

RETRY_AFTER_SECONDS: dict[type[errors.PaycliError], int] = {
    errors.Busy: 1,
    errors.IdempotencyKeyInUse: 1,
    errors.RateLimited: 1,
    errors.NotPersisted: 5,
    errors.BrokerUnreachable: 5,
    errors.TooManyWebhooks: 1,
    errors.TopicMissing: 30,
}

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
"""The codes of what HTTP itself refuses."""


def problem(status: HTTPStatus, code: str, detail: str, more: Mapping[str, object]) -> bytes:
    """The body of an error, with `more` members that belong to its code."""
    return json.dumps(problem_members(status, code, detail, more)).encode()


def problem_members(
    status: HTTPStatus, code: str, detail: str, more: Mapping[str, object]
) -> dict[str, object]:
    """The members of an error; those of `more` that are None are left out."""
    return {
        "type": f"urn:paycli:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }


def http_code(status: HTTPStatus) -> str:
    """The code of an error that HTTP itself has a status for."""
    return HTTP_CODES.get(status, f"http_{int(status)}")


def http_problem(status_code: int, detail: str) -> bytes:
    """The body of an error that HTTP itself has a status for."""
    status = HTTPStatus(status_code)
    return problem(status, http_code(status), detail, {})


def members(error: errors.PaycliError) -> dict[str, object]:
    """The members that belong to the error's code, None where there is nothing to say."""
    if isinstance(error, errors.FieldsInvalid):
        return {"errors": [{"pointer": p.where, "detail": p.detail} for p in error.problems]}
    if isinstance(error, errors.StripeFailure):
        # For a refusal the code that tells callers most is Stripe's own.
        refusal = isinstance(error, errors.CardRefused | errors.RequestRefused)
        return {
            "retryable": error.retryable,
            "code": error.stripe_code if refusal else None,
            "decline_code": error.decline_code,
            "stripe_request_id": error.stripe_request_id,
        }
    if isinstance(error, SignatureInvalid):
        return {"cause": error.cause.value}
    return {}
