"""The use cases of payments: create, get, list, update, capture and cancel."""

import re

from paycli import money
from paycli.errors import CheckoutWithoutPayment, FieldsInvalid, PaymentNotFound, Problem
from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    ListPayments,
    Payment,
    PaymentPage,
    UpdatePayment,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access

# Ids become part of the URL path of requests to Stripe, so anything else is refused.
_PAYMENT_ID = re.compile(r"(pi|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)


class Payments:
    """The use cases of payments: PaymentIntents `pi_…` and Checkout Sessions `cs_…`.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid, and take effect at most once per key and account: Stripe keeps the keys
    of each account apart.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, request: CreatePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Creates a payment, or returns the one created earlier in the account with the key."""
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.payments.create(request, key)

    def get(self, payment_id: str, account: str | None = None) -> Payment:
        """Returns the current payment. Raises PaymentNotFound."""
        check_payment_id(payment_id)
        with self._access.stripe(account) as stripe:
            return stripe.payments.get(payment_id)

    def list(self, request: ListPayments) -> PaymentPage:
        """Returns a page of payments, newest first. Raises CursorInvalid."""
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payments.list(request, position)
        return PaymentPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def update(
        self, payment_id: str, request: UpdatePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Updates a payment's description and metadata.

        Raises PaymentNotFound, FieldsInvalid.
        """
        check_payment_id(payment_id)
        if is_checkout(payment_id) and "description" in request.model_fields_set:
            detail = "a Checkout Session has no description: use the id of its PaymentIntent, pi_…"
            raise FieldsInvalid([Problem("#/description", detail)])
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                stripe.payments.get(payment_id)  # raises for a Session that takes no payment
            return stripe.payments.update(payment_id, request, key)

    def capture(
        self, payment_id: str, request: CapturePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Captures an authorized payment, in full or in part.

        For a Checkout Session, its PaymentIntent is captured. Raises PaymentNotFound,
        FieldsInvalid, CheckoutWithoutPayment.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                payment_id = payment_intent_id(stripe.payments.get(payment_id))
            if request.amount is not None or request.application_fee is not None:
                _check_capture(request, stripe.payments.get(payment_id))
            return stripe.payments.capture(payment_id, request, key)

    def cancel(
        self, payment_id: str, request: CancelPayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Cancels a payment that has not succeeded. Raises PaymentNotFound.

        An open Checkout Session is expired. For a complete one, its PaymentIntent is canceled,
        which releases an authorization.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                session = stripe.payments.get(payment_id)
                # An expired session is sent to Stripe as well, so that a retry with the same
                # key gets the same response.
                if session.status == "complete":
                    payment_id = payment_intent_id(session)
            return stripe.payments.cancel(payment_id, request.reason, key)


def check_payment_id(payment_id: str) -> None:
    """Raises PaymentNotFound if the text can't be the id of a payment."""
    if not _PAYMENT_ID.fullmatch(payment_id):
        raise PaymentNotFound("there is no such payment: ids start with pi_ or cs_")


def is_checkout(payment_id: str) -> bool:
    """Returns whether the id is that of a Checkout Session."""
    return payment_id.startswith("cs_")


def payment_intent_id(payment: Payment) -> str:
    """Returns the id of the payment's PaymentIntent. Raises CheckoutWithoutPayment."""
    if payment.payment_id is None:
        raise CheckoutWithoutPayment(
            f"this checkout is {payment.status} and has no PaymentIntent yet: "
            "the customer must pay first"
        )
    return payment.payment_id


def _check_capture(request: CapturePayment, payment: Payment) -> None:
    """Raises FieldsInvalid if the amount or the fee does not fit the payment.

    Stripe would cap a fee at the captured amount, and the connected account would get nothing.
    https://docs.stripe.com/api/payment_intents/capture
    """
    check_amount(request.amount, payment.currency)
    check_amount(request.application_fee, payment.currency, "#/application_fee")
    captured = payment.amount_capturable if request.amount is None else request.amount
    fee = payment.application_fee if request.application_fee is None else request.application_fee
    if fee is not None and captured and fee > captured:
        detail = f"the fee would be {fee} of the captured {captured}: set a smaller one"
        raise FieldsInvalid([Problem("#/application_fee", detail)])


def check_amount(amount: int | None, code: str | None, where: str = "#/amount") -> None:
    """Raises FieldsInvalid if the currency `code` does not allow the amount in the field `where`.

    Currencies that are unknown here are not checked: payments may have been created elsewhere.
    """
    if amount is None or code is None:
        return
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise FieldsInvalid([Problem(where, str(error))]) from error
    except money.UnknownCurrency:
        return
