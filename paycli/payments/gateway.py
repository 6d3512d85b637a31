"""The interface to Stripe that the use cases require; `paycli.adapters.stripe` implements it."""

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
    """PaymentIntents and Checkout Sessions. All methods may raise StripeFailure."""

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates the payment, or returns the one created earlier in the account with the key."""

    def get(self, payment_id: str) -> Payment:
        """Returns the current payment. Raises PaymentNotFound."""

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Returns a page of payments, from the `position` of the previous page."""

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Updates only the fields that are set in the request."""

    def capture(self, intent_id: str, amount: int | None, key: str) -> WriteResult[Payment]:
        """Captures a PaymentIntent; in full if `amount` is None."""

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """Cancels a PaymentIntent, or expires a Checkout Session, which ignores the reason."""


class RefundsApi(Protocol):
    """Refunds. All methods may raise StripeFailure."""

    def create(
        self, intent_id: str, request: RefundPayment, reference: str | None, key: str
    ) -> WriteResult[Refund]:
        """Refunds a PaymentIntent; in full if the request has no amount."""

    def list(
        self, intent_id: str, request: ListRefunds, position: str | None
    ) -> ResultPage[Refund]:
        """Returns a page of a PaymentIntent's refunds."""

    def get(self, refund_id: str) -> Refund:
        """Returns the current refund. Raises RefundNotFound."""


class StripeApi(Protocol):
    """Stripe for one request: all calls use the same account and share one deadline."""

    @property
    def payments(self) -> PaymentsApi:
        """PaymentIntents and Checkout Sessions."""

    @property
    def refunds(self) -> RefundsApi:
        """Refunds."""


class Gateway(Protocol):
    """Opens Stripe for one request."""

    def open(self, account: str | None) -> StripeApi:
        """Starts the deadline and returns Stripe; `account` is a connected account or None."""
