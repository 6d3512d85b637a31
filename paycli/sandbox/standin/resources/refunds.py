"""Refunds: https://docs.stripe.com/api/refunds."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    missing_param,
    not_found,
    unexpected_state,
)
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, choice, integer, merge_metadata, text
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import refund_lifecycle
from paycli.sandbox.standin.resources.connect import ON_REFUND, check_refund
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.lookup import captured_charge
from paycli.sandbox.standin.resources.payment_objects import (
    ChargeState,
    PaymentIntentState,
    RefundState,
)
from paycli.sandbox.standin.resources.settlement import Shares
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

CREATE: Schema = {
    **ON_REFUND,
    "amount": integer(),
    "charge": text(),
    "metadata": params.metadata,
    "payment_intent": text(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
}
UPDATE: Schema = {"metadata": params.metadata}
LIST_REFUNDS: Schema = {
    **LIST,
    "charge": text(),
    "created": params.timestamps,
    "payment_intent": text(),
}
_EXAMPLE = example("refund")


@as_json.register
def refund_json(refund: RefundState) -> Json:
    """A Refund; `failure_reason` and `pending_reason` are present only if they apply."""
    card: Json = {"type": "refund"}
    if refund.charge.method.test.type == "card":
        card |= {"reference_type": "acquirer_reference_number", "reference_status": "pending"}
    if refund.reference:
        card |= {"reference": refund.reference, "reference_status": "available"}
    return {
        **_EXAMPLE,
        "amount": refund.amount,
        "balance_transaction": refund.balance_transaction,
        "charge": refund.charge.id,
        "created": refund.created,
        "currency": refund.charge.intent.currency,
        "destination_details": {"card": card, "type": "card"},
        "id": refund.id,
        "metadata": refund.metadata,
        "payment_intent": refund.charge.intent.id,
        "reason": refund.reason,
        "status": refund.status,
        "transfer_reversal": refund.transfer_reversal,
        **({"failure_reason": refund.failure_reason} if refund.failure_reason else {}),
        **({"pending_reason": "processing"} if refund.status == "pending" else {}),
    }


def create(call: ApiCall) -> ObjectState:
    """Refunds a charge: the amount, or all that is left."""
    charge = _refundable_charge(call)
    check_refund(call, charge.intent)
    left = charge.refundable
    if charge.disputed:
        message = f"Charge {charge.id} is disputed and can't be refunded."
        raise unexpected_state(message, "charge_disputed")
    if left == 0:
        message = f"Charge {charge.id} has already been refunded."
        raise unexpected_state(message, "charge_already_refunded")
    amount = call.params.number("amount")
    amount = left if amount is None else amount
    if amount <= 0:
        raise invalid_param("amount", "Invalid positive integer", "parameter_invalid_integer")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than what is left of the charge ({left})."
        raise StripeErrorResponse(message, code="amount_too_large", param="amount", stored=True)
    return refund_lifecycle.create(
        call.store,
        charge,
        amount,
        reason=call.params.text("reason"),
        metadata=merge_metadata({}, call.params.metadata()),
        origin=call.origin,
        shares=Shares(
            reverse_transfer=call.params.flag("reverse_transfer"),
            refund_application_fee=call.params.flag("refund_application_fee"),
        ),
    )


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/refunds/retrieve."""
    return call.find(RefundState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/refunds/list."""
    charge_id, intent_id = call.params.text("charge"), call.params.text("payment_intent")
    return list_page(
        call,
        RefundState,
        lambda refund: (
            charge_id in (None, refund.charge.id) and intent_id in (None, refund.charge.intent.id)
        ),
    )


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/refunds/update: only the metadata can be changed."""
    refund = call.find(RefundState)
    refund.metadata = merge_metadata(refund.metadata, call.params.metadata())
    refund.mark_changed()
    return refund


def cancel(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/refunds/cancel: only with the status requires_action."""
    refund = call.find(RefundState)
    if refund.status != "requires_action":
        message = f"This refund can't be canceled: its status is {refund.status}."
        raise StripeErrorResponse(message, stored=True)
    refund_lifecycle.reverse(call.store, refund, "canceled", "merchant_request", call.origin)
    return refund


def simulate_refund(store: Store, body: JsonBody) -> Json:
    """A refund of a `payment_intent` that is created in the Dashboard."""
    charge = captured_charge(store, body)
    amount = body.number("amount", charge.refundable)
    if not 0 < amount <= charge.refundable:
        raise InvalidJsonBody(f"amount must be above 0 and at most {charge.refundable}")
    status = body.text("status", "succeeded")
    if status not in ("pending", "requires_action", "succeeded"):
        raise InvalidJsonBody("status must be pending, requires_action or succeeded")
    reason = body.text("reason", "requested_by_customer")
    return as_json(refund_lifecycle.create(store, charge, amount, reason=reason, status=status))


def _refundable_charge(call: ApiCall) -> ChargeState:
    """The captured charge of the parameter `charge` or `payment_intent`."""
    charge_id, intent_id = call.params.text("charge"), call.params.text("payment_intent")
    charge: ChargeState | None
    if charge_id is not None:
        charge = call.store.find(ChargeState, charge_id, call.scope)
        if charge is None:
            raise not_found("charge", charge_id, "charge")
        object_id = charge.id
    elif intent_id is not None:
        intent = call.store.find(PaymentIntentState, intent_id, call.scope)
        if intent is None:
            raise not_found("payment_intent", intent_id, "payment_intent")
        charge, object_id = intent.latest_charge, intent.id
    else:
        raise missing_param("payment_intent")
    if charge is None or charge.amount_captured == 0 or charge.status != "succeeded":
        message = f"{object_id} has no successful charge to refund."
        raise unexpected_state(message, "payment_intent_unexpected_state")
    return charge


_ONE = f"{RefundState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", RefundState.URL): ApiRoute(create, CREATE),
    ("GET", RefundState.URL): ApiRoute(list_, LIST_REFUNDS),
    ("GET", _ONE): ApiRoute(get),
    ("POST", _ONE): ApiRoute(update, UPDATE),
    ("POST", f"{_ONE}/cancel"): ApiRoute(cancel),
}
