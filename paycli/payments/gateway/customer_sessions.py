"""What the use cases of customer sessions require of Stripe."""

from typing import Protocol

from paycli.models import CustomerSession, WriteResult


class CustomerSessionsApi(Protocol):
    """Customer sessions. All methods may raise StripeFailure."""

    def create(self, customer_id: str, key: str) -> WriteResult[CustomerSession]:
        """Creates a session, or returns the one created earlier in the account with the key.

        Raises CustomerNotFound.
        """
