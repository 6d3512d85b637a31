"""Stripe's failures in our words, in one place.

https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level
"""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors
from paycli.adapters.stripe.curl_client import DeadlineExceeded
from paycli.adapters.stripe.sdk import stripe

_AGAIN = {True: "send the request again with the same key", False: "send the request again"}
_OPERATOR = "Stripe refuses our own key; an operator must look"
_FIXED: dict[int, tuple[type[errors.StripeFailure], str]] = {
    401: (errors.StripeCredentialsRefused, _OPERATOR),
    403: (errors.StripeCredentialsRefused, _OPERATOR),
    409: (
        errors.IdempotencyKeyInUse,
        "another request with this idempotency key is still running; send it again in a moment",
    ),
    500: (
        errors.StripeOutcomeUnknown,
        (
            "Stripe failed and the same key only repeats that: look for the payment by its "
            "reference before you send it with a new key"
        ),
    ),
}
_ABOUT_WRITING = (HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR)
"""What these say is about idempotency keys; a look-up may simply be repeated."""
_ADVICE = {
    "amount_too_large": "send at most what is left",
    "amount_too_small": "send a larger amount",
    "balance_insufficient": "the account's balance is too low: refund later, or add funds to it",
    "capture_charge_authorization_expired": "the reservation has ended: make another payment",
    "charge_already_captured": "it is captured: nothing is left to do",
    "charge_already_refunded": "it is refunded: nothing is left to do",
    "charge_disputed": "the bank decides now: answer the dispute at Stripe",
    "charge_exceeds_source_limit": "send it later, or a smaller amount",
    "payment_intent_unexpected_state": "look the payment up: its status does not allow this",
    "resource_missing": "check the ids that you sent, and whether they are of this account",
}
"""What to do about a refusal, by Stripe's code. https://docs.stripe.com/error-codes"""

_AMOUNTS = ("amount", "amount_to_capture")
_PAYMENT = ("intent", "payment_intent")
"""How Stripe names the payment when a parameter, not the path, has it."""


def translated(
    error: stripe.StripeError, *, writing: bool, missing: type[errors.StripeFailure]
) -> errors.StripeFailure:
    """Our error for the SDK's, by HTTP status, with Stripe's sentence where it is for callers.

    `writing` tells whether the call could have changed something; `missing` is the error for an
    object that Stripe does not know.
    """
    again = _AGAIN[writing]
    if isinstance(error, DeadlineExceeded):
        return errors.StripeTimeout(f"Stripe gave no answer in time; {again}")
    if isinstance(error, stripe.APIConnectionError):
        return errors.StripeUnavailable(f"Stripe was not reached; {again}")
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    status = error.http_status
    if not isinstance(told, dict) or status is None:
        return errors.StripeUnavailable(f"Stripe's answer was not understood; {again}")
    kind, detail = _kind_and_detail(error, status, told, writing=writing, missing=missing)
    return kind(
        detail,
        stripe_code=_text(told.get("code")),
        decline_code=_text(told.get("decline_code")),
        stripe_request_id=error.request_id,
        retry_after_seconds=_seconds((error.headers or {}).get("retry-after")),
    )


def _kind_and_detail(
    error: stripe.StripeError,
    status: int,
    told: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    if status == HTTPStatus.FORBIDDEN and told.get("code") == "account_invalid":
        return errors.AccountRefused, "no such account is connected to ours: check its id"
    if status in _FIXED and (writing or status not in _ABOUT_WRITING):
        return _FIXED[status]
    if isinstance(error, stripe.RateLimitError):
        return errors.RateLimited, f"Stripe's rate limit is reached; {_AGAIN[writing]}"
    if isinstance(error, stripe.IdempotencyError):
        return errors.IdempotencyKeyReused, "this key was used with another request"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _ABOUT_WRITING:
        return errors.StripeUnavailable, f"Stripe is not available; {_AGAIN[writing]}"
    return _refusal(status, told, writing=writing, missing=missing)


def _refusal(
    status: int,
    told: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    code = _text(told.get("code"))
    kind: type[errors.StripeFailure] = errors.RequestRefused
    if code == "resource_missing" and told.get("param") in _PAYMENT:
        kind = errors.PaymentNotFound
    elif status == HTTPStatus.NOT_FOUND:
        kind = missing
    elif status == HTTPStatus.PAYMENT_REQUIRED and writing:
        kind = errors.CardRefused
    said = _text(told.get("message")) or "Stripe refused the request"
    if code is None and told.get("param") in _AMOUNTS:
        code = "amount_too_large"  # a refund over what is left comes without a code of Stripe's
    advice = _ADVICE.get(code or "") if kind is errors.RequestRefused else None
    return kind, f"{said.rstrip('.')}: {advice}" if advice else said


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
