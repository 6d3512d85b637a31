"""Stripe behind one class: our words go in, our nouns and errors come out."""

import random
import time
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paycli import errors
from paycli.adapters.stripe_errors import translated
from paycli.adapters.stripe_http import CurlClient
from paycli.adapters.stripe_sdk import stripe
from paycli.models import CreatedPayment, CreatePayment, Payment, rfc3339
from paycli.settings import StripeSettings

API_VERSION = "2026-10-28.endive"
"""Pinned: what Stripe answers changes only when this does. https://docs.stripe.com/api/versioning"""

_INTENTS = "/v1/payment_intents"
_SESSIONS = "/v1/checkout/sessions"
_MAX_RETRIES = 2
_MAX_PAUSE_SECONDS = 1.0

Answer = TypeVar("Answer", bound=BaseModel)


class _StripeObject(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: str
    status: str
    currency: str
    metadata: dict[str, str] | None = None
    client_secret: str | None = None
    livemode: bool
    created: int


class _PaymentIntent(_StripeObject):
    """https://docs.stripe.com/api/payment_intents/object."""

    amount: int
    url: None = None


class _CheckoutSession(_StripeObject):
    """https://docs.stripe.com/api/checkout/sessions/object."""

    amount: int = Field(alias="amount_total")
    url: str | None = None


class StripeGateway:
    """Payments at Stripe. Safe to share between threads; each call ends by its total deadline."""

    def __init__(self, settings: StripeSettings) -> None:
        self._timeout_seconds = settings.timeout_seconds
        self._http = CurlClient()
        self._client = stripe.StripeClient(
            settings.api_key.get_secret_value(),
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_base.rstrip("/")},
            http_client=self._http,
            # The SDK's own retries know no total deadline.
            max_network_retries=0,
        )

    def create_payment(self, wanted: CreatePayment, idempotency_key: str) -> CreatedPayment:
        """Creates the payment, or returns the one created before with the same key.

        Raises StripeError.
        """
        payment: _PaymentIntent | _CheckoutSession
        if wanted.flow == "checkout":
            answer = self._call("post", _SESSIONS, _session(wanted), idempotency_key)
            payment = _read(_CheckoutSession, answer)
        else:
            answer = self._call("post", _INTENTS, _intent(wanted), idempotency_key)
            payment = _read(_PaymentIntent, answer)
        replayed = answer.headers.get("idempotent-replayed") == "true"
        return CreatedPayment(_payment(payment), replayed)

    def get_payment(self, payment_id: str) -> Payment:
        """The payment `pi_…` or `cs_…` as it is now. Raises PaymentNotFound, StripeError."""
        if payment_id.startswith("cs_"):
            answer = self._call("get", f"{_SESSIONS}/{payment_id}")
            return _payment(_read(_CheckoutSession, answer))
        answer = self._call("get", f"{_INTENTS}/{payment_id}")
        return _payment(_read(_PaymentIntent, answer))

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> stripe.StripeResponse:
        """One call, repeated where that is safe and the deadline allows. Raises StripeError."""
        deadline = time.monotonic() + self._timeout_seconds
        self._http.set_deadline(deadline)
        options = {"idempotency_key": idempotency_key} if idempotency_key else {}
        tries = 0
        while True:
            try:
                answer: stripe.StripeResponse = self._client.raw_request(
                    method, path, **(params or {}), **options
                )
            except stripe.StripeError as error:
                failure = translated(error)
                pause = min(_MAX_PAUSE_SECONDS, 0.1 * 2**tries) * random.uniform(0.5, 1)  # noqa: S311  (jitter)
                tries += 1
                if not _worth_another_try(failure, tries) or time.monotonic() + pause >= deadline:
                    raise failure from error
                time.sleep(pause)
            else:
                return answer


def _worth_another_try(failure: errors.StripeError, tries: int) -> bool:
    if isinstance(failure, errors.IdempotencyKeyInUse):
        return True
    return isinstance(failure, errors.StripeUnavailable) and tries <= _MAX_RETRIES


def _reference(wanted: CreatePayment) -> dict[str, str]:
    return {} if wanted.reference is None else {"reference": wanted.reference}


def _without_nones(params: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in params.items() if value is not None}


def _intent(wanted: CreatePayment) -> dict[str, object]:
    """https://docs.stripe.com/api/payment_intents/create."""
    return _without_nones(
        {
            "amount": wanted.amount,
            "currency": wanted.currency,
            "automatic_payment_methods": {"enabled": True},
            "capture_method": wanted.capture_method,
            "metadata": {**wanted.metadata, **_reference(wanted)},
            "description": wanted.description,
            "customer": wanted.customer,
            "receipt_email": wanted.receipt_email,
        }
    )


def _session(wanted: CreatePayment) -> dict[str, object]:
    """https://docs.stripe.com/api/checkout/sessions/create.

    Stripe copies no metadata from a Session to its PaymentIntent, so it is given to both.
    """
    metadata = {**wanted.metadata, **_reference(wanted)}
    price = {
        "currency": wanted.currency,
        "unit_amount": wanted.amount,
        "product_data": {"name": wanted.description or wanted.reference},
    }
    return _without_nones(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
            "client_reference_id": wanted.reference,
            "customer": wanted.customer,
            "customer_email": None if wanted.customer else wanted.receipt_email,
            "metadata": metadata,
            "payment_intent_data": _without_nones(
                {
                    "metadata": metadata,
                    "capture_method": wanted.capture_method,
                    "description": wanted.description,
                    "receipt_email": wanted.receipt_email,
                }
            ),
        }
    )


def _read(kind: type[Answer], answer: stripe.StripeResponse) -> Answer:
    try:
        return kind.model_validate(answer.data)
    except ValidationError:
        raise errors.StripeUnavailable(
            "Stripe's answer was not understood; send the request again with the same key"
        ) from None


def _payment(told: _PaymentIntent | _CheckoutSession) -> Payment:
    return Payment(
        id=told.id,
        status=told.status,
        amount=told.amount,
        currency=told.currency,
        reference=(told.metadata or {}).get("reference"),
        client_secret=told.client_secret,
        payment_url=told.url,
        livemode=told.livemode,
        created_at=rfc3339(told.created),
    )
