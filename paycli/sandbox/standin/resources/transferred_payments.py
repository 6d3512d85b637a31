"""What a transfer is to the account that receives it: a payment, and refunds of it.

https://docs.stripe.com/api/transfers/object#transfer_object-destination_payment
"""

from dataclasses import dataclass

from paycli.sandbox.standin.resources import ledger
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.ledger import Entry, Party
from paycli.sandbox.standin.store.objects import JsonObjectState, Scope
from paycli.sandbox.standin.store.store import Store


@dataclass(slots=True, kw_only=True, eq=False)
class TransferredPaymentState(JsonObjectState):
    """A charge with an id `py_…`, whose `source_transfer` created it."""

    TYPE = "charge"
    URL = "/v1/charges"
    EXPANDABLE = frozenset({"application_fee", "balance_transaction", "source_transfer"})


@dataclass(slots=True, kw_only=True, eq=False)
class TransferredRefundState(JsonObjectState):
    """A refund with an id `pyr_…`, whose `source_transfer_reversal` created it."""

    TYPE = "refund"
    URL = "/v1/refunds"
    EXPANDABLE = frozenset({"balance_transaction", "charge"})


def receive(
    store: Store,
    scope: Scope,
    amount: int,
    currency: str,
    *,
    transfer_id: str,
    application_fee: int,
    available_on: int,
) -> TransferredPaymentState:
    """Adds the payment to the account of `scope`, less the application fee."""
    payment = add_example(
        store,
        TransferredPaymentState,
        "py_1",
        scope,
        {
            "amount": amount,
            "amount_captured": amount,
            "application_fee_amount": application_fee or None,
            "captured": True,
            "currency": currency,
            "paid": True,
            "payment_intent": None,
            "payment_method": None,
            "payment_method_details": None,
            "refunds": None,
            "shipping": None,
            "source": None,
            "source_transfer": transfer_id,
            "status": "succeeded",
            "transfer_data": None,
        },
    )
    entry = Entry(
        kind="payment",
        amount=amount,
        currency=currency,
        source=payment.id,
        party=Party.CLEARING,
        fees={"application_fee": application_fee},
        available_on=available_on,
    )
    payment.json["balance_transaction"] = ledger.book(store, scope, entry).id
    return payment


def give_back(
    store: Store,
    payment: TransferredPaymentState,
    amount: int,
    *,
    reversal_id: str,
    refunded_fee: int,
) -> TransferredRefundState:
    """Takes the amount back from the account, less the application fee that it is refunded."""
    currency = str(payment.json["currency"])
    refund = add_example(
        store,
        TransferredRefundState,
        "pyr_1",
        payment.scope,
        {
            "amount": amount,
            "charge": payment.id,
            "currency": currency,
            "payment_intent": None,
            "source_transfer_reversal": reversal_id,
            "status": "succeeded",
        },
    )
    entry = Entry(
        kind="payment_refund",
        amount=-amount,
        currency=currency,
        source=refund.id,
        party=Party.CLEARING,
        fees={"application_fee": -refunded_fee},
    )
    refund.json["balance_transaction"] = ledger.book(store, payment.scope, entry).id
    refunded = int(str(payment.json["amount_refunded"])) + amount
    payment.json["amount_refunded"] = refunded
    payment.json["refunded"] = refunded == payment.json["amount"]
    payment.mark_changed()
    return refund
