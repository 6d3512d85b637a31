"""Payments at Stripe: PaymentIntents `pi_…` and Checkout Sessions `cs_…`."""

import math
from functools import partial

from pydantic import Field

from paycli import errors
from paycli.adapters.stripe.calls import ApiResponse, StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList
from paycli.adapters.stripe.params import Params, reference_metadata, without_none
from paycli.adapters.stripe.search import quoted, search_page
from paycli.models import (
    CreatePayment,
    LineItem,
    ListPayments,
    Payment,
    ResultPage,
    UpdatePayment,
    WriteResult,
)

_INTENTS = "/v1/payment_intents"
_SESSIONS = "/v1/checkout/sessions"


class PaymentIntentObject(ApiObject):
    """https://docs.stripe.com/api/payment_intents/object."""

    status: str
    amount: int
    currency: str
    client_secret: str | None = None
    livemode: bool
    description: str | None = None
    capture_method: str | None = None
    amount_capturable: int | None = None
    amount_received: int | None = None
    cancellation_reason: str | None = None

    def to_payment(self, *, with_secret: bool = True) -> Payment:
        """Converts it to our model; lists omit the secret, which only a browser needs."""
        return Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret if with_secret else None,
            payment_url=None,
            livemode=self.livemode,
            created_at=self.created,
            payment_id=self.id,
            description=self.description,
            metadata=self.caller_metadata,
            capture_method=self.capture_method,
            amount_capturable=self.amount_capturable,
            amount_received=self.amount_received,
            cancellation_reason=self.cancellation_reason,
        )


class CheckoutSessionObject(ApiObject):
    """https://docs.stripe.com/api/checkout/sessions/object."""

    status: str
    # Null in setup mode, which takes no payment.
    amount: int | None = Field(alias="amount_total")
    currency: str | None
    client_secret: str | None = None
    livemode: bool
    payment_intent: str | None = None
    url: str | None = None

    def to_payment(self) -> Payment:
        """Converts it to our model."""
        return Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret,
            payment_url=self.url,
            livemode=self.livemode,
            created_at=self.created,
            payment_id=self.payment_intent,
            metadata=self.caller_metadata,
        )


class StripePayments:
    """Implements `paycli.payments.gateway.PaymentsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates a PaymentIntent or a Checkout Session, once per key in the account."""
        kind: type[PaymentIntentObject | CheckoutSessionObject] = PaymentIntentObject
        path, params = _INTENTS, _intent_params(request)
        if request.flow == "checkout":
            kind, path, params = CheckoutSessionObject, _SESSIONS, _session_params(request)
        # An object that the request refers to, such as a customer, may be missing.
        return self._write(kind, path, params, key, missing=errors.RequestRefused)

    def get(self, payment_id: str) -> Payment:
        """Returns the current payment. Raises PaymentNotFound."""
        kind, path = _kind_and_path(payment_id)
        return self._calls.get(kind, path, missing=errors.PaymentNotFound).to_payment()

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Returns a page of payments from Stripe's list, or its search by reference or status.

        Search results lag behind by up to a minute. https://docs.stripe.com/search#data-freshness
        """
        kind = ObjectList[PaymentIntentObject]
        if request.reference is None and request.status is None:
            found = self._calls.get(kind, _INTENTS, _list_params(request, position))
            page = ResultPage(tuple(found.data), found.position)
        else:
            params = _search_params(request, position)
            matches = partial(_matches, request)
            page = search_page(self._calls, kind, f"{_INTENTS}/search", params, matches)
        payments = tuple(each.to_payment(with_secret=False) for each in page.items)
        return ResultPage(payments, page.position)

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Changes only the fields that are set in the request."""
        kind, path = _kind_and_path(payment_id)
        return self._write(kind, path, _update_params(request), key)

    def capture(self, intent_id: str, amount: int | None, key: str) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/capture."""
        params = without_none(amount_to_capture=amount)
        return self._write(PaymentIntentObject, f"{_INTENTS}/{intent_id}/capture", params, key)

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/cancel, ../checkout/sessions/expire."""
        kind, path = _kind_and_path(payment_id)
        if kind is CheckoutSessionObject:
            return self._write(kind, f"{path}/expire", {}, key)
        return self._write(kind, f"{path}/cancel", without_none(cancellation_reason=reason), key)

    def _write(
        self,
        kind: type[PaymentIntentObject] | type[CheckoutSessionObject],
        path: str,
        params: Params,
        key: str,
        missing: type[errors.StripeFailure] = errors.PaymentNotFound,
    ) -> WriteResult[Payment]:
        response: ApiResponse[PaymentIntentObject | CheckoutSessionObject] = self._calls.post(
            kind, path, params, key, missing=missing
        )
        return WriteResult(response.data.to_payment(), response.replayed)


