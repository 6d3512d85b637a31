"""Refunds: https://docs.stripe.com/api/refunds."""

from paycli.sandbox.standin import aftermath, params
from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.intents import merged
from paycli.sandbox.standin.lists import LIST, listed
from paycli.sandbox.standin.params import Schema, choice, integer, text
from paycli.sandbox.standin.refusals import Refusal, invalid, missing, not_found, unexpected_state
from paycli.sandbox.standin.resources.payment_objects import (
    ChargeState,
    ObjectState,
    PaymentIntentState,
    RefundState,
)
from paycli.sandbox.standin.world import changed

CREATE: Schema = {
    "amount": integer(),
    "charge": text(),
    "metadata": params.metadata,
    "payment_intent": text(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
}
UPDATE: Schema = {"metadata": params.metadata}
LIST_OF_REFUNDS: Schema = {
    **LIST,
    "charge": text(),
    "created": params.timestamps,
    "payment_intent": text(),
}


def create(call: Call) -> ObjectState:
    """Gives money back, all that is left unless an amount is given."""
    asked = call.params
    charge = refundable(call, asked.text("payment_intent"), asked.text("charge"))
    left = charge.amount_captured - charge.amount_refunded
    if charge.disputed:
        message = f"ChargeState {charge.id} is disputed and can't be refunded."
        raise unexpected_state(message, "charge_disputed")
    if left == 0:
        message = f"ChargeState {charge.id} has already been refunded."
        raise unexpected_state(message, "charge_already_refunded")
    amount = asked.number("amount")
    amount = left if amount is None else amount
    if amount <= 0:
        raise invalid("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        message = (
            f"RefundState amount ({amount}) is greater than what is left of the charge ({left})."
        )
        raise Refusal(message, code="amount_too_large", param="amount", stored=True)
    return aftermath.make_refund(
        call.world,
        charge,
        amount,
        reason=asked.text("reason"),
        metadata=merged({}, asked.strings("metadata")),
        origin=call.origin,
    )


def refundable(call: Call, intent_id: str | None, charge_id: str | None) -> ChargeState:
    """The captured charge of an intent or of its own id.

    Raises:
        Refusal: there is none.
    """
    if charge_id is not None:
        charge = call.world.find(ChargeState, charge_id, call.scope)
        if charge is None:
            raise not_found("charge", charge_id, "charge")
        name = charge.id
    elif intent_id is not None:
        it = call.world.find(PaymentIntentState, intent_id, call.scope)
        if it is None:
            raise not_found("payment_intent", intent_id, "payment_intent")
        charge, name = it.latest_charge, it.id
    else:
        raise missing("payment_intent")
    if charge is None or not charge.captured or charge.status != "succeeded":
        message = f"{name} has no successful charge to refund."
        raise unexpected_state(message, "payment_intent_unexpected_state")
    return charge


def get(call: Call) -> ObjectState:
    """The refund."""
    return call.the(RefundState, "refund")


def list_(call: Call) -> Page:
    """Refunds, newest first, of one payment or of all."""
    charge, intent = call.params.text("charge"), call.params.text("payment_intent")
    return listed(
        call,
        RefundState,
        "/v1/refunds",
        lambda it: charge in (None, it.charge.id) and intent in (None, it.charge.intent.id),
    )


def update(call: Call) -> ObjectState:
    """Changes the metadata, nothing else."""
    refund = call.the(RefundState, "refund")
    refund.metadata = merged(refund.metadata, call.params.strings("metadata"))
    changed(refund)
    return refund


def cancel(call: Call) -> ObjectState:
    """Only a refund that waits for the customer can be canceled; those of cards never wait so."""
    refund = call.the(RefundState, "refund")
    if refund.status != "requires_action":
        message = f"This refund can't be canceled: its status is {refund.status}."
        raise Refusal(message, stored=True)
    aftermath.end_refund(call.world, refund, "canceled", "merchant_request", call.origin)
    return refund
