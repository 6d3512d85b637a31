"""What happens to failures on their way out: logged, and answered as `server.problems` has them."""

import logging
from http import HTTPStatus

import falcon

from paycli import errors
from paycli.webhooks.signature import SignatureInvalid
from server.problems import (
    PROBLEM_JSON,
    RETRY_AFTER_SECONDS,
    STATUS,
    http_code,
    http_problem,
    members,
    problem,
)

log = logging.getLogger("paycli.http")

NEEDS_AN_OPERATOR = (errors.StripeCredentialsRefused, errors.ModeMismatch, errors.TopicMissing)
"""Failures that no caller can mend: logged as errors."""


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
    request.context.log_fields["code"] = error.code
    if isinstance(error, SignatureInvalid):
        request.context.log_fields["cause"] = error.cause.value
    if isinstance(error, NEEDS_AN_OPERATOR):
        request.context.log_level = logging.ERROR
        request.context.log_fields["detail"] = error.detail
    response.status = status
    response.content_type = PROBLEM_JSON
    response.data = problem(status, error.code, error.detail, members(error))
    retry_after_seconds = RETRY_AFTER_SECONDS.get(kind)
    if isinstance(error, errors.StripeFailure) and retry_after_seconds is not None:
        retry_after_seconds = error.retry_after_seconds or retry_after_seconds
    if retry_after_seconds is not None:
        response.set_header("Retry-After", str(retry_after_seconds))
    if isinstance(error, errors.Unauthorized):
        response.set_header("WWW-Authenticate", "Bearer")


def on_http_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: object
) -> None:
    """Answers what Falcon itself refuses."""
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
    """Answers 500 without a word of what happened; the log has it."""
    log.error(
        "unexpected_error",
        exc_info=error,
        extra={"path": request.uri_template, "request_id": request.context.request_id},
    )
    request.context.log_fields["code"] = http_code(HTTPStatus.INTERNAL_SERVER_ERROR)
    response.status = HTTPStatus.INTERNAL_SERVER_ERROR
    response.content_type = PROBLEM_JSON
    response.data = http_problem(500, "something failed here; the log has it under this request id")
