"""The use case of the balance: get it."""

from paycli.models import Balance
from paycli.payments.access import Access


class Balances:
    """The balances of accounts at Stripe. May raise Busy and StripeFailure."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def get(self, account: str | None = None) -> Balance:
        """Returns the current balance of an account, None for our own."""
        with self._access.stripe(account) as stripe:
            return stripe.balance.get()
