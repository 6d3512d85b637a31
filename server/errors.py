"""Failures as HTTP answers: one table of statuses, one shape (RFC 9457)."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

import falcon

from paycli import errors
from paycli.signature import SignatureInvalid

log = logging.getLogger("paycli.http")

PROBLEM_JSON = "application/problem+json"

STATUS: dict[type[errors.PaycliError], HTTPStatus] = {
    errors.BodyNotJson: HTTPStatus.BAD_REQUEST,
    errors.FieldsInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyMissing: HTTPStatus.BAD_REQUEST,
    errors.IdempotencyKeyInvalid: HTTPStatus.BAD_REQUEST,
    errors.Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SignatureInvalid: HTTPStatus.BAD_REQUEST,
    errors.NotAStripeEvent: HTTPStatus.BAD_REQUEST,
    errors.ModeMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CardRefused: HTTPStatus.PAYMENT_REQUIRED,
    errors.RequestRefused: HTTPStatus.BAD_REQUEST,
    errors.PaymentNotFound: HTTPStatus.NOT_FOUND,
    errors.IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IdempotencyKeyInUse: HTTPStatus.CONFLICT,
    errors.RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    errors.StripeUnavailable: HTTPStatus.BAD_GATEWAY,
    errors.StripeTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    errors.StripeOutcomeUnknown: HTTPStatus.BAD_GATEWAY,
    errors.StripeCredentialsRefused: HTTPStatus.BAD_GATEWAY,
    errors.NotPersisted: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BrokerUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TooManyWaiting: HTTPStatus.SERVICE_UNAVAILABLE,
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
    errors.TooManyWaiting: 1,
    errors.TopicMissing: 30,
}

NEEDS_AN_OPERATOR = (errors.StripeCredentialsRefused, errors.ModeMismatch, errors.TopicMissing)
"""Failures that no caller can mend: logged as errors."""

_HTTP_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.BodyTooLarge.code,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "headers_too_large",
    HTTPStatus.NOT_IMPLEMENTED: "not_implemented",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}


def problem(status: HTTPStatus, code: str, detail: str, more: Mapping[str, object]) -> bytes:
    """The body of an error, with `more` members that belong to its code."""
    members = {
        "type": f"urn:paycli:problem:{code}",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }
    return json.dumps(members).encode()


def http_problem(status_code: int, detail: str) -> bytes:
    """The body of an error that HTTP itself has a status for."""
    status = HTTPStatus(status_code)
    return problem(status, _HTTP_CODES.get(status, f"http_{status_code}"), detail, {})


def on_paycli_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Answers with the status of the error's class."""
    assert isinstance(error, errors.PaycliError)
    kind = type(error)
    status = STATUS.get(kind)
    if status is None:
        on_unexpected_error(request, response, error, _params)
        return
    request.context.told["code"] = error.code
    if isinstance(error, SignatureInvalid):
        request.context.told["cause"] = error.cause.value
    if isinstance(error, NEEDS_AN_OPERATOR):
        request.context.log_level = logging.ERROR
        request.context.told["detail"] = error.detail
    response.status = status
    response.content_type = PROBLEM_JSON
    response.data = problem(status, error.code, error.detail, _members(error))
    retry_after_seconds = RETRY_AFTER_SECONDS.get(kind)
    if isinstance(error, errors.StripeError) and retry_after_seconds is not None:
        retry_after_seconds = error.retry_after_seconds or retry_after_seconds
    if retry_after_seconds is not None:
        response.set_header("Retry-After", str(retry_after_seconds))
    if isinstance(error, errors.Unauthorized):
        response.set_header("WWW-Authenticate", "Bearer")


def on_http_error(
    _request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Answers what Falcon itself refuses."""
    assert isinstance(error, falcon.HTTPError)
    response.status = error.status
    response.content_type = PROBLEM_JSON
    response.set_headers(error.headers or {})
    status = HTTPStatus(error.status_code)
    response.data = http_problem(status, error.description or error.title or status.phrase)


def on_unexpected_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Answers 500 without a word of what happened; the log has it."""
    log.error(
        "unexpected_error",
        exc_info=error,
        extra={"path": request.uri_template, "request_id": request.context.request_id},
    )
    response.status = HTTPStatus.INTERNAL_SERVER_ERROR
    response.content_type = PROBLEM_JSON
    response.data = http_problem(500, "something failed here; the log has it under this request id")


def _members(error: errors.PaycliError) -> dict[str, object]:
    if isinstance(error, errors.FieldsInvalid):
        return {"errors": [{"pointer": p.where, "detail": p.detail} for p in error.problems]}
    if isinstance(error, errors.StripeError):
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
