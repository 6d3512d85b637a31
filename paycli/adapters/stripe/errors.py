"""Translates the errors of Stripe's SDK to our own.

https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from pydantic_core import from_json

from paycli import errors
from paycli.adapters.stripe.advice import advise, advise_on_card
from paycli.adapters.stripe.curl_client import DeadlineExceeded, ErrorResponse
from paycli.adapters.stripe.personal_data import impersonal
from paycli.adapters.stripe.sdk import stripe

_RETRY = {True: "send the request again with the same key", False: "send the request again"}
_LOOK_UP = (
    "look up in the same account what it did, by the reference if it has one, before you send the "
    "request with a new key"
)
_CREDENTIALS = "Stripe refuses our own API key; an operator must check it"
# https://docs.stripe.com/keys/restricted-api-keys; the rest of the message has part of the key.
_MISSING_PERMISSION = re.compile(r"'(rak_[a-z_]{1,60})' permission", re.ASCII)
_BY_STATUS: dict[int, tuple[type[errors.StripeFailure], str]] = {
    401: (errors.StripeCredentialsRefused, _CREDENTIALS),
    403: (errors.StripeCredentialsRefused, _CREDENTIALS),
    409: (
        errors.IdempotencyKeyInUse,
        "another request with this idempotency key is still running; send this one again soon",
    ),
    500: (
        errors.StripeOutcomeUnknown,
        f"Stripe failed, and repeats that for the same key: {_LOOK_UP}",
    ),
}
_WRITES_ONLY = (HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR)
"""Statuses that concern idempotency keys; a read without a key may simply be repeated."""
_ID_PARAMS: Mapping[type[errors.StripeFailure], tuple[str, ...]] = {
    errors.AccountNotFound: ("account",),
    errors.CustomerNotFound: ("customer",),
    errors.PaymentNotFound: ("intent", "payment_intent"),
}
"""Parameters that name the object that a request is about, where its path does not."""

_WITH_PAYMENT = (errors.CardRefused, errors.RequestRefused)
"""Refusals that name the PaymentIntent that the request left behind, or was about."""

_LOCK_TIMEOUT = "lock_timeout"
"""Requests for one object are processed one at a time.

https://docs.stripe.com/rate-limits#object-lock-timeouts"""
_SHOULD_RETRY = {"true": True, "false": False}

_TEXT_FIELDS = ("type", "code", "message")
_MAX_TEXT_LENGTH = 1000
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_PAYMENT_INTENT_ID = re.compile(r"pi_[A-Za-z0-9_]{1,250}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,5}", re.ASCII)
"""`Retry-After` of up to a day; a longer or malformed one is as if absent."""


def translated(
    error: stripe.StripeError,
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
    params: Mapping[str, object],
) -> errors.StripeFailure:
    """Returns our error for the SDK's, by status, with Stripe's message where it is for callers.

    `writing` is whether the call could have changed something; `missing` is the error for an object
    that does not exist at Stripe. `params` are those of the request: a message that may repeat
    personal data among them is replaced.
    """
    retry = _RETRY[writing]
    if isinstance(error, ErrorResponse):
        return _refused(error, writing=writing, missing=missing, params=params)
    if isinstance(error, DeadlineExceeded):
        return errors.StripeTimeout(f"Stripe did not respond in time; {retry}")
    if isinstance(error, stripe.APIConnectionError):
        return errors.StripeUnavailable(f"Stripe could not be reached; {retry}")
    return errors.StripeUnavailable(f"Stripe's response could not be read; {retry}")


def unreadable(headers: Mapping[str, str], *, writing: bool) -> errors.StripeFailure:
    """Returns the error for a 2xx response with fields that could not be read.

    Stripe has done what a write requested, and repeats the same response for its key. A response
    without a request id is not Stripe's.
    """
    request_id = _request_id(headers)
    if writing and request_id is not None:
        detail = f"Stripe's response could not be read: {_LOOK_UP}"
        return errors.StripeOutcomeUnknown(detail, stripe_request_id=request_id)
    # Repeating it now would not change the fields.
    detail = f"Stripe's response could not be read; {_RETRY[writing]}"
    return errors.StripeUnavailable(detail, stripe_request_id=request_id, should_retry=False)


def _request_id(headers: Mapping[str, str]) -> str | None:
    request_id = headers.get("request-id", "")
    return request_id if _REQUEST_ID.fullmatch(request_id) else None


