"""Falcon's error handlers: log an error and return it as problem details."""

import logging
from http import HTTPStatus

import falcon

from paycli import errors
from paycli.webhooks.signature import SignatureInvalid
from server.problems import (
    PROBLEM_JSON,
    PROBLEM_TYPES,
    http_code,
    http_problem,
    members,
    problem,
)

log = logging.getLogger("paycli.http")


def on_paycli_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Returns the problem that belongs to the error's class."""
    assert isinstance(error, errors.PaycliError)
    problem_type = PROBLEM_TYPES.get(type(error))
    if problem_type is None:
        on_unexpected_error(request, response, error, _params)
        return
    request.context.log_fields["code"] = error.code
    if isinstance(error, SignatureInvalid):
        request.context.log_fields["cause"] = error.cause.value
    if isinstance(error, errors.ScopeMissing):
        request.context.log_fields["scope"] = error.scope
    if isinstance(error, errors.StripeFailure) and error.payment_id is not None:
        request.context.log_fields["payment_id"] = error.payment_id
    if problem_type.needs_operator:
        request.context.log_level = logging.ERROR
        request.context.log_fields["detail"] = error.detail
    response.status = problem_type.status
    response.content_type = PROBLEM_JSON
    response.data = problem(problem_type.status, error.code, error.detail, members(error))
    retry_after_seconds = problem_type.retry_after_seconds
    if isinstance(error, errors.StripeFailure) and retry_after_seconds is not None:
        retry_after_seconds = error.retry_after_seconds or retry_after_seconds
    if retry_after_seconds is not None:
        response.set_header("Retry-After", str(retry_after_seconds))
    if isinstance(error, errors.Unauthorized):
        response.set_header("WWW-Authenticate", "Bearer")


def on_http_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Returns an error that Falcon raised, with the headers that Falcon gave it."""
    assert isinstance(error, falcon.HTTPError)
    response.status = error.status
    response.content_type = PROBLEM_JSON
    response.set_headers(error.headers or {})
    status = HTTPStatus(error.status_code)
    request.context.log_fields["code"] = http_code(status)
    response.data = http_problem(status, error.description or error.title or status.phrase)


def on_unexpected_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Returns 500 without details of the error, which is logged."""
    log.error(
        "unexpected_error",
        exc_info=error,
        extra={"path": request.uri_template, "request_id": request.context.request_id},
    )
    request.context.log_fields["code"] = http_code(HTTPStatus.INTERNAL_SERVER_ERROR)
    response.status = HTTPStatus.INTERNAL_SERVER_ERROR
    response.content_type = PROBLEM_JSON
    response.data = http_problem(
        500, "an internal error occurred; find it in the daemon's log by this request id"
    )
