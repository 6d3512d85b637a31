"""What a charge, its refunds and its failures do to the balances of all who share it.

https://docs.stripe.com/connect/destination-charges, https://docs.stripe.com/connect/direct-charges
"""

from collections.abc import Sequence
from typing import NamedTuple

from paycli.sandbox.standin.resources import application_fees, ledger, transfer_lifecycle
from paycli.sandbox.standin.resources.application_fees import ApplicationFeeState, NewFee
from paycli.sandbox.standin.resources.ledger import Entry, Party
from paycli.sandbox.standin.resources.payment_objects import ChargeState, RefundState
from paycli.sandbox.standin.resources.transfer_lifecycle import NewTransfer, TransferState
from paycli.sandbox.standin.store.objects import RequestOrigin, Scope
from paycli.sandbox.standin.store.store import OWN_ACCOUNT, AnyState, Store


class Shares(NamedTuple):
    """What the others give back of a refunded amount; by default the charged account pays it."""

    reverse_transfer: bool = False
    refund_application_fee: bool = False


KEEP_SHARES = Shares()


def capture(store: Store, charge: ChargeState, amount: int, origin: RequestOrigin) -> None:
    """Books a captured amount: the charge, and the shares of its destination and the platform.

    A destination receives all of it, and pays the application fee from that.
    """
    intent = charge.intent
    shared = intent.echoed.get("transfer_data")
    # https://docs.stripe.com/api/payment_intents/capture caps the fee at what is captured.
    fee = min(amount, int(str(intent.echoed.get("application_fee_amount") or 0)))
    entry = Entry(
        kind=_kind(charge, "charge", "payment"),
        amount=amount,
        currency=intent.currency,
        source=charge.id,
        party=Party.CUSTOMERS,
        fees={
            "stripe_fee": ledger.stripe_fee(amount),
            "application_fee": 0 if shared else fee,
        },
        available_on=ledger.settlement_time(store),
    )
    transaction = ledger.book(store, charge.scope, entry)
    charge.balance_transaction = charge.balance_transaction or transaction.id
    if isinstance(shared, dict):
        _transfer(store, charge, amount, str(shared["destination"]), fee, origin)
    elif fee:
        platform = Scope(OWN_ACCOUNT, charge.scope.livemode)
        collected = NewFee(amount=fee, charge=charge.id, account=charge.scope.account)
        _collect(store, platform, charge, collected, origin)


def _transfer(
    store: Store,
    charge: ChargeState,
    amount: int,
    destination: str,
    fee: int,
    origin: RequestOrigin,
) -> None:
    intent = charge.intent
    new = NewTransfer(
        amount=amount,
        currency=intent.currency,
        destination=destination,
        charge=charge,
        application_fee=fee,
    )
    transfer = transfer_lifecycle.create(store, charge.scope, new, origin)
    charge.transfers.append(transfer.id)
    intent.echoed["transfer_group"] = transfer.group
    intent.mark_changed()
    if fee:
        assert transfer.payment is not None
        collected = NewFee(
            amount=fee,
            charge=transfer.payment.id,
            account=destination,
            originating_charge=charge.id,
        )
        _collect(store, charge.scope, charge, collected, origin)


def _collect(
    store: Store, platform: Scope, charge: ChargeState, new: NewFee, origin: RequestOrigin
) -> None:
    currency, available = charge.intent.currency, ledger.settlement_time(store)
    fee = application_fees.collect(store, platform, new, currency, available)
    charge.application_fees.append(fee.id)
    store.emit("application_fee.created", fee, origin, subject=charge.intent.id)


