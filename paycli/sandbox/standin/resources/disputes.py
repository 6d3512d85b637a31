"""Disputes: https://docs.stripe.com/disputes/how-disputes-work."""

from dataclasses import dataclass

from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import settlement
from paycli.sandbox.standin.resources.examples import add_example
from paycli.sandbox.standin.resources.lookup import captured_charge, find_named
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.store.objects import Json, JsonObjectState
from paycli.sandbox.standin.store.store import Store

RESPONSE_DAYS = 7
DAY_SECONDS = 86_400


@dataclass(slots=True, kw_only=True, eq=False)
class DisputeState(JsonObjectState):
    """https://docs.stripe.com/api/disputes/object."""

    TYPE = "dispute"
    URL = "/v1/disputes"
    EXPANDABLE = frozenset({"charge", "payment_intent"})


def open_dispute(store: Store, charge: ChargeState, reason: str = "fraudulent") -> DisputeState:
    """The cardholder's bank withdraws a captured payment."""
    charge.disputed = True
    charge.mark_changed()
    dispute = add_example(
        store,
        DisputeState,
        "du_1",
        charge.scope,
        {
            "amount": charge.amount_captured,
            "charge": charge.id,
            "currency": charge.intent.currency,
            "evidence_details": {
                "due_by": store.now() + RESPONSE_DAYS * DAY_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "payment_intent": charge.intent.id,
            "reason": reason,
            "status": "needs_response",
        },
    )
    settlement.withdraw(
        store, charge.scope, dispute.id, charge.amount_captured, charge.intent.currency
    )
    subject = charge.intent.id
    store.emit("charge.dispute.created", dispute, subject=subject)
    store.emit("charge.dispute.funds_withdrawn", dispute, subject=subject)
    return dispute


def simulate_dispute(store: Store, body: JsonBody) -> Json:
    """Opens a dispute of a `payment_intent`, for a `reason`."""
    charge = captured_charge(store, body)
    if charge.disputed:
        raise InvalidJsonBody("this charge is already disputed")
    return open_dispute(store, charge, body.text("reason", "fraudulent")).json


def simulate_decision(store: Store, body: JsonBody) -> Json:
    """Closes an open `dispute` with the `status` `won` (the funds are reinstated) or `lost`."""
    dispute = find_named(store, body, DisputeState, "dispute")
    status = body.text("status", "lost")
    if dispute.json["status"] != "needs_response":
        raise InvalidJsonBody("this dispute is closed")
    if status not in ("won", "lost"):
        raise InvalidJsonBody("status must be won or lost")
    previous = {"status": dispute.json["status"]}
    dispute.json = {**dispute.json, "status": status}
    dispute.mark_changed()
    subject = str(dispute.json["payment_intent"])
    store.emit("charge.dispute.updated", dispute, subject=subject, previous=previous)
    if status == "won":
        amount, currency = int(str(dispute.json["amount"])), str(dispute.json["currency"])
        settlement.reinstate(store, dispute.scope, dispute.id, amount, currency)
        store.emit("charge.dispute.funds_reinstated", dispute, subject=subject)
    store.emit("charge.dispute.closed", dispute, subject=subject)
    return dispute.json
