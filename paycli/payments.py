"""What callers do with payments. Stripe holds them; nothing is kept here."""

import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from paycli import money, paging
from paycli.errors import (
    Busy,
    CheckoutWithoutPayment,
    FieldsInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    PaymentNotFound,
    Problem,
    RefundNotFound,
)
from paycli.gateway import Gateway, Stripe
from paycli.models import (
    CancelPayment,
    CapturePayment,
    CreatePayment,
    Found,
    ListPayments,
    ListRefunds,
    Payment,
    PaymentPage,
    Refund,
    RefundPage,
    RefundPayment,
    UpdatePayment,
    Written,
)

# Ids go into the paths of requests to Stripe, so nothing else may.
_PAYMENT_ID = re.compile(r"(pi|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)
_REFUND_ID = re.compile(r"(re|pyr)_[A-Za-z0-9_]{1,250}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)

T = TypeVar("T")


class Payments:
    """The use cases; at most `max_in_flight` requests to Stripe at a time, more raise Busy at once.

    Each may raise Busy and StripeError. Those that write take the caller's idempotency key and
    name (None without one), raise IdempotencyKeyMissing and IdempotencyKeyInvalid, and do their
    work once for a key, however often and from however many places they are asked.
    """

    def __init__(
        self, gateway: Gateway, max_in_flight: int, caller_names: Collection[str] = ()
    ) -> None:
        self._gateway = gateway
        self._slots = threading.BoundedSemaphore(max_in_flight)
        self._prefixes = tuple(f"{name}:" for name in caller_names)

    def create(
        self, wanted: CreatePayment, key: str | None, caller: str | None = None
    ) -> Written[Payment]:
        """Creates one payment for the key."""
        key = self._stripes_key(key, caller)
        with self._stripe(wanted.account) as stripe:
            return stripe.create_payment(wanted, key)

    def get(self, payment_id: str, account: str | None = None) -> Payment:
        """The payment `pi_…` or `cs_…` as it is now. Raises PaymentNotFound."""
        _check_payment_id(payment_id)
        with self._stripe(account) as stripe:
            return stripe.get_payment(payment_id)

    def list(self, wanted: ListPayments) -> PaymentPage:
        """A page of payments, newest first. Raises CursorInvalid."""
        since = _position(wanted.listing, wanted.cursor)
        with self._stripe(wanted.account) as stripe:
            found = stripe.list_payments(wanted, since)
        return PaymentPage(data=found.items, next_cursor=_next(wanted.listing, found))

    def update(
        self, payment_id: str, wanted: UpdatePayment, key: str | None, caller: str | None = None
    ) -> Written[Payment]:
        """Changes a payment's description and metadata. Raises PaymentNotFound, FieldsInvalid."""
        _check_payment_id(payment_id)
        if _is_checkout(payment_id) and "description" in wanted.model_fields_set:
            detail = "a Checkout Session has no description: give the id of its payment, pi_…"
            raise FieldsInvalid([Problem("#/description", detail)])
        key = self._stripes_key(key, caller)
        with self._stripe(wanted.account) as stripe:
            return stripe.update_payment(payment_id, wanted, key)

    def capture(
        self, payment_id: str, wanted: CapturePayment, key: str | None, caller: str | None = None
    ) -> Written[Payment]:
        """Takes what is reserved, or a part. Raises PaymentNotFound, FieldsInvalid.

        Of a Checkout Session its PaymentIntent is captured; raises CheckoutWithoutPayment.
        """
        _check_payment_id(payment_id)
        key = self._stripes_key(key, caller)
        with self._stripe(wanted.account) as stripe:
            if _is_checkout(payment_id) or wanted.amount is not None:
                payment = stripe.get_payment(payment_id)
                _check_amount(wanted.amount, payment.currency)
                payment_id = _intent_id(payment)
            return stripe.capture_payment(payment_id, wanted.amount, key)

    def cancel(
        self, payment_id: str, wanted: CancelPayment, key: str | None, caller: str | None = None
    ) -> Written[Payment]:
        """Ends a payment that has not succeeded. Raises PaymentNotFound.

        A Checkout Session is expired; of one where somebody has paid, the PaymentIntent is
        cancelled, which releases money that is only reserved.
        """
        _check_payment_id(payment_id)
        key = self._stripes_key(key, caller)
        with self._stripe(wanted.account) as stripe:
            if _is_checkout(payment_id):
                session = stripe.get_payment(payment_id)
                # An expired one is sent too: the same key shall give the same answer again.
                if session.status == "complete":
                    payment_id = _intent_id(session)
            return stripe.cancel_payment(payment_id, wanted.reason, key)

    def refund(
        self, payment_id: str, wanted: RefundPayment, key: str | None, caller: str | None = None
    ) -> Written[Refund]:
        """Gives money back, with the payment's reference. Raises PaymentNotFound, FieldsInvalid.

        Of a Checkout Session its PaymentIntent is refunded; raises CheckoutWithoutPayment.
        """
        _check_payment_id(payment_id)
        key = self._stripes_key(key, caller)
        with self._stripe(wanted.account) as stripe:
            payment = stripe.get_payment(payment_id)
            _check_amount(wanted.amount, payment.currency)
            return stripe.refund_payment(_intent_id(payment), wanted, payment.reference, key)

    def list_refunds(self, payment_id: str, wanted: ListRefunds) -> RefundPage:
        """A page of a payment's refunds, newest first. Raises PaymentNotFound, CursorInvalid."""
        _check_payment_id(payment_id)
        listing = f"{payment_id} {wanted.listing}"
        since = _position(listing, wanted.cursor)
        with self._stripe(wanted.account) as stripe:
            if _is_checkout(payment_id):
                payment_id = _intent_id(stripe.get_payment(payment_id))
            found = stripe.list_refunds(payment_id, wanted, since)
            if not found.items:
                # Nothing is listed of an unknown payment, too: the look-up tells them apart.
                stripe.get_payment(payment_id)
        return RefundPage(data=found.items, next_cursor=_next(listing, found))

    def get_refund(self, refund_id: str, account: str | None = None) -> Refund:
        """The refund `re_…` as it is now. Raises RefundNotFound."""
        if not _REFUND_ID.fullmatch(refund_id):
            raise RefundNotFound("there is no such refund: ids begin with re_ or pyr_")
        with self._stripe(account) as stripe:
            return stripe.get_refund(refund_id)

    @contextmanager
    def _stripe(self, account: str | None) -> Iterator[Stripe]:
        if not self._slots.acquire(blocking=False):
            raise Busy("too many payments are in flight here; try again in a second")
        try:
            yield self._gateway.open(account)
        finally:
            self._slots.release()

    def _stripes_key(self, key: str | None, caller: str | None) -> str:
        """The key as Stripe gets it: `caller:KEY`, so that callers never meet in a key."""
        if not key:
            raise IdempotencyKeyMissing(
                "the header Idempotency-Key is missing: send one that is your own for this "
                "request, and the same one again when you repeat it"
            )
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise IdempotencyKeyInvalid(
                "the idempotency key must be 1 to 200 printable ASCII characters"
            )
        if caller:
            return f"{caller}:{key}"
        if key.startswith(self._prefixes):
            raise IdempotencyKeyInvalid(
                "the idempotency key begins as those of a named caller do: begin it otherwise"
            )
        return key


def _check_payment_id(payment_id: str) -> None:
    if not _PAYMENT_ID.fullmatch(payment_id):
        raise PaymentNotFound("there is no such payment: ids begin with pi_ or cs_")


def _is_checkout(payment_id: str) -> bool:
    return payment_id.startswith("cs_")


def _intent_id(payment: Payment) -> str:
    if payment.payment_id is None:
        raise CheckoutWithoutPayment(
            f"nobody has paid at this checkout, it is {payment.status}: there is nothing to act on"
        )
    return payment.payment_id


def _check_amount(amount: int | None, code: str | None) -> None:
    if amount is None or code is None:
        return
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise FieldsInvalid([Problem("#/amount", str(error))]) from error
    except money.UnknownCurrency:
        return  # made elsewhere, in a currency of Stripe's that has no rules here


def _position(listing: str, given: str | None) -> str | None:
    return None if given is None else paging.position(listing, given)


def _next(listing: str, found: Found[T]) -> str | None:
    return None if found.position is None else paging.cursor(listing, found.position)
