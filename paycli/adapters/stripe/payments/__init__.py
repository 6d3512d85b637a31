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
    IncrementPayment,
    ListPayments,
    Payment,
    PaymentWithCharge,
    ResultPage,
    UpdatePayment,
    WriteResult,
)

PaymentKind = type[PaymentIntentObject] | type[CheckoutSessionObject]
# Of a write these parameters count for its idempotency key: while they change, a retry of an older
# instance's request is refused.
_WITH_CHARGE: Params = {"expand": ["latest_charge"]}
"""The charge of a PaymentIntent has what was granted for its hold."""
_WITH_INTENT: Params = {"expand": ["payment_intent"]}
"""The PaymentIntent of a Checkout Session has who shares its amount."""
_EACH_WITH_CHARGE: Params = {"expand": ["data.latest_charge"]}


class StripePayments:
    """Implements `paycli.payments.gateway.PaymentsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates a PaymentIntent or a Checkout Session, once per key in the account."""
        kind: PaymentKind = PaymentIntentObject
        path, params = INTENTS, intents.create_params(request)
        if request.flow == "checkout":
            kind, path, params = CheckoutSessionObject, SESSIONS, sessions.create_params(request)
        # An object that the request refers to, such as a customer, may be missing.
        return self._write(kind, path, params, key, missing=errors.RequestRefused)

    def get(self, payment_id: str) -> Payment:
        """Returns the current payment. Raises PaymentNotFound, also for a setup's Session."""
        return self._get(payment_id, _shown(payment_id)).to_payment()

    def get_with_charge(self, payment_id: str) -> PaymentWithCharge:
        """Returns the current payment with its charge, as `get` does."""
        expanded = "latest_charge.balance_transaction"
        if _is_session(payment_id):
            expanded = f"payment_intent.{expanded}"
        found = self._get(payment_id, {"expand": [expanded]})
        charge = None if found.charge is None else found.charge.to_charge()
        return PaymentWithCharge(**dict(found.to_payment()), charge=charge)

    def _get(self, payment_id: str, params: Params) -> PaymentIntentObject | CheckoutSessionObject:
        kind, path = _kind_and_path(payment_id)
        found = self._calls.get(kind, path, params, missing=errors.PaymentNotFound)
        if isinstance(found, CheckoutSessionObject) and found.mode == "setup":
            raise errors.PaymentNotFound("this Checkout Session saves a card: it is a setup")
        return found

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
        params = {**_update_params(request), **_shown(payment_id)}
        return self._write(kind, path, params, key)

    def increment(
        self, intent_id: str, request: IncrementPayment, key: str
    ) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/increment_authorization."""
        path = f"{INTENTS}/{intent_id}/increment_authorization"
        params = {"amount": request.amount, **_WITH_CHARGE}
        return self._write(PaymentIntentObject, path, params, key)

    def capture(self, intent_id: str, request: CapturePayment, key: str) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/capture."""
        params = without_none(
            amount_to_capture=request.amount,
            application_fee_amount=request.application_fee,
            final_capture=None if request.final else False,
            **_WITH_CHARGE,
        )
        return self._write(PaymentIntentObject, f"{INTENTS}/{intent_id}/capture", params, key)

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """https://docs.stripe.com/api/payment_intents/cancel, ../checkout/sessions/expire."""
        kind, path = _kind_and_path(payment_id)
        if kind is CheckoutSessionObject:
            return self._write(kind, f"{path}/expire", _WITH_INTENT, key)
        params = without_none(cancellation_reason=reason, **_WITH_CHARGE)
        return self._write(kind, f"{path}/cancel", params, key)

    def _write(
        self,
        kind: PaymentKind,
        path: str,
        params: Params,
        key: str,
        missing: type[errors.StripeFailure] = errors.PaymentNotFound,
    ) -> WriteResult[Payment]:
        response: ApiResponse[PaymentIntentObject | CheckoutSessionObject] = self._calls.post(
            kind, path, params, key, missing=missing
        )
        return WriteResult(response.data.to_payment(), response.replayed)


def _kind_and_path(payment_id: str) -> tuple[PaymentKind, str]:
    if _is_session(payment_id):
        return CheckoutSessionObject, f"{SESSIONS}/{payment_id}"
    return PaymentIntentObject, f"{INTENTS}/{payment_id}"


def _is_session(payment_id: str) -> bool:
    return payment_id.startswith("cs_")


def _shown(payment_id: str) -> Params:
    """Returns the parameters with which Stripe sends all that a payment shows."""
    return _WITH_INTENT if _is_session(payment_id) else _WITH_CHARGE


def _update_params(request: UpdatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/update; an empty string unsets a value."""
    params = without_none(amount=request.amount)
    if "description" in request.model_fields_set:
        params["description"] = request.description or ""
    if request.metadata:
        params["metadata"] = {key: value or "" for key, value in request.metadata.items()}
    return params


def _list_params(request: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/api/payment_intents/list."""
    created = created_range(request.created_from, request.created_to)
    return without_none(
        limit=request.limit, created=created, starting_after=position, **_EACH_WITH_CHARGE
    )


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
    return without_none(query=query, limit=request.limit, page=position, **_EACH_WITH_CHARGE)


def _matches(request: ListPayments, intent: PaymentIntentObject) -> bool:
    """Whether reference and status are exactly the requested ones, where one is requested."""
    return (request.reference is None or intent.reference == request.reference) and (
        request.status is None or intent.status == request.status
    )