def refund(store: Store, refund: RefundState, shares: Shares, origin: RequestOrigin) -> None:
    """Books a refund, which is already one of the charge's.

    The transfer is reversed, and the fee refunded, in proportion to the refunded amount.
    """
    charge = refund.charge
    refunded_fee = _refunded_fee(store, refund) if shares.refund_application_fee else 0
    transfers = _newest_first(store, charge.transfers, TransferState)
    entry = Entry(
        kind=_kind(charge, "refund", "payment_refund"),
        amount=-refund.amount,
        currency=charge.intent.currency,
        source=refund.id,
        party=Party.CUSTOMERS,
        fees={} if transfers else {"application_fee": -refunded_fee},
    )
    refund.balance_transaction = ledger.book(store, charge.scope, entry).id
    if shares.reverse_transfer:
        _reverse(store, refund, transfers, refunded_fee, origin)
    elif transfers and refunded_fee:
        _return_fee(store, transfers[0], refunded_fee)
    refund.mark_changed()
    for fee in _newest_first(store, charge.application_fees, ApplicationFeeState):
        part = min(refunded_fee, fee.amount - fee.amount_refunded)
        refunded_fee -= part
        if part:
            application_fees.refund(store, fee, part, origin, subject=charge.intent.id)


def _refunded_fee(store: Store, refund: RefundState) -> int:
    """The part of the fee that belongs to the refunded amount."""
    charge = refund.charge
    fees = _newest_first(store, charge.application_fees, ApplicationFeeState)
    total = sum(fee.amount for fee in fees)
    # Of all such refunds together, so that the last one leaves nothing.
    refund.returns_fee = True
    refunded = sum(each.amount for each in charge.refunds if each.returns_fee)
    share = min(total, total * refunded // charge.amount_captured)
    return max(0, share - sum(fee.amount_refunded for fee in fees))


def _reverse(
    store: Store,
    refund: RefundState,
    transfers: Sequence[TransferState],
    refunded_fee: int,
    origin: RequestOrigin,
) -> None:
    """Takes the refunded amount back from the destination, which gets its fee back with it."""
    left = refund.amount
    for transfer in transfers:
        amount = min(left, transfer.reversible)
        left -= amount
        if amount:
            refund.transfer_reversal = transfer_lifecycle.reverse(
                store,
                transfer,
                amount,
                origin,
                source_refund=refund.id,
                refunded_fee=refunded_fee,
            ).id
            refunded_fee = 0
    if refunded_fee and transfers:  # the transfers had been reversed before
        _return_fee(store, transfers[0], refunded_fee)


def return_refund(store: Store, refund: RefundState) -> None:
    """Books a refund that failed: the amount is back in the account that refunded it.

    Its transfer reversal and fee refund stay. https://docs.stripe.com/refunds#failed-refunds
    """
    entry = Entry(
        kind="refund_failure",
        amount=refund.amount,
        currency=refund.charge.intent.currency,
        source=refund.id,
        party=Party.CUSTOMERS,
    )
    ledger.book(store, refund.scope, entry)


def withdraw(store: Store, scope: Scope, dispute_id: str, amount: int, currency: str) -> str:
    """Books a dispute that was opened; returns the balance transaction's id.

    https://docs.stripe.com/disputes/how-disputes-work: the amount and a fee are withdrawn at once.
    """
    entry = Entry(
        kind="adjustment",
        category="dispute",
        amount=-amount,
        currency=currency,
        source=dispute_id,
        party=Party.CUSTOMERS,
        fees={"stripe_fee": ledger.DISPUTE_FEE},
    )
    return ledger.book(store, scope, entry).id


def reinstate(store: Store, scope: Scope, dispute_id: str, amount: int, currency: str) -> str:
    """Books a dispute that was won; returns the balance transaction's id. The fee stays paid."""
    entry = Entry(
        kind="adjustment",
        category="dispute_reversal",
        amount=amount,
        currency=currency,
        source=dispute_id,
        party=Party.CUSTOMERS,
    )
    return ledger.book(store, scope, entry).id


def _return_fee(store: Store, transfer: TransferState, amount: int) -> None:
    """The destination gets back a part of its fee, but keeps what was transferred."""
    assert transfer.payment is not None
    entry = Entry(
        kind="adjustment",
        category="platform_earning_refund",
        amount=amount,
        currency=transfer.currency,
        source=transfer.payment.id,
        party=Party.CLEARING,
    )
    ledger.book(store, transfer.payment.scope, entry)


def _newest_first(store: Store, ids: Sequence[str], kind: type[AnyState]) -> list[AnyState]:
    found = (store.objects[object_id] for object_id in reversed(ids))
    return [state for state in found if isinstance(state, kind)]


def _kind(charge: ChargeState, card: str, other: str) -> str:
    return card if charge.method.test.type == "card" else other
