"""The balance of an account at Stripe."""

from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import StripeModel
from paycli.models import Balance, BalanceAmount


class BalanceAmountObject(StripeModel):
    """https://docs.stripe.com/api/balance/balance_object#balance_object-available."""

    amount: int
    currency: str

    def to_amount(self) -> BalanceAmount:
        """Converts it to our model."""
        return BalanceAmount(currency=self.currency, amount=self.amount)


class BalanceObject(StripeModel):
    """https://docs.stripe.com/api/balance/balance_object."""

    available: list[BalanceAmountObject]
    pending: list[BalanceAmountObject]


class StripeBalance:
    """Implements `paycli.payments.gateway.BalanceApi`."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def get(self) -> Balance:
        """https://docs.stripe.com/api/balance/balance_retrieve."""
        balance = self._calls.get(BalanceObject, "/v1/balance")
        return Balance(
            available=tuple(each.to_amount() for each in balance.available),
            pending=tuple(each.to_amount() for each in balance.pending),
        )
