"""Stripe's failures in our words, in one place.

https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level
"""

from collections.abc import Callable

from paycli import errors
from paycli.adapters.stripe_http import DeadlineExceeded
from paycli.adapters.stripe_sdk import stripe

_OUTCOME_UNKNOWN = (
    "Stripe failed and the same key only repeats that: look for the payment by its reference "
    "before you send it with a new key"
)
_SAME_KEY = "send the request again with the same key"
_FIXED: dict[int, tuple[type[errors.StripeError], str]] = {
    401: (errors.StripeCredentialsRefused, "Stripe refuses our own key; an operator must look"),
    403: (errors.StripeCredentialsRefused, "Stripe refuses our own key; an operator must look"),
    409: (
        errors.IdempotencyKeyInUse,
        "another request with this idempotency key is still running; send it again in a moment",
    ),
    500: (errors.StripeOutcomeUnknown, _OUTCOME_UNKNOWN),
}


def translated(error: stripe.StripeError) -> errors.StripeError:
    """Our error for the SDK's, by HTTP status, with Stripe's sentence where it is for callers."""
    if isinstance(error, DeadlineExceeded):
        return errors.StripeTimeout(f"Stripe gave no answer in time; {_SAME_KEY}")
    if isinstance(error, stripe.APIConnectionError):
        return errors.StripeUnavailable(f"Stripe was not reached; {_SAME_KEY}")
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    status = error.http_status
    if not isinstance(told, dict) or status is None:
        return errors.StripeUnavailable(f"Stripe's answer was not understood; {_SAME_KEY}")
    make: Callable[..., errors.StripeError]
    if status in _FIXED:
        make, detail = _FIXED[status]
    elif isinstance(error, stripe.RateLimitError):
        make, detail = errors.RateLimited, f"Stripe's rate limit is reached; {_SAME_KEY}"
    elif isinstance(error, stripe.IdempotencyError):
        make, detail = errors.IdempotencyKeyReused, "this key was used with another request"
    elif status >= 500:  # noqa: PLR2004  (HTTP's server errors)
        make, detail = errors.StripeUnavailable, f"Stripe is not available; {_SAME_KEY}"
    else:
        kinds = {402: errors.CardRefused, 404: errors.PaymentNotFound}
        make = kinds.get(status, errors.RequestRefused)
        detail = _sentence(told.get("message")) or "Stripe refused the request"
    return make(
        detail,
        stripe_code=_sentence(told.get("code")),
        decline_code=_sentence(told.get("decline_code")),
        stripe_request_id=error.request_id,
        retry_after_seconds=_seconds((error.headers or {}).get("retry-after")),
    )


def _sentence(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
