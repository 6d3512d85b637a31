"""What the use cases of payouts require of Stripe."""

from typing import Protocol

from paycli.models import (
    ListPayouts,
    ListPayoutTransactions,
    Payout,
    PayoutTransaction,
    ResultPage,
)


class PayoutsApi(Protocol):
    """Payouts. All methods may raise StripeFailure."""

    def list(self, request: ListPayouts, position: str | None) -> ResultPage[Payout]:
        """Returns a page of payouts, newest first."""

    def get(self, payout_id: str) -> Payout:
        """Returns the current payout. Raises PayoutNotFound."""

    def transactions(
        self, payout_id: str, request: ListPayoutTransactions, position: str | None
    ) -> ResultPage[PayoutTransaction]:
        """Returns a page of a payout's lines, which can have fewer than the limit.

        Raises PayoutNotFound, PayoutNotAutomatic, PayoutNotReconciled.
        """
