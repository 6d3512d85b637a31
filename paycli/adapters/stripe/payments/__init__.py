"""Payments at Stripe: PaymentIntents `pi_…` and Checkout Sessions `cs_…`."""

from functools import partial

from paycli import errors
from paycli.adapters.stripe.calls import ApiResponse, StripeCalls
from paycli.adapters.stripe.objects import ObjectList
from paycli.adapters.stripe.params import Params, created_range, unix_seconds, without_none
from paycli.adapters.stripe.payments import intents, sessions
from paycli.adapters.stripe.payments.intents import INTENTS, PaymentIntentObject
from paycli.adapters.stripe.payments.sessions import SESSIONS, CheckoutSessionObject
from paycli.adapters.stripe.search import quoted, search_page
from paycli.models import (
    CapturePayment,
    CreatePayment,
    ListPayments,
    Payment,
    ResultPage,
    UpdatePayment,
    WriteResult,
)


class StripePayments:
    """Implements `paycli.payments.gateway.PaymentsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates a PaymentIntent or a Checkout Session, once per key in the account."""
        kind: type[PaymentIntentObject | CheckoutSessionObject] = PaymentIntentObject
        path, params = INTENTS, intents.create_params(request)
        if request.flow == "checkout":
            kind, path, params = CheckoutSessionObject, SESSIONS, sessions.create_params(request)
        # An object that the request refers to, such as a customer, may be missing.
        return self._write(kind, path, params, key, missing=errors.RequestRefused)

    def get(self, payment_id: str) -> Payment:
        """Returns the current payment. Raises PaymentNotFound, also for a setup's Session."""
        kind, path = _kind_and_path(payment_id)
        found = self._calls.get(kind, path, missing=errors.PaymentNotFound)
        if isinstance(found, CheckoutSessionObject) and found.mode == "setup":
            raise errors.PaymentNotFound("this Checkout Session saves a card: it is a setup")
        return found.to_payment()

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Returns a page of payments from Stripe's list, or its search by reference or status.

        Search results lag behind by up to a minute. https://docs.stripe.com/search#data-freshness
        """
        kind = ObjectList[PaymentIntentObject]
        if request.reference is None and request.status is None:
            found = self._calls.get(kind, INTENTS, _list_params(request, position))
            page = ResultPage(tuple(found.data), found.position)
        else:
            params = _search_params(request, position)
            matches = partial(_matches, request)
            page = search_page(self._calls, kind, f"{INTENTS}/search", params, matches)
        payments = tuple(each.to_payment(with_secret=False) for each in page.items)
        return ResultPage(payments, page.position)

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Changes only the fields that are set in the request."""
        kind, path = _kind_and_path(payment_id)
        return self._write(kind, path, _update_params(request), key)

    def capture(self, intent_id: str, request: CapturePayment, key: str) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/capture."""
        params = without_none(
            amount_to_capture=request.amount, application_fee_amount=request.application_fee
        )
        return self._write(PaymentIntentObject, f"{INTENTS}/{intent_id}/capture", params, key)

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
        return CheckoutSessionObject, f"{SESSIONS}/{payment_id}"
    return PaymentIntentObject, f"{INTENTS}/{payment_id}"


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
    created = created_range(request.created_from, request.created_to)
    return without_none(limit=request.limit, created=created, starting_after=position)


def _search_params(request: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/search#search-query-language."""
    since, before = unix_seconds(request.created_from), unix_seconds(request.created_to)
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
