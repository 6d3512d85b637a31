"""Payments: created, looked up, listed, changed, captured and cancelled at Stripe."""

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

# Ids become part of the path of requests to Stripe, so nothing else may pass.
_PAYMENT_ID = re.compile(r"(pi|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)


class Payments:
    """The use cases of payments `pi_…` (PaymentIntents) and `cs_…` (Checkout Sessions).

    Each may raise Busy and StripeFailure. Those that write take the caller's idempotency key and
    name (None without one), raise IdempotencyKeyMissing and IdempotencyKeyInvalid, and take effect
    once per key, however often they are called.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self, request: CreatePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Creates one payment for the key."""
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.payments.create(request, key)

    def get(self, payment_id: str, account: str | None = None) -> Payment:
        """The payment as it is now. Raises PaymentNotFound."""
        check_payment_id(payment_id)
        with self._access.stripe(account) as stripe:
            return stripe.payments.get(payment_id)

    def list(self, request: ListPayments) -> PaymentPage:
        """A page of payments, newest first. Raises CursorInvalid."""
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payments.list(request, position)
        return PaymentPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def update(
        self, payment_id: str, request: UpdatePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Changes a payment's description and metadata. Raises PaymentNotFound, FieldsInvalid."""
        check_payment_id(payment_id)
        if is_checkout(payment_id) and "description" in request.model_fields_set:
            detail = "a Checkout Session has no description: give the id of its payment, pi_…"
            raise FieldsInvalid([Problem("#/description", detail)])
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            return stripe.payments.update(payment_id, request, key)

    def capture(
        self, payment_id: str, request: CapturePayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Captures an authorized payment, in whole or in part.

        For a Checkout Session its PaymentIntent is captured. Raises PaymentNotFound, FieldsInvalid,
        CheckoutWithoutPayment.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id) or request.amount is not None:
                payment = stripe.payments.get(payment_id)
                check_amount(request.amount, payment.currency)
                payment_id = payment_intent_id(payment)
            return stripe.payments.capture(payment_id, request.amount, key)

    def cancel(
        self, payment_id: str, request: CancelPayment, key: str | None, caller: str | None = None
    ) -> WriteResult[Payment]:
        """Cancels a payment that has not succeeded. Raises PaymentNotFound.

        A Checkout Session is expired; once it is complete, its PaymentIntent is cancelled, which
        releases an authorization.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                session = stripe.payments.get(payment_id)
                # An expired session is sent too: the same key must get the same response again.
                if session.status == "complete":
                    payment_id = payment_intent_id(session)
            return stripe.payments.cancel(payment_id, request.reason, key)


def check_payment_id(payment_id: str) -> None:
    """Raises PaymentNotFound for what can't be the id of a payment."""
    if not _PAYMENT_ID.fullmatch(payment_id):
        raise PaymentNotFound("there is no such payment: ids begin with pi_ or cs_")


def is_checkout(payment_id: str) -> bool:
    """Whether the id is a Checkout Session's."""
    return payment_id.startswith("cs_")


def payment_intent_id(payment: Payment) -> str:
    """The id of the payment's PaymentIntent. Raises CheckoutWithoutPayment."""
    if payment.payment_id is None:
        raise CheckoutWithoutPayment(
            f"this checkout is {payment.status} and has no payment yet: there is nothing to act on"
        )
    return payment.payment_id


def check_amount(amount: int | None, code: str | None) -> None:
    """Raises FieldsInvalid for an amount that the currency `code` does not allow.

    Payments that were created elsewhere may have a currency without rules here.
    """
    if amount is None or code is None:
        return
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise FieldsInvalid([Problem("#/amount", str(error))]) from error
    except money.UnknownCurrency:
        return
