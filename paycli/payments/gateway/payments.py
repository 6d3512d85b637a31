"""What the use cases of payments require of Stripe."""

from typing import Protocol

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


class PaymentsApi(Protocol):
    """PaymentIntents and Checkout Sessions. All methods may raise StripeFailure."""

    def create(self, request: CreatePayment, key: str) -> WriteResult[Payment]:
        """Creates the payment, or returns the one created earlier in the account with the key."""

    def get(self, payment_id: str) -> Payment:
        """Returns the current payment. Raises PaymentNotFound."""

    def get_with_charge(self, payment_id: str) -> PaymentWithCharge:
        """Returns the current payment with its charge. Raises PaymentNotFound."""

    def list(self, request: ListPayments, position: str | None) -> ResultPage[Payment]:
        """Returns a page of payments, from the `position` of the previous page."""

    def update(self, payment_id: str, request: UpdatePayment, key: str) -> WriteResult[Payment]:
        """Updates only the fields that are set in the request."""

    def increment(
        self, intent_id: str, request: IncrementPayment, key: str
    ) -> WriteResult[Payment]:
        """Increases the held amount of a PaymentIntent."""

    def capture(self, intent_id: str, request: CapturePayment, key: str) -> WriteResult[Payment]:
        """Captures a PaymentIntent; all that is held if the request has no amount."""

    def cancel(self, payment_id: str, reason: str | None, key: str) -> WriteResult[Payment]:
        """Cancels a PaymentIntent, or expires a Checkout Session, which ignores the reason."""
