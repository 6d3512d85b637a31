"""Payouts at Stripe, and what they pay out."""

from collections.abc import Sequence
from urllib.parse import quote

from paycli import errors
from paycli.adapters.stripe.calls import StripeCalls
from paycli.adapters.stripe.objects import ApiObject, ObjectList, SettledAmount
from paycli.adapters.stripe.params import created_range, without_none
from paycli.adapters.stripe.payout_sources import (
    CHARGES,
    EXPANDED,
    EXPANDED_OF_CHARGE,
    LineSource,
    Linked,
)
from paycli.models import (
    ListPayouts,
    ListPayoutTransactions,
    Payout,
    PayoutTransaction,
    ResultPage,
)
from paycli.models.fields import UnixTime

_PAYOUTS = "/v1/payouts"
_TRANSACTIONS = "/v1/balance_transactions"


class PayoutObject(ApiObject):
    """https://docs.stripe.com/api/payouts/object."""

    status: str
    amount: int
    currency: str
    arrival_date: UnixTime
    automatic: bool
    failure_code: str | None = None
    reconciliation_status: str | None = None

    def to_payout(self) -> Payout:
        """Converts it to our model."""
        return Payout(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            arrival_date=self.arrival_date,
            automatic=self.automatic,
            failure_code=self.failure_code,
            created_at=self.created,
        )


class BalanceTransactionObject(ApiObject, SettledAmount):
    """https://docs.stripe.com/api/balance_transactions/object; it has no metadata."""

    type: str
    amount: int
    source: Linked = None

    def is_caused_by(self, object_id: str) -> bool:
        """Whether its source is this object."""
        return self.source is not None and self.source.id == object_id

    def to_line(self) -> PayoutTransaction:
        """Converts it to our model."""
        source = self.source or LineSource()
        booking = source.booking
        return PayoutTransaction(
            id=self.id,
            type=self.type,
            amount=self.amount,
            fee=self.fee,
            net=self.net,
            currency=self.currency,
            payment_id=booking.payment_id,
            refund_id=source.id if source.object == "refund" else None,
            dispute_id=source.id if source.object == "dispute" else None,
            reference=booking.reference,
            created_at=self.created,
            available_on=self.available_on,
        )


class StripePayouts:
    """Implements `paycli.payments.gateway.PayoutsApi`; callers validate ids."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(self, request: ListPayouts, position: str | None) -> ResultPage[Payout]:
        """https://docs.stripe.com/api/payouts/list."""
        params = without_none(
            status=request.status,
            created=created_range(request.created_from, request.created_to),
            limit=request.limit,
            starting_after=position,
        )
        page = self._calls.get(ObjectList[PayoutObject], _PAYOUTS, params)
        return ResultPage(tuple(each.to_payout() for each in page.data), page.position)

    def get(self, payout_id: str) -> Payout:
        """https://docs.stripe.com/api/payouts/retrieve."""
        return self._get(payout_id).to_payout()

    def transactions(
        self, payout_id: str, request: ListPayoutTransactions, position: str | None
    ) -> ResultPage[PayoutTransaction]:
        """https://docs.stripe.com/payouts/reconciliation.

        Stripe lists the payout's own balance transactions too, which are not what it pays out. A
        page is empty only if there is no further one: it would look like the end of the list.
        """
        if position is None:  # a later page is of a payout whose first page was returned
            _check_lines(self._get(payout_id))
        kind = ObjectList[BalanceTransactionObject]
        while True:
            params = without_none(
                payout=payout_id, expand=EXPANDED, limit=request.limit, starting_after=position
            )
            page = self._calls.get(kind, _TRANSACTIONS, params, missing=errors.PayoutNotFound)
            position = page.position
            listed = [each for each in page.data if not each.is_caused_by(payout_id)]
            if listed or position is None:
                return ResultPage(self._lines(listed), position)

    def _lines(
        self, transactions: Sequence[BalanceTransactionObject]
    ) -> tuple[PayoutTransaction, ...]:
        charges: dict[str, LineSource] = {}
        return tuple(self._with_booking(each, charges).to_line() for each in transactions)

    def _with_booking(
        self, line: BalanceTransactionObject, charges: dict[str, LineSource]
    ) -> BalanceTransactionObject:
        """Returns the line with what is too deep for the list; `charges` are known ones by id."""
        charge_id = line.source.transferred_charge if line.source else None
        if line.source is None or charge_id is None:
            return line
        if charge_id not in charges:
            path = f"{CHARGES}/{quote(charge_id, safe='')}"
            charges[charge_id] = self._calls.get(LineSource, path, {"expand": EXPANDED_OF_CHARGE})
        source = line.source.model_copy(update={"charge": charges[charge_id]})
        return line.model_copy(update={"source": source})

    def _get(self, payout_id: str) -> PayoutObject:
        path = f"{_PAYOUTS}/{payout_id}"
        return self._calls.get(PayoutObject, path, missing=errors.PayoutNotFound)


def _check_lines(payout: PayoutObject) -> None:
    """Raises PayoutNotAutomatic, PayoutNotReconciled if Stripe has not, or not yet, its lines."""
    if not payout.automatic:
        raise errors.PayoutNotAutomatic(
            "this payout was made by hand, and Stripe does not know what it pays out: only "
            "automatic payouts have lines"
        )
    if payout.reconciliation_status == "in_progress":
        raise errors.PayoutNotReconciled(
            "Stripe is still assigning what this payout pays out: retry after the event "
            "PayoutReconciledEvent"
        )
