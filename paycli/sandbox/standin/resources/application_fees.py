"""Application fees, what a platform takes: https://docs.stripe.com/api/application_fees."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.resources import ledger
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.ledger import Entry, Party
from paycli.sandbox.standin.store.objects import Json, ObjectState, RequestOrigin, Scope
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

LIST_FEES: Schema = {**LIST, "charge": text(), "created": params.timestamps}
_EXAMPLE = example("application_fee")
_REFUND_EXAMPLE = example("fee_refund")


@dataclass(slots=True, kw_only=True, eq=False)
class FeeRefundState(ObjectState):
    """https://docs.stripe.com/api/fee_refunds/object."""

    TYPE = "fee_refund"
    EXPANDABLE = frozenset({"balance_transaction", "fee"})

    fee_id: str
    amount: int
    currency: str
    balance_transaction: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class ApplicationFeeState(ObjectState):
    """https://docs.stripe.com/api/application_fees/object.

    `account` paid it, of its `charge`; `originating_charge` is the platform's, of which the amount
    was transferred.
    """

    TYPE = "application_fee"
    URL = "/v1/application_fees"
    EXPANDABLE = frozenset({"balance_transaction", "charge", "originating_transaction"})

    account: str
    amount: int
    currency: str
    charge: str
    originating_charge: str | None
    balance_transaction: str = ""
    refunds: list[FeeRefundState] = field(default_factory=list)

    @property
    def amount_refunded(self) -> int:
        """What was given back, in minor units."""
        return sum(refund.amount for refund in self.refunds)

    def inner_list(self, name: str) -> Sequence[ObjectState | Json] | None:
        """The refunds, newest first."""
        return self.refunds[::-1] if name == "refunds" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFee:
    """What a platform takes of a charge, in minor units, and who pays it."""

    amount: int
    charge: str
    account: str
    originating_charge: str | None = None


def collect(
    store: Store, scope: Scope, new: NewFee, currency: str, available_on: int
) -> ApplicationFeeState:
    """Adds the fee to the platform's account, that of `scope`; the payer's side is booked there."""
    fee = store.add(
        ApplicationFeeState(
            id=store.new_id("fee_1"),
            scope=scope,
            created=store.now(),
            number=store.next_number(),
            account=new.account,
            amount=new.amount,
            currency=currency,
            charge=new.charge,
            originating_charge=new.originating_charge,
        )
    )
    entry = Entry(
        kind="application_fee",
        amount=new.amount,
        currency=currency,
        source=fee.id,
        party=Party.CLEARING,
        available_on=available_on,
    )
    fee.balance_transaction = ledger.book(store, scope, entry).id
    return fee


def refund(
    store: Store,
    fee: ApplicationFeeState,
    amount: int,
    origin: RequestOrigin,
    *,
    subject: str | None = None,
) -> None:
    """Takes the amount from the platform; the payer's side is booked there."""
    assert 0 < amount <= fee.amount - fee.amount_refunded
    fee_refund = store.add(
        FeeRefundState(
            id=store.new_id("fr_1"),
            scope=fee.scope,
            created=store.now(),
            number=store.next_number(),
            fee_id=fee.id,
            amount=amount,
            currency=fee.currency,
        )
    )
    entry = Entry(
        kind="application_fee_refund",
        amount=-amount,
        currency=fee.currency,
        source=fee_refund.id,
        party=Party.CLEARING,
    )
    fee_refund.balance_transaction = ledger.book(store, fee.scope, entry).id
    previous = {"amount_refunded": fee.amount_refunded}
    fee.refunds.append(fee_refund)
    fee.mark_changed()
    store.emit("application_fee.refunded", fee, origin, subject=subject, previous=previous)


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/application_fees/retrieve."""
    return call.find(ApplicationFeeState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/application_fees/list."""
    charge = call.params.text("charge")
    return list_page(
        call,
        ApplicationFeeState,
        lambda fee: charge in (None, fee.charge, fee.originating_charge),
    )


@as_json.register
def application_fee_json(fee: ApplicationFeeState) -> Json:
    """An ApplicationFee."""
    return {
        **_EXAMPLE,
        "account": fee.account,
        "amount": fee.amount,
        "amount_refunded": fee.amount_refunded,
        "balance_transaction": fee.balance_transaction,
        "charge": fee.charge,
        "created": fee.created,
        "currency": fee.currency,
        "fee_source": {"charge": fee.charge, "type": "charge"},
        "id": fee.id,
        "livemode": fee.scope.livemode,
        "originating_transaction": fee.originating_charge,
        "refunded": fee.amount_refunded == fee.amount,
        "refunds": {
            "data": [as_json(each) for each in fee.refunds[::-1]],
            "has_more": False,
            "object": "list",
            "url": f"{ApplicationFeeState.URL}/{fee.id}/refunds",
        },
    }


@as_json.register
def fee_refund_json(refund: FeeRefundState) -> Json:
    """A FeeRefund."""
    return {
        **_REFUND_EXAMPLE,
        "amount": refund.amount,
        "balance_transaction": refund.balance_transaction,
        "created": refund.created,
        "currency": refund.currency,
        "fee": refund.fee_id,
        "id": refund.id,
    }


ROUTES: Routes = {
    ("GET", ApplicationFeeState.URL): ApiRoute(list_, LIST_FEES),
    ("GET", f"{ApplicationFeeState.URL}/{{id}}"): ApiRoute(get),
}
