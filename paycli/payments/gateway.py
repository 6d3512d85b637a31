"""What the use cases need of Stripe; `paycli.adapters.stripe` implements it."""

from typing import Protocol

from paycli.models import (
    CreatePayment,
    ListPayments,
    ListRefunds,
    Payment,
    Refund,
    RefundPayment,
    ResultPage,
    UpdatePayment,
    WriteResult,
)


class PaymentsApi(Protocol):
    """PaymentIntents and Checkout Sessions. Each call may raise StripeFailure."""

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates the payment, or returns the one created before with the same key."""

    def get(self, payment_id: str) -> Payment:
        """The payment as it is now. Raises PaymentNotFound."""

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """A page of payments that begins at a position of an earlier page."""

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Changes the fields that are set in the request and nothing else."""

    def capture(self, intent_id: str, amount: int | None, key: str) -> WriteResult[Payment]:
        """Captures a PaymentIntent, all of it without an amount."""

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """Cancels a PaymentIntent, or expires a Checkout Session, which keeps no reason."""


class RefundsApi(Protocol):
    """Refunds. Each call may raise StripeFailure."""

    def create(
        self, intent_id: str, request: RefundPayment, reference: str | None, key: str
    ) -> WriteResult[Refund]:
        """Refunds a PaymentIntent, all of it without an amount."""

    def list(
        self, intent_id: str, request: ListRefunds, position: str | None
    ) -> ResultPage[Refund]:
        """A page of a PaymentIntent's refunds."""

    def get(self, refund_id: str) -> Refund:
        """The refund as it is now. Raises RefundNotFound."""


class StripeApi(Protocol):
    """Stripe for one request: all calls are for one account and end by one deadline."""

    @property
    def payments(self) -> PaymentsApi:
        """PaymentIntents and Checkout Sessions."""

    @property
    def refunds(self) -> RefundsApi:
        """Refunds."""


class Gateway(Protocol):
    """Opens Stripe for one request."""

    def open(self, account: str | None) -> StripeApi:
        """Starts the deadline; `account` is a connected account, None our own."""
