"""What the use cases of setups require of Stripe."""

from typing import Protocol

from paycli.models import CreateSetup, ListSetups, ResultPage, Setup, WriteResult


class SetupsApi(Protocol):
    """SetupIntents, and Checkout Sessions that save a card. All methods may raise StripeFailure."""

    def create(self, request: CreateSetup, key: str) -> WriteResult[Setup]:
        """Creates the setup, or returns the one created earlier in the account with the key."""

    def get(self, setup_id: str) -> Setup:
        """Returns the current setup. Raises SetupNotFound, also for a Session of a payment."""

    def list(self, request: ListSetups, position: str | None) -> ResultPage[Setup]:
        """Returns a page of SetupIntents, from the `position` of the previous page."""

    def cancel(self, setup_id: str, reason: str | None, key: str) -> WriteResult[Setup]:
        """Cancels a SetupIntent, or expires a Checkout Session, which ignores the reason.

        Raises SetupNotFound, also for a Session of a payment.
        """
