"""What the use cases of refunds require of Stripe."""

from typing import Protocol

from paycli.models import ListRefunds, Refund, RefundPayment, ResultPage, WriteResult


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
