"""What the use case of the balance requires of Stripe."""

from typing import Protocol

from paycli.models import Balance


class BalanceApi(Protocol):
    """The balance. All methods may raise StripeFailure."""

    def get(self) -> Balance:
        """Returns the current balance of the account."""
