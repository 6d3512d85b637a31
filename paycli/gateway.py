"""What payments need of Stripe, and `paycli.adapters.stripe_api` gives."""

from typing import Protocol

from paycli.models import (
    CreatePayment,
    Found,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    UpdatePayment,
    Written,
)


class Stripe(Protocol):
    """Calls to Stripe for one account, which end by one deadline. Each may raise StripeError."""

    def create_payment(self, wanted: CreatePayment, key: str) -> Written[Payment]:
        """Creates the payment, or returns the one created before with the same key."""

    def get_payment(self, payment_id: str) -> Payment:
        """The payment as it is now; raises PaymentNotFound."""

    def list_payments(self, wanted: ListPayments, position: str | None) -> Found[Payment]:
        """A page of payments, beginning at a position of an earlier page."""

    def update_payment(self, payment_id: str, wanted: UpdatePayment, key: str) -> Written[Payment]:
        """Changes what is wanted and nothing else."""

    def capture_payment(self, payment_id: str, amount: int | None, key: str) -> Written[Payment]:
        """Captures a PaymentIntent, whole without an amount."""

    def cancel_payment(self, payment_id: str, reason: str | None, key: str) -> Written[Payment]:
        """Cancels a PaymentIntent, or expires a Checkout Session, which keeps no reason."""

    def refund_payment(
        self, payment_id: str, wanted: RefundPayment, reference: str | None, key: str
    ) -> Written[Refund]:
        """Refunds a PaymentIntent, whole without an amount."""

    def list_refunds(
        self, payment_id: str, wanted: ListRefunds, position: str | None
    ) -> Found[Refund]:
        """A page of a PaymentIntent's refunds."""

    def get_refund(self, refund_id: str) -> Refund:
        """The refund as it is now; raises RefundNotFound."""


class Gateway(Protocol):
    """The way to Stripe."""

    def open(self, account: str | None) -> Stripe:
        """Starts the time that one request has; `account` is a connected one, None our own."""
