"""Stripe's errors: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-codes."""

from collections.abc import Mapping


class StripeErrorResponse(Exception):
    """Ends a request with an error in Stripe's shape.

    `stored` says whether the response is stored under the idempotency key: it is once the endpoint
    has begun to process the request, but not when parameters fail validation.
    https://docs.stripe.com/api/idempotent_requests
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        error_type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        self._type = error_type
        self._fields = {
            **({"code": code, "doc_url": doc_url(code)} if code else {}),
            "message": message,
            **({"param": param} if param else {}),
            **(extra or {}),
        }

    def body(self, request_id: str, created: int) -> dict[str, object]:
        """The response's JSON; `created` in Unix seconds."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}?t={created}"
        return {"error": {**self._fields, "request_log_url": log, "type": self._type}}


def doc_url(code: str) -> str:
    """Where Stripe documents an error code."""
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def missing_param(param: str) -> StripeErrorResponse:
    """A required parameter is missing."""
    return StripeErrorResponse(
        f"Missing required param: {param}.", code="parameter_missing", param=param
    )


def invalid_param(param: str, message: str, code: str | None = None) -> StripeErrorResponse:
    """A parameter has an invalid value."""
    return StripeErrorResponse(message, code=code, param=param)


def not_found(object_type: str, object_id: str, param: str = "id") -> StripeErrorResponse:
    """This account and mode have no such object."""
    return StripeErrorResponse(
        f"No such {object_type}: '{object_id}'", status=404, code="resource_missing", param=param
    )


def no_such_reference(object_type: str, object_id: str, param: str) -> StripeErrorResponse:
    """A parameter names an object that this account and mode do not have."""
    message = f"No such {object_type}: '{object_id}'"
    return StripeErrorResponse(message, code="resource_missing", param=param)


def unexpected_state(
    message: str, code: str, extra: Mapping[str, object] | None = None
) -> StripeErrorResponse:
    """The object's state does not allow the operation; the response is stored."""
    return StripeErrorResponse(message, code=code, stored=True, extra=extra)