def _refused(
    response: ErrorResponse,
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
    params: Mapping[str, object],
) -> errors.StripeFailure:
    headers = response.response_headers
    fields = _error_fields(response)
    if fields is None:
        kind: type[errors.StripeFailure] = errors.StripeUnavailable
        detail = f"the response did not come from Stripe, or could not be read; {_RETRY[writing]}"
        fields = {}
    else:
        message = _text(fields.get("message")) or "Stripe refused the request"
        message = impersonal(message, _text(fields.get("param")), params)
        fields = {**fields, "message": message}
        kind, detail = _kind_and_detail(response.status, fields, writing=writing, missing=missing)
    retry_after = headers.get("retry-after", "")
    return kind(
        detail,
        stripe_code=_text(fields.get("code")),
        decline_code=_text(fields.get("decline_code")),
        stripe_request_id=_request_id(headers),
        retry_after_seconds=int(retry_after) if _SECONDS.fullmatch(retry_after) else None,
        should_retry=_should_retry(headers, fields),
        missing_permission=_missing_permission(response.status, fields),
        payment_id=_payment_id(fields) if kind in _WITH_PAYMENT else None,
    )


def _error_fields(response: ErrorResponse) -> Mapping[str, object] | None:
    """Returns the error that Stripe sent; None if the response is not one of Stripe's errors.

    Gateways in between send HTML, nothing, or JSON whose `error` is a text, a list, or an object
    with other types: `{"code": 403}`. Stripe's: https://docs.stripe.com/api/errors.
    """
    if response.status < HTTPStatus.BAD_REQUEST:
        return None
    try:
        body = from_json(response.body)
    except ValueError:
        return None
    fields = body.get("error") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        return None
    texts = [fields[name] for name in _TEXT_FIELDS if fields.get(name) is not None]
    return fields if texts and all(isinstance(text, str) for text in texts) else None


def _payment_id(fields: Mapping[str, object]) -> str | None:
    """Returns the id of the PaymentIntent in an error: https://docs.stripe.com/api/errors."""
    intent = fields.get("payment_intent")
    intent_id = intent.get("id") if isinstance(intent, dict) else None
    matches = isinstance(intent_id, str) and _PAYMENT_INTENT_ID.fullmatch(intent_id)
    return intent_id if matches else None


def _should_retry(headers: Mapping[str, str], fields: Mapping[str, object]) -> bool | None:
    """Returns what Stripe says, None if nothing. https://docs.stripe.com/error-low-level."""
    said = _SHOULD_RETRY.get(headers.get("stripe-should-retry", ""))
    return True if said is None and fields.get("code") == _LOCK_TIMEOUT else said


def _kind_and_detail(
    status: int,
    fields: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    code = fields.get("code")
    if status == HTTPStatus.FORBIDDEN and code == "account_invalid":
        return errors.AccountRefused, "no such account is connected to ours: check its id"
    if status in _BY_STATUS and (writing or status not in _WRITES_ONLY):
        kind, detail = _BY_STATUS[status]
        permission = _missing_permission(status, fields)
        if permission is not None:
            detail = f"our own API key lacks the permission {permission}; an operator must add it"
        return kind, detail
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _WRITES_ONLY:
        return errors.StripeUnavailable, f"Stripe is not available; {_RETRY[writing]}"
    if status == HTTPStatus.TOO_MANY_REQUESTS or code == "rate_limit":
        locked = "other requests to Stripe keep this object locked"
        cause = locked if code == _LOCK_TIMEOUT else "Stripe's rate limit is reached"
        return errors.RateLimited, f"{cause}; {_RETRY[writing]}"
    if fields.get("type") == "idempotency_error":
        return errors.IdempotencyKeyReused, "this key was used with another request"
    return _refusal(status, fields, writing=writing, missing=missing)


def _missing_permission(status: int, fields: Mapping[str, object]) -> str | None:
    """Returns what our restricted key lacks, None for other errors."""
    match = _MISSING_PERMISSION.search(_text(fields.get("message")) or "")
    return match[1] if status == HTTPStatus.FORBIDDEN and match is not None else None


def _refusal(
    status: int,
    fields: Mapping[str, object],
    *,
    writing: bool,
    missing: type[errors.StripeFailure],
) -> tuple[type[errors.StripeFailure], str]:
    code = _text(fields.get("code"))
    kind: type[errors.StripeFailure] = errors.RequestRefused
    named_in_params = fields.get("param") in _ID_PARAMS.get(missing, ())
    if status == HTTPStatus.NOT_FOUND or (code == "resource_missing" and named_in_params):
        kind = missing
    elif status == HTTPStatus.PAYMENT_REQUIRED and writing:
        kind = errors.CardRefused
    message = str(fields["message"])
    if kind is errors.CardRefused:
        return kind, advise_on_card(message, fields, _payment_id(fields))
    return kind, advise(message, fields)


def _text(value: object) -> str | None:
    return value[:_MAX_TEXT_LENGTH] if isinstance(value, str) else None
