"""Stripe behind one class: our words go in, our nouns and errors come out."""

import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime

from paycli import errors
from paycli.adapters import stripe_params as params
from paycli.adapters.stripe_calls import Answer, Calls
from paycli.adapters.stripe_http import CurlClient
from paycli.adapters.stripe_objects import (
    CheckoutSession,
    EndpointList,
    EventList,
    EventObject,
    PaymentIntent,
    StripeList,
    StripeRefund,
    payments,
    refunds,
)
from paycli.adapters.stripe_sdk import stripe
from paycli.models import (
    CreatePayment,
    Endpoint,
    Found,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    UpdatePayment,
    Written,
)
from paycli.models.fields import MAX_PAGE
from paycli.settings import StripeSettings
from paycli.stripe_event import StripeEvent
from paycli.tracing import NO_TRACER, Tracer

API_VERSION = "2026-10-28.endive"
"""Pinned: what Stripe answers changes only when this does. https://docs.stripe.com/api/versioning"""

_INTENTS = "/v1/payment_intents"
_SESSIONS = "/v1/checkout/sessions"
_REFUNDS = "/v1/refunds"
_EVENTS = "/v1/events"
_ENDPOINTS = "/v1/webhook_endpoints"
MAX_EVENT_TYPES = 20
"""https://docs.stripe.com/api/events/list"""


class StripeGateway:
    """The way to Stripe. Safe to share between threads.

    `called` is told of each try: its outcome, `ok` or an error's code, and its seconds.
    """

    def __init__(
        self,
        settings: StripeSettings,
        called: Callable[[str, float], None] = lambda _outcome, _seconds: None,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._tracer = tracer
        self._called = called
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

    def open(self, account: str | None) -> "StripeAccount":
        """Starts the time that one request has; `account` is a connected one, None our own."""
        deadline = time.monotonic() + self._timeout_seconds
        calls = Calls(self._client, self._http, self._called, self._tracer, deadline, account)
        return StripeAccount(calls)


class StripeAccount:
    """Payments of one account; ids are trusted to be ids. Every call may raise StripeError."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create_payment(self, wanted: CreatePayment, key: str) -> Written[Payment]:
        """Creates the payment, or returns the one created before with the same key."""
        kind: type[PaymentIntent | CheckoutSession] = PaymentIntent
        path, given = _INTENTS, params.intent(wanted)
        if wanted.flow == "checkout":
            kind, path, given = CheckoutSession, _SESSIONS, params.session(wanted)
        # What is not there is then something that the request names, such as a customer.
        return self._write(kind, path, given, key, missing=errors.RequestRefused)

    def get_payment(self, payment_id: str) -> Payment:
        """The payment `pi_…` or `cs_…` as it is now. Raises PaymentNotFound."""
        return self._calls.get(*_place(payment_id)).payment()

    def list_payments(self, wanted: ListPayments, position: str | None) -> Found[Payment]:
        """A page of payments: Stripe's list finds at once, its search knows reference and status.

        Search is up to a minute behind. https://docs.stripe.com/search#data-freshness
        """
        kind = StripeList[PaymentIntent]
        if wanted.reference is None and wanted.status is None:
            return payments(self._calls.get(kind, _INTENTS, params.payment_list(wanted, position)))
        query = params.payment_search(wanted, position)
        return payments(self._calls.get(kind, f"{_INTENTS}/search", query))

    def update_payment(self, payment_id: str, wanted: UpdatePayment, key: str) -> Written[Payment]:
        """Changes what is wanted and nothing else."""
        kind, path = _place(payment_id)
        return self._write(kind, path, params.changes(wanted), key)

    def capture_payment(self, payment_id: str, amount: int | None, key: str) -> Written[Payment]:
        """https://docs.stripe.com/api/payment_intents/capture."""
        wanted = params.given(amount_to_capture=amount)
        return self._write(PaymentIntent, f"{_INTENTS}/{payment_id}/capture", wanted, key)

    def cancel_payment(self, payment_id: str, reason: str | None, key: str) -> Written[Payment]:
        """https://docs.stripe.com/api/payment_intents/cancel, ../checkout/sessions/expire."""
        kind, path = _place(payment_id)
        if kind is CheckoutSession:
            return self._write(kind, f"{path}/expire", {}, key)
        return self._write(kind, f"{path}/cancel", params.given(cancellation_reason=reason), key)

    def refund_payment(
        self, payment_id: str, wanted: RefundPayment, reference: str | None, key: str
    ) -> Written[Refund]:
        """Refunds a PaymentIntent, whole without an amount."""
        answer = self._calls.post(
            StripeRefund, _REFUNDS, params.refund(payment_id, wanted, reference), key
        )
        return Written(answer.told.refund(), answer.replayed)

    def list_refunds(
        self, payment_id: str, wanted: ListRefunds, position: str | None
    ) -> Found[Refund]:
        """https://docs.stripe.com/api/refunds/list."""
        query = params.given(payment_intent=payment_id, limit=wanted.limit, starting_after=position)
        return refunds(self._calls.get(StripeList[StripeRefund], _REFUNDS, query))

    def get_refund(self, refund_id: str) -> Refund:
        """The refund as it is now. Raises RefundNotFound."""
        path = f"{_REFUNDS}/{refund_id}"
        return self._calls.get(StripeRefund, path, missing=errors.RefundNotFound).refund()

    def list_events(
        self, types: Sequence[str], since: int, until: int, position: str | None
    ) -> Found[StripeEvent]:
        """A page of the events created from `since` to `until` (Unix seconds), newest first.

        At most MAX_EVENT_TYPES `types`. https://docs.stripe.com/api/events/list
        """
        query = params.given(
            types=list(types),
            created={"gte": since, "lte": until},
            limit=MAX_PAGE,
            starting_after=position,
        )
        return self._calls.get(EventList, _EVENTS, query).found()

    def clock(self) -> float | None:
        """Stripe's clock (Unix seconds), None if it was not told. Lists an event for it."""
        date = self._calls.answer(EventList, _EVENTS, {"limit": 1}).date
        try:
            return None if date is None else parsedate_to_datetime(date).timestamp()
        except ValueError:
            return None

    def list_endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints that webhooks go to. https://docs.stripe.com/api/webhook_endpoints/list."""
        found = self._calls.get(EndpointList, _ENDPOINTS, {"limit": MAX_PAGE}).data
        return tuple(
            Endpoint(
                it.id, it.url, it.status == "enabled", it.api_version, tuple(it.enabled_events)
            )
            for it in found
        )

    def get_event(self, event_id: str) -> StripeEvent:
        """One event. Raises EventNotFound. https://docs.stripe.com/api/events/retrieve."""
        path = f"{_EVENTS}/{event_id}"
        return self._calls.get(EventObject, path, missing=errors.EventNotFound).event()

    def _write(
        self,
        kind: type[PaymentIntent] | type[CheckoutSession],
        path: str,
        wanted: params.Params,
        key: str,
        missing: type[errors.StripeError] = errors.PaymentNotFound,
    ) -> Written[Payment]:
        answer: Answer[PaymentIntent | CheckoutSession] = self._calls.post(
            kind, path, wanted, key, missing
        )
        return Written(answer.told.payment(), answer.replayed)


def _place(payment_id: str) -> tuple[type[PaymentIntent] | type[CheckoutSession], str]:
    if payment_id.startswith("cs_"):
        return CheckoutSession, f"{_SESSIONS}/{payment_id}"
    return PaymentIntent, f"{_INTENTS}/{payment_id}"
