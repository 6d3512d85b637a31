"""Saved payment methods at Stripe."""

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList, StripeModel
from paycli.adapters.stripe.params import without_none
from paycli.models import ListPaymentMethods, PaymentMethod, ResultPage, SavedCard

_CUSTOMERS = "/v1/customers"
_METHODS = "/v1/payment_methods"


class WalletObject(StripeModel):
    """The wallet that a card is in, such as Apple Pay."""

    type: str


class CardObject(StripeModel):
    """https://docs.stripe.com/api/payment_methods/object#payment_method_object-card."""

    brand: str
    last4: str | None = None
    exp_month: int
    exp_year: int
    wallet: WalletObject | None = None

    def to_saved_card(self) -> SavedCard:
        """Converts it to our model."""
        return SavedCard(
            brand=self.brand,
            last4=self.last4,
            exp_month=self.exp_month,
            exp_year=self.exp_year,
            wallet=None if self.wallet is None else self.wallet.type,
        )


class PaymentMethodObject(ApiObject):
    """https://docs.stripe.com/api/payment_methods/object; its `billing_details` are not read."""

    type: str
    card: CardObject | None = None

    def to_payment_method(self) -> PaymentMethod:
        """Converts it to our model."""
        card = None if self.card is None else self.card.to_saved_card()
        return PaymentMethod(id=self.id, type=self.type, card=card, created_at=self.created)


class StripePaymentMethods:
    """Implements `paycli.payments.gateway.payment_methods.PaymentMethodsApi`; ids are valid."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(
        self, customer_id: str, request: ListPaymentMethods, position: str | None
    ) -> ResultPage[PaymentMethod]:
        """https://docs.stripe.com/api/payment_methods/customer_list: all types."""
        found = self._calls.get(
            ObjectList[PaymentMethodObject],
            _of_customer(customer_id),
            without_none(limit=request.limit, starting_after=position),
            missing=errors.CustomerNotFound,
        )
        return ResultPage(tuple(each.to_payment_method() for each in found.data), found.position)

    def get(self, customer_id: str, payment_method_id: str) -> PaymentMethod:
        """https://docs.stripe.com/api/payment_methods/customer."""
        path = f"{_of_customer(customer_id)}/{payment_method_id}"
        missing = errors.PaymentMethodNotFound
        return self._calls.get(PaymentMethodObject, path, missing=missing).to_payment_method()

    def detach(self, payment_method_id: str) -> None:
        """https://docs.stripe.com/api/payment_methods/detach."""
        path = f"{_METHODS}/{payment_method_id}/detach"
        missing = errors.PaymentMethodNotFound
        self._calls.post_repeatable(PaymentMethodObject, path, missing=missing)


def _of_customer(customer_id: str) -> str:
    return f"{_CUSTOMERS}/{customer_id}/payment_methods"