def _kind_and_path(
    payment_id: str,
) -> tuple[type[PaymentIntentObject] | type[CheckoutSessionObject], str]:
    if payment_id.startswith("cs_"):
        return CheckoutSessionObject, f"{_SESSIONS}/{payment_id}"
    return PaymentIntentObject, f"{_INTENTS}/{payment_id}"


def _intent_params(request: CreatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/create."""
    return without_none(
        amount=request.total,
        currency=request.currency,
        automatic_payment_methods={"enabled": True},
        capture_method=request.capture_method,
        metadata={**request.metadata, **reference_metadata(request.reference)},
        description=request.description,
        customer=request.customer,
        receipt_email=request.receipt_email,
    )


def _session_params(request: CreatePayment) -> Params:
    """https://docs.stripe.com/api/checkout/sessions/create.

    Stripe copies no metadata from a Session to its PaymentIntent, so both are given it.
    """
    metadata = {**request.metadata, **reference_metadata(request.reference)}
    single_item = LineItem(
        name=request.description or request.reference or "", amount=request.total
    )
    return without_none(
        mode="payment",
        line_items=[
            _line_item_params(item, request.currency)
            for item in request.line_items or [single_item]
        ],
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        client_reference_id=request.reference,
        customer=request.customer,
        customer_email=None if request.customer else request.receipt_email,
        metadata=metadata,
        payment_intent_data=without_none(
            metadata=metadata,
            capture_method=request.capture_method,
            description=request.description,
            receipt_email=request.receipt_email,
        ),
    )


def _line_item_params(item: LineItem, currency: str) -> Params:
    price = {
        "currency": currency,
        "unit_amount": item.amount,
        "product_data": {"name": item.name},
    }
    return {"quantity": item.quantity, "price_data": price}


def _update_params(request: UpdatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/update; an empty string unsets a value."""
    params: Params = {}
    if "description" in request.model_fields_set:
        params["description"] = request.description or ""
    if request.metadata:
        params["metadata"] = {key: value or "" for key, value in request.metadata.items()}
    return params


def _list_params(request: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/api/payment_intents/list."""
    created = without_none(
        gte=_unix_seconds(request, "created_from"), lt=_unix_seconds(request, "created_to")
    )
    return without_none(limit=request.limit, created=created or None, starting_after=position)


def _search_params(request: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/search#search-query-language."""
    since, before = _unix_seconds(request, "created_from"), _unix_seconds(request, "created_to")
    conditions = [
        request.reference and f"metadata['reference']:{quoted(request.reference)}",
        request.status and f"status:{quoted(request.status)}",
        None if since is None else f"created>={since}",
        None if before is None else f"created<{before}",
    ]
    query = " AND ".join(condition for condition in conditions if condition)
    return without_none(query=query, limit=request.limit, page=position)


def _matches(request: ListPayments, intent: PaymentIntentObject) -> bool:
    """Whether reference and status are exactly the requested ones, where one is requested."""
    return (request.reference is None or intent.reference == request.reference) and (
        request.status is None or intent.status == request.status
    )


def _unix_seconds(request: ListPayments, name: str) -> int | None:
    """Returns a bound in whole seconds, as Stripe's `created` is, rounded up.

    Created at or after 12:00:00.5 is at or after 12:00:01; before 12:00:00.5 is before 12:00:01.
    """
    moment = getattr(request, name)
    return None if moment is None else math.ceil(moment.timestamp())
