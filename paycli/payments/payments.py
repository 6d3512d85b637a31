"""The use cases of payments: create, get, list, update, increment, capture and cancel."""

from typing import Literal

from paycli.errors import FieldsInvalid, Problem
from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    IncrementPayment,
    ListPayments,
    Payment,
    PaymentPage,
    UpdatePayment,
    WriteResult,
)
from paycli.payments import cursor
from paycli.payments.access import Access
from paycli.payments.payment_checks import (
    check_amount,
    check_any_destination,
    check_capture,
    check_destination,
    check_fee_owner,
    check_incremental,
    check_multicapture,
    check_new_amount,
    check_payment_id,
    is_checkout,
    payment_intent_id,
)
from paycli.permissions import UNRESTRICTED, Permissions

_NOT_OF_A_SESSION = {
    "amount": "the amount of a Checkout Session is fixed: cancel it and create another one",
    "description": "a Checkout Session has no description: use the id of its PaymentIntent, pi_…",
}
"""What can't be updated, by field."""


class Payments:
    """The use cases of payments: PaymentIntents `pi_…` and Checkout Sessions `cs_…`.

    All methods may raise Busy and StripeFailure. Methods that write take the caller's idempotency
    key and name (None for an unnamed caller), may raise IdempotencyKeyMissing and
    IdempotencyKeyInvalid, and take effect at most once per key and account: Stripe keeps the keys
    of each account apart. Those about an existing payment also take the caller's permissions, and
    may raise AccountNotAllowed for one with a destination that the caller may not act for.
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

    def get(
        self,
        payment_id: str,
        account: str | None = None,
        include: Literal["charge"] | None = None,
    ) -> Payment:
        """Returns the current payment, a PaymentWithCharge if that is included.

        Raises PaymentNotFound.
        """
        check_payment_id(payment_id)
        with self._access.stripe(account) as stripe:
            if include == "charge":
                return stripe.payments.get_with_charge(payment_id)
            return stripe.payments.get(payment_id)

    def list(self, request: ListPayments) -> PaymentPage:
        """Returns a page of payments, newest first. Raises CursorInvalid."""
        position = cursor.decode(request.listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            page = stripe.payments.list(request, position)
        return PaymentPage(data=page.items, next_cursor=cursor.encode(request.listing, page))

    def update(
        self,
        payment_id: str,
        request: UpdatePayment,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[Payment]:
        """Updates a payment's amount, description and metadata.

        The amount can be changed before the customer pays. If they pay meanwhile, Stripe processes
        one request after the other: either the new amount is charged, or the change is refused.
        Raises PaymentNotFound, FieldsInvalid.
        """
        check_payment_id(payment_id)
        problems = [
            Problem(f"#/{name}", detail)
            for name, detail in _NOT_OF_A_SESSION.items()
            if is_checkout(payment_id) and name in request.model_fields_set
        ]
        if problems:
            raise FieldsInvalid(problems)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            # Reading a Session raises PaymentNotFound for one that takes no payment.
            needed = is_checkout(payment_id) or request.amount is not None
            if needed or permissions.limits_accounts:
                payment = stripe.payments.get(payment_id)
                check_any_destination(stripe, payment, permissions)
                if request.amount is not None:
                    check_new_amount(request.amount, payment)
            return stripe.payments.update(payment_id, request, key)

    def increment(
        self,
        payment_id: str,
        request: IncrementPayment,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[Payment]:
        """Increases the held amount; if the card is declined, what was held remains held.

        For a Checkout Session, the hold of its PaymentIntent is increased. Raises PaymentNotFound,
        FieldsInvalid, HoldNotGranted, CheckoutWithoutPayment.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                payment_id = payment_intent_id(stripe.payments.get(payment_id))
            payment = stripe.payments.get(payment_id)
            check_destination(payment, permissions)
            check_amount(request.amount, payment.currency)
            check_incremental(payment)
            return stripe.payments.increment(payment_id, request, key)

    def capture(
        self,
        payment_id: str,
        request: CapturePayment,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[Payment]:
        """Captures an authorized payment, in full or in part.

        For a Checkout Session, its PaymentIntent is captured. Raises PaymentNotFound,
        FieldsInvalid, HoldNotGranted, CheckoutWithoutPayment.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                payment_id = payment_intent_id(stripe.payments.get(payment_id))
            chosen = request.amount is not None or request.application_fee is not None
            if chosen or permissions.limits_accounts:
                payment = stripe.payments.get(payment_id)
                check_destination(payment, permissions)
                check_fee_owner(request, payment, permissions)
                if chosen:
                    check_capture(request, payment)
                    if not request.final:
                        check_multicapture(payment)
            return stripe.payments.capture(payment_id, request, key)

    def cancel(
        self,
        payment_id: str,
        request: CancelPayment,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[Payment]:
        """Cancels a payment that has not succeeded. Raises PaymentNotFound.

        An open Checkout Session is expired. For a complete one, its PaymentIntent is canceled,
        which releases an authorization.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id) or permissions.limits_accounts:
                payment = stripe.payments.get(payment_id)
                check_any_destination(stripe, payment, permissions)
                # An expired session is sent to Stripe as well, so that a retry with the same
                # key gets the same response.
                if is_checkout(payment_id) and payment.status == "complete":
                    payment_id = payment_intent_id(payment)
            return stripe.payments.cancel(payment_id, request.reason, key)
