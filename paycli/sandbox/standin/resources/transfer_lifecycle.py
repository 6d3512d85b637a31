"""Transfers to connected accounts and their reversals: the objects, the books and the events.

https://docs.stripe.com/connect/separate-charges-and-transfers
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from paycli.sandbox.standin.resources import ledger
from paycli.sandbox.standin.resources.ledger import BalanceTransactionState, Entry, Party
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.resources.transferred_payments import (
    TransferredPaymentState,
    give_back,
    receive,
)
from paycli.sandbox.standin.store.objects import Json, ObjectState, RequestOrigin, Scope
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True, kw_only=True, eq=False)
class TransferReversalState(ObjectState):
    """https://docs.stripe.com/api/transfer_reversals/object."""

    TYPE = "transfer_reversal"
    EXPANDABLE = frozenset({"balance_transaction", "destination_payment_refund", "transfer"})

    transfer_id: str
    amount: int
    currency: str
    metadata: dict[str, str]
    source_refund: str | None = None
    balance_transaction: str = ""
    destination_refund: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class TransferState(ObjectState):
    """https://docs.stripe.com/api/transfers/object.

    `charge` is its `source_transaction`; `payment` is what it is in the destination's account.
    """

    TYPE = "transfer"
    URL = "/v1/transfers"
    ID_PARAM = "transfer"
    EXPANDABLE = frozenset({"balance_transaction", "destination_payment", "source_transaction"})

    amount: int
    currency: str
    destination: str
    charge: ChargeState | None
    group: str | None
    metadata: dict[str, str]
    description: str | None = None
    balance_transaction: str = ""
    payment: TransferredPaymentState | None = None
    reversals: list[TransferReversalState] = field(default_factory=list)

    @property
    def amount_reversed(self) -> int:
        """What was taken back, in minor units."""
        return sum(reversal.amount for reversal in self.reversals)

    @property
    def reversible(self) -> int:
        """What was not taken back, in minor units."""
        return self.amount - self.amount_reversed

    @property
    def subject(self) -> str | None:
        """The id of the payment that it belongs to."""
        return self.charge.intent.id if self.charge else None

    def inner_list(self, name: str) -> Sequence[ObjectState | Json] | None:
        """The reversals, newest first."""
        return self.reversals[::-1] if name == "reversals" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """What is transferred, in minor units, and of which captured charge.

    `group` labels it; Stripe labels the transfers of a charge itself. The destination pays the
    application fee from the amount.
    """

    amount: int
    currency: str
    destination: str
    charge: ChargeState | None = None
    group: str | None = None
    application_fee: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    description: str | None = None


def create(store: Store, scope: Scope, new: NewTransfer, origin: RequestOrigin) -> TransferState:
    """Moves the amount from the account of `scope` to the destination."""
    transfer = store.add(
        TransferState(
            id=store.new_id("tr_3"),
            scope=scope,
            created=store.now(),
            number=store.next_number(),
            amount=new.amount,
            currency=new.currency,
            destination=new.destination,
            charge=new.charge,
            group=group_of(new.charge) if new.charge else new.group,
            metadata=new.metadata,
            description=new.description,
        )
    )
    entry = Entry(
        kind="transfer",
        amount=-new.amount,
        currency=new.currency,
        source=transfer.id,
        party=Party.CLEARING,
    )
    transfer.balance_transaction = ledger.book(store, scope, entry).id
    transfer.payment = receive(
        store,
        Scope(new.destination, scope.livemode),
        new.amount,
        new.currency,
        transfer_id=transfer.id,
        application_fee=new.application_fee,
        available_on=_available_on(store, new.charge) if new.charge else store.now(),
    )
    store.emit("transfer.created", transfer, origin, subject=transfer.subject)
    return transfer


def reverse(
    store: Store,
    transfer: TransferState,
    amount: int,
    origin: RequestOrigin,
    *,
    source_refund: str | None = None,
    refunded_fee: int = 0,
    metadata: dict[str, str] | None = None,
) -> TransferReversalState:
    """Takes the amount back from the destination, less a part of the fee that it is refunded."""
    assert 0 < amount <= transfer.reversible
    assert transfer.payment is not None
    reversal = store.add(
        TransferReversalState(
            id=store.new_id("trr_1"),
            scope=transfer.scope,
            created=store.now(),
            number=store.next_number(),
            transfer_id=transfer.id,
            amount=amount,
            currency=transfer.currency,
            metadata=metadata or {},
            source_refund=source_refund,
        )
    )
    entry = Entry(
        kind="transfer_refund",
        amount=amount,
        currency=transfer.currency,
        source=reversal.id,
        party=Party.CLEARING,
    )
    reversal.balance_transaction = ledger.book(store, transfer.scope, entry).id
    reversal.destination_refund = give_back(
        store, transfer.payment, amount, reversal_id=reversal.id, refunded_fee=refunded_fee
    ).id
    previous = {"amount_reversed": transfer.amount_reversed}
    transfer.reversals.append(reversal)
    transfer.mark_changed()
    store.emit("transfer.reversed", transfer, origin, subject=transfer.subject, previous=previous)
    return reversal


def transferred(store: Store, charge: ChargeState) -> int:
    """What was transferred from a charge, in minor units; reversals do not count."""
    return sum(each.amount for each in store.newest_first(TransferState) if each.charge is charge)


def group_of(charge: ChargeState) -> str:
    """The transfer group of a charge that is a transfer's source; Stripe assigns one if needed.

    https://docs.stripe.com/connect/separate-charges-and-transfers#transfer-options
    """
    charge.group = charge.group or f"group_{charge.intent.id}"
    return str(charge.intent.echoed.get("transfer_group") or charge.group)


def _available_on(store: Store, charge: ChargeState) -> int:
    """The transferred amount is available when the charge's is."""
    transaction = store.objects[charge.balance_transaction or ""]
    assert isinstance(transaction, BalanceTransactionState)
    return transaction.available_on
