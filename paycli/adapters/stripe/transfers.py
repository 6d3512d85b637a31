"""Transfers at Stripe."""

from pydantic import Field

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, Id, ObjectList, StripeModel
from paycli.adapters.stripe.params import reference_metadata, without_none
from paycli.adapters.stripe.payments.intents import INTENTS
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

_TRANSFERS = "/v1/transfers"


class ChargeOfTransfers(StripeModel):
    """https://docs.stripe.com/api/charges/object."""

    id: str
    transfer_group: str | None = None


class ChargedIntent(StripeModel):
    """A PaymentIntent with its charge. https://docs.stripe.com/api/payment_intents/object."""

    latest_charge: ChargeOfTransfers | None = None


class TransferTermsObject(StripeModel):
    """What does not change of a transfer: https://docs.stripe.com/api/transfers/object."""

    currency: str
    destination: Id | None = None


class TransferObject(ApiObject, TransferTermsObject):
    """https://docs.stripe.com/api/transfers/object."""

    amount: int
    amount_reversed: int
    charge_id: Id | None = Field(default=None, alias="source_transaction")
    transfer_group: str | None = None

    def to_transfer(self, payment_id: str) -> Transfer:
        """Converts it to our model; it comes from this payment."""
        return Transfer(
            id=self.id,
            amount=self.amount,
            amount_reversed=self.amount_reversed,
            currency=self.currency,
            destination=self.destination,
            payment_id=payment_id,
            transfer_group=self.transfer_group,
            reference=self.reference,
            metadata=self.caller_metadata,
            created_at=self.created,
        )


class TransferReversalObject(ApiObject):
    """https://docs.stripe.com/api/transfer_reversals/object."""

    amount: int
    currency: str
    transfer: Id


class StripeTransfers:
    """Implements `paycli.payments.gateway.TransfersApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def source(self, intent_id: str) -> TransferSource | None:
        """https://docs.stripe.com/api/payment_intents/retrieve."""
        path, expanded = f"{INTENTS}/{intent_id}", {"expand": ["latest_charge"]}
        missing = errors.PaymentNotFound
        charge = self._calls.get(ChargedIntent, path, expanded, missing=missing).latest_charge
        return TransferSource(intent_id, charge.id, charge.transfer_group) if charge else None

    def create(
        self,
        source: TransferSource,
        request: CreateTransfer,
        currency: str,
        reference: str | None,
        key: str,
    ) -> WriteResult[Transfer]:
        """https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-availability."""
        params = without_none(
            amount=request.amount,
            currency=currency,
            destination=request.destination,
            source_transaction=source.charge_id,
            metadata={**request.metadata, **reference_metadata(reference)} or None,
        )
        response = self._calls.post(TransferObject, _TRANSFERS, params, key)
        return WriteResult(response.data.to_transfer(source.payment_id), response.replayed)

    def list(
        self, source: TransferSource, request: ListTransfers, position: str | None
    ) -> ResultPage[Transfer]:
        """Lists the transfers of the charge's group, in which others of the same label can be.

        Stripe cannot list the transfers of a charge: https://docs.stripe.com/api/transfers/list.
        """
        if source.group is None:
            return ResultPage((), None)
        while True:
            params = without_none(
                transfer_group=source.group, limit=request.limit, starting_after=position
            )
            page = self._calls.get(ObjectList[TransferObject], _TRANSFERS, params)
            own = [each for each in page.data if each.charge_id == source.charge_id]
            position = page.position
            # An empty page would look like the end of the list.
            if own or position is None:
                transfers = tuple(each.to_transfer(source.payment_id) for each in own)
                return ResultPage(transfers, position)

    def terms(self, transfer_id: str) -> TransferTerms:
        """https://docs.stripe.com/api/transfers/retrieve."""
        path = f"{_TRANSFERS}/{transfer_id}"
        transfer = self._calls.get(TransferTermsObject, path, missing=errors.TransferNotFound)
        return TransferTerms(transfer.destination, transfer.currency)

    def reverse(
        self, transfer_id: str, request: ReverseTransfer, key: str
    ) -> WriteResult[TransferReversal]:
        """https://docs.stripe.com/api/transfer_reversals/create."""
        response = self._calls.post(
            TransferReversalObject,
            f"{_TRANSFERS}/{transfer_id}/reversals",
            without_none(amount=request.amount, metadata=request.metadata or None),
            key,
            missing=errors.TransferNotFound,
        )
        reversal = response.data
        result = TransferReversal(
            id=reversal.id,
            transfer_id=reversal.transfer,
            amount=reversal.amount,
            currency=reversal.currency,
            created_at=reversal.created,
        )
        return WriteResult(result, response.replayed)
