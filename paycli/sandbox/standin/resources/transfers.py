"""Transfers: https://docs.stripe.com/api/transfers."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    no_such_reference,
)
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, integer, merge_metadata, text
from paycli.sandbox.standin.resources import holds, ledger, transfer_lifecycle
from paycli.sandbox.standin.resources.accounts import ACCOUNT_ID
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.resources.transfer_lifecycle import (
    NewTransfer,
    TransferReversalState,
    TransferState,
)
from paycli.sandbox.standin.store.objects import Json, ObjectState, Scope
from paycli.sandbox.standin.store.rendering import as_json, id_of

CREATE: Schema = {
    "amount": integer(1),
    "currency": params.currency,
    "description": text(),
    "destination": text(),
    "metadata": params.metadata,
    "source_transaction": text(),
    "transfer_group": text(),
}
REVERSE: Schema = {
    "amount": integer(1),
    "metadata": params.metadata,
}
LIST_TRANSFERS: Schema = {
    **LIST,
    "created": params.timestamps,
    "destination": text(),
    "transfer_group": text(),
}
_EXAMPLE = example("transfer")
_REVERSAL_EXAMPLE = example("transfer_reversal")


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/transfers/create."""
    asked, store, scope = call.params, call.store, call.scope
    amount, currency = asked.number("amount"), asked.text("currency")
    destination = asked.text("destination") or ""
    if amount is None or currency is None:
        raise invalid_param("amount", "Missing required param: amount.", "parameter_missing")
    if not ACCOUNT_ID.fullmatch(destination) or destination == scope.account:
        raise no_such_reference("destination", destination, "destination")
    charge = _source(call, currency)
    if charge is None:
        _check_balance(call, scope, amount, currency)
    else:
        transferred = transfer_lifecycle.transferred(store, charge)
        if transferred + amount > charge.amount_captured:
            message = (
                "Transfers using this transaction as a source must not exceed the source amount "
                f"of {charge.amount_captured}. (There are already {transferred} transferred.)"
            )
            raise StripeErrorResponse(message, param="amount", stored=True)
    new = NewTransfer(
        amount=amount,
        currency=currency,
        destination=destination,
        charge=charge,
        group=asked.text("transfer_group"),
        metadata=merge_metadata({}, asked.metadata()),
        description=asked.text("description"),
    )
    return transfer_lifecycle.create(store, scope, new, call.origin)


def reverse(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/transfer_reversals/create."""
    transfer = call.find(TransferState)
    amount = call.params.number("amount")
    amount = transfer.reversible if amount is None else amount
    if transfer.reversible == 0:
        message = f"Transfer {transfer.id} has already been fully reversed."
        raise StripeErrorResponse(message, stored=True)
    if amount > transfer.reversible:
        message = (
            f"Transfer reversal amount ({amount}) is greater than unreversed amount of the "
            f"transfer ({transfer.reversible})."
        )
        raise StripeErrorResponse(message, param="amount", stored=True)
    destination = Scope(transfer.destination, call.scope.livemode)
    _check_balance(call, destination, amount, transfer.currency)
    metadata = merge_metadata({}, call.params.metadata())
    return transfer_lifecycle.reverse(call.store, transfer, amount, call.origin, metadata=metadata)


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/transfers/retrieve."""
    return call.find(TransferState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/transfers/list."""
    group, destination = call.params.text("transfer_group"), call.params.text("destination")
    return list_page(
        call,
        TransferState,
        lambda each: group in (None, each.group) and destination in (None, each.destination),
    )


def _source(call: ApiCall, currency: str) -> ChargeState | None:
    charge_id = call.params.text("source_transaction")
    if charge_id is None:
        return None
    charge = call.store.find(ChargeState, charge_id, call.scope)
    if charge is None:
        raise no_such_reference("charge", charge_id, "source_transaction")
    if holds.MULTICAPTURE in charge.granted:
        # https://docs.stripe.com/payments/multicapture#availability
        message = "Charges with multicapture cannot be used as a source_transaction."
        raise StripeErrorResponse(message, param="source_transaction", stored=True)
    if not charge.captured or charge.status != "succeeded":
        message = (
            f"The charge {charge_id} has not succeeded, so nothing can be transferred from it."
        )
        raise StripeErrorResponse(message, param="source_transaction", stored=True)
    if currency != charge.intent.currency:
        message = (
            f"The currency of source_transaction's balance transaction ({charge.intent.currency}) "
            f"must be the same as the transfer currency ({currency})"
        )
        raise StripeErrorResponse(message, param="currency", stored=True)
    return charge


def _check_balance(call: ApiCall, scope: Scope, amount: int, currency: str) -> None:
    """Raises StripeErrorResponse if the account of `scope` has less than the amount."""
    booked = ledger.transactions(call.store, scope)
    if sum(each.net for each in booked if each.entry.currency == currency) < amount:
        message = f"The account {scope.account} has insufficient funds for this operation."
        raise StripeErrorResponse(message, code="balance_insufficient", stored=True)


@as_json.register
def transfer_json(transfer: TransferState) -> Json:
    """A Transfer."""
    return {
        **_EXAMPLE,
        "amount": transfer.amount,
        "amount_reversed": transfer.amount_reversed,
        "balance_transaction": transfer.balance_transaction,
        "created": transfer.created,
        "currency": transfer.currency,
        "description": transfer.description,
        "destination": transfer.destination,
        "destination_payment": id_of(transfer.payment),
        "id": transfer.id,
        "livemode": transfer.scope.livemode,
        "metadata": transfer.metadata,
        "reversals": {
            "data": [as_json(each) for each in transfer.reversals[::-1]],
            "has_more": False,
            "object": "list",
            "url": f"{TransferState.URL}/{transfer.id}/reversals",
        },
        "reversed": transfer.reversible == 0,
        "source_transaction": id_of(transfer.charge),
        "transfer_group": transfer.group,
    }


@as_json.register
def transfer_reversal_json(reversal: TransferReversalState) -> Json:
    """A TransferReversal."""
    return {
        **_REVERSAL_EXAMPLE,
        "amount": reversal.amount,
        "balance_transaction": reversal.balance_transaction,
        "created": reversal.created,
        "currency": reversal.currency,
        "destination_payment_refund": reversal.destination_refund,
        "id": reversal.id,
        "metadata": reversal.metadata,
        "source_refund": reversal.source_refund,
        "transfer": reversal.transfer_id,
    }


_ONE = f"{TransferState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", TransferState.URL): ApiRoute(create, CREATE, ("currency", "destination")),
    ("GET", TransferState.URL): ApiRoute(list_, LIST_TRANSFERS),
    ("GET", _ONE): ApiRoute(get),
    ("POST", f"{_ONE}/reversals"): ApiRoute(reverse, REVERSE),
}
