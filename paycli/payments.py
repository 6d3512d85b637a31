"""What callers do with payments. Stripe holds them; nothing is kept here."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from paycli.errors import Busy, IdempotencyKeyInvalid, IdempotencyKeyMissing, PaymentNotFound
from paycli.models import CreatedPayment, CreatePayment, Payment

# The id goes into the path of a request to Stripe, so nothing else may.
_PAYMENT_ID = re.compile(r"(pi|cs)_[A-Za-z0-9_]{1,250}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)


class Gateway(Protocol):
    """Stripe, as far as payments need it. Every call may raise StripeError."""

    def create_payment(self, wanted: CreatePayment, idempotency_key: str) -> CreatedPayment:
        """Creates the payment, or returns the one created before with the same key."""

    def get_payment(self, payment_id: str) -> Payment:
        """The payment as it is now; raises PaymentNotFound."""


class Payments:
    """The use cases; at most `max_in_flight` calls to Stripe at a time, more raise Busy at once."""

    def __init__(self, gateway: Gateway, max_in_flight: int) -> None:
        self._gateway = gateway
        self._slots = threading.BoundedSemaphore(max_in_flight)

    def create(
        self, wanted: CreatePayment, idempotency_key: str | None, caller: str | None = None
    ) -> CreatedPayment:
        """Creates one payment for the key, however often and from however many places it is asked.

        `caller` is the name of an internal caller, None without one. Raises IdempotencyKeyMissing,
        IdempotencyKeyInvalid, Busy, StripeError.
        """
        key = stripe_idempotency_key(idempotency_key, caller)
        with self._slot():
            return self._gateway.create_payment(wanted, key)

    def get(self, payment_id: str) -> Payment:
        """The payment `pi_…` or `cs_…` as it is now. Raises PaymentNotFound, Busy, StripeError."""
        if not _PAYMENT_ID.fullmatch(payment_id):
            raise PaymentNotFound("there is no such payment: ids begin with pi_ or cs_")
        with self._slot():
            return self._gateway.get_payment(payment_id)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise Busy("too many payments are in flight here; try again in a second")
        try:
            yield
        finally:
            self._slots.release()


def stripe_idempotency_key(key: str | None, caller: str | None) -> str:
    """The key as Stripe gets it: `caller:KEY`, so that named callers never share keys."""
    if not key:
        raise IdempotencyKeyMissing(
            "the header Idempotency-Key is missing: send one that is your own for this payment, "
            "and the same one again when you repeat the request"
        )
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise IdempotencyKeyInvalid(
            "the idempotency key must be 1 to 200 printable ASCII characters"
        )
    return f"{caller}:{key}" if caller else key
