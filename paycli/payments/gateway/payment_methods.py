"""What the use cases of saved payment methods require of Stripe."""

from typing import Protocol

from paycli.models import ListPaymentMethods, PaymentMethod, ResultPage


class PaymentMethodsApi(Protocol):
    """Saved payment methods. All methods may raise StripeFailure."""

    def list(
        self, customer_id: str, request: ListPaymentMethods, position: str | None
    ) -> ResultPage[PaymentMethod]:
        """Returns a page of a customer's payment methods. Raises CustomerNotFound."""

    def get(self, customer_id: str, payment_method_id: str) -> PaymentMethod:
        """Returns a payment method of this very customer. Raises PaymentMethodNotFound."""

    def detach(self, payment_method_id: str) -> None:
        """Detaches the payment method from its customer. Raises PaymentMethodNotFound."""
