"""Translates the errors of Stripe's SDK to our own.

https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level
"""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors
from paycli.adapters.stripe.curl_client import DeadlineExceeded
from paycli.adapters.stripe.sdk import stripe

_RETRY = {True: "send the request again with the same key", False: "send the request again"}
_CREDENTIALS = "Stripe refuses our own API key; an operator must check it"
_BY_STATUS: dict[int, tuple[type[errors.StripeFailure], str]] = {
    401: (errors.StripeCredentialsRefused, _CREDENTIALS),
    403: (errors.StripeCredentialsRefused, _CREDENTIALS),
    409: (
        errors.IdempotencyKeyInUse,
        "another request with this idempotency key is still running; send this one again soon",
    ),
    500: (
        errors.StripeOutcomeUnknown,
        (
            "Stripe failed, and repeats that for the same key: look the payment up by its "
            "reference before you send the request with a new key"
        ),
    ),
}
_WRITES_ONLY = (HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR)
"""Statuses that concern idempotency keys; a read without a key may simply be repeated."""
_ADVICE = {
    "amount_too_large": "send at most the remaining amount",
    "amount_too_small": "send a larger amount",
    "balance_insufficient": "the account's balance is too low: refund later, or add funds to it",
    "capture_charge_authorization_expired": "the authorization has expired: create another payment",
    "charge_already_captured": "the payment is captured: nothing is left to do",
    "charge_already_refunded": "the payment is refunded: nothing is left to do",
    "charge_disputed": "the bank decides now: respond to the dispute at Stripe",
    "charge_exceeds_source_limit": "send the request later, or with a smaller amount",
    "payment_intent_unexpected_state": "look the payment up: its status does not allow this",
    "resource_missing": "check the ids that you sent, and that they belong to this account",
}
"""What the caller can do, by Stripe's error code. https://docs.stripe.com/error-codes"""

_AMOUNT_PARAMS = ("amount", "amount_to_capture")
_PAYMENT_PARAMS = ("intent", "payment_intent")
"""Parameters in which a request names a payment."""


def translated(
    error: stripe.StripeError, *, writing: bool, missing: type[errors.StripeFailure]
) -> errors.StripeFailure:
    """Returns our error for the SDK's, by status, with Stripe's message where it is for callers.

    `writing` is whether the call could have changed something; `missing` is the error for an
    object that does not exist at Stripe.
    """
    retry = _RETRY[writing]
    if isinstance(error, DeadlineExceeded):
        return errors.StripeTimeout(f"Stripe did not respond in time; {retry}")
    if isinstance(error, stripe.APIConnectionError):
        return errors.StripeUnavailable(f"Stripe could not be reached; {retry}")
    body = error.json_body
    fields = body.get("error") if isinstance(body, dict) else None
    status = error.http_status
    if not isinstance(fields, dict) or status is None:
        return errors.StripeUnavailable(f"Stripe's response could not be read; {retry}")
    kind, detail = _kind_and_detail(error, status, fields, writing=writing, missing=missing)
    return kind(
        detail,
        stripe_code=_text(fields.get("code")),
        decline_code=_text(fields.get("decline_code")),
        stripe_request_id=error.request_id,
        retry_after_seconds=_seconds((error.headers or {}).get("retry-after")),
    )


def _kind_and_detail(
    error: stripe.StripeError,
    status: int,
    fields: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    if status == HTTPStatus.FORBIDDEN and fields.get("code") == "account_invalid":
        return errors.AccountRefused, "no such account is connected to ours: check its id"
    if status in _BY_STATUS and (writing or status not in _WRITES_ONLY):
        return _BY_STATUS[status]
    if isinstance(error, stripe.RateLimitError):
        return errors.RateLimited, f"Stripe's rate limit is reached; {_RETRY[writing]}"
    if isinstance(error, stripe.IdempotencyError):
        return errors.IdempotencyKeyReused, "this key was used with another request"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _WRITES_ONLY:
        return errors.StripeUnavailable, f"Stripe is not available; {_RETRY[writing]}"
    return _refusal(status, fields, writing=writing, missing=missing)


def _refusal(
    status: int,
    fields: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    code = _text(fields.get("code"))
    kind: type[errors.StripeFailure] = errors.RequestRefused
    if code == "resource_missing" and fields.get("param") in _PAYMENT_PARAMS:
        kind = errors.PaymentNotFound
    elif status == HTTPStatus.NOT_FOUND:
        kind = missing
    elif status == HTTPStatus.PAYMENT_REQUIRED and writing:
        kind = errors.CardRefused
    message = _text(fields.get("message")) or "Stripe refused the request"
    if code is None and fields.get("param") in _AMOUNT_PARAMS:
        code = "amount_too_large"  # Stripe sends no code for a refund over the remaining amount
    advice = _ADVICE.get(code or "") if kind is errors.RequestRefused else None
    return kind, f"{message.rstrip('.')}: {advice}" if advice else message


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None
