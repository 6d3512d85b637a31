"""What the use cases of transfers require of Stripe."""

from typing import Protocol

from paycli.models import (
    CreateTransfer,
    ListTransfers,
    ResultPage,
    ReverseTransfer,
    Transfer,
    TransferReversal,
    TransferSource,
    TransferTerms,
    WriteResult,
)


class TransfersApi(Protocol):
    """Transfers. All methods may raise StripeFailure."""

    def source(self, intent_id: str) -> TransferSource | None:
        """Returns the charge of a PaymentIntent; None before there is one.

        Raises PaymentNotFound.
        """

    def create(
        self,
        source: TransferSource,
        request: CreateTransfer,
        currency: str,
        reference: str | None,
        key: str,
    ) -> WriteResult[Transfer]:
        """Transfers a part of a charge."""

    def list(
        self, source: TransferSource, request: ListTransfers, position: str | None
    ) -> ResultPage[Transfer]:
        """Returns a page of a charge's transfers, which can have fewer than the limit."""

    def terms(self, transfer_id: str) -> TransferTerms:
        """Returns what does not change of a transfer. Raises TransferNotFound."""

    def reverse(
        self, transfer_id: str, request: ReverseTransfer, key: str
    ) -> WriteResult[TransferReversal]:
        """Takes a transfer back; in full if the request has no amount. Raises TransferNotFound."""
