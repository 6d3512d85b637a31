"""Stripe's errors: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-codes."""

from collections.abc import Mapping


class Refusal(Exception):
    """The request is answered with an error in Stripe's shape.

    `stored` says whether the answer is kept under the idempotency key: it is once the endpoint has
    begun its work, and not when parameters fail validation.
    https://docs.stripe.com/api/idempotent_requests
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        stored: bool = False,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.stored = stored
        self._told = {
            **({"code": code, "doc_url": _doc_url(code)} if code else {}),
            "message": message,
            **({"param": param} if param else {}),
            **(more or {}),
        }

    def body(self, request_id: str, created: int) -> dict[str, object]:
        """The answer's JSON; `created` in Unix seconds."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}?t={created}"
        return {"error": {**self._told, "request_log_url": log, "type": self.kind}}


def _doc_url(code: str) -> str:
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def missing(param: str) -> Refusal:
    """A required parameter is not there."""
    return Refusal(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(param: str, message: str, code: str | None = None) -> Refusal:
    """A parameter is there and wrong."""
    return Refusal(message, code=code, param=param)


def not_found(kind: str, identity: str, param: str = "id") -> Refusal:
    """There is no such object in this account and mode."""
    return Refusal(
        f"No such {kind}: '{identity}'", status=404, code="resource_missing", param=param
    )


def unexpected_state(message: str, code: str, more: Mapping[str, object] | None = None) -> Refusal:
    """The object is not in a state for this; the endpoint has looked at it, so it is stored."""
    return Refusal(message, code=code, stored=True, more=more)
