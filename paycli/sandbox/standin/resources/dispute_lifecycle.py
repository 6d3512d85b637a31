"""The status transitions of a dispute, and the events of each.

`open_dispute` takes the disputed amount from the balance, and `close` may give it back; nothing
else moves money. https://docs.stripe.com/disputes/how-disputes-work
"""

from dataclasses import dataclass

from paycli.sandbox.standin.resources import settlement
from paycli.sandbox.standin.resources.examples import add_example, example
from paycli.sandbox.standin.resources.payment_objects import ChargeState
from paycli.sandbox.standin.store.objects import NO_REQUEST, Json, JsonObjectState, RequestOrigin
from paycli.sandbox.standin.store.store import Store

RESPONSE_DAYS = 7
DAY_SECONDS = 86_400
OPEN = ("needs_response", "warning_needs_response")
"""The statuses in which evidence is taken."""
UNDER_REVIEW = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
}
"""By the status before evidence is submitted."""
_DECISIONS = {"winning_evidence": "won", "losing_evidence": "lost"}
"""By the `uncategorized_text` that is submitted: https://docs.stripe.com/testing#disputes."""


@dataclass(slots=True, kw_only=True, eq=False)
class DisputeState(JsonObjectState):
    """https://docs.stripe.com/api/disputes/object."""

    TYPE = "dispute"
    URL = "/v1/disputes"
    EXPANDABLE = frozenset({"charge", "payment_intent"})

    @property
    def status(self) -> str:
        """Stripe's status."""
        return str(self.json["status"])

    @property
    def amount(self) -> int:
        """The disputed amount, in minor units."""
        return int(str(self.json["amount"]))

    @property
    def payment_id(self) -> str:
        """The PaymentIntent's id."""
        return str(self.json["payment_intent"])

    @property
    def evidence(self) -> Json:
        """The texts and files by their names, null where there is none."""
        return _object(self.json["evidence"])

    @property
    def details(self) -> Json:
        """The deadline, and how often evidence was submitted."""
        return _object(self.json["evidence_details"])


def open_dispute(
    store: Store, charge: ChargeState, reason: str = "fraudulent", *, inquiry: bool = False
) -> DisputeState:
    """The cardholder's bank withdraws a captured payment, or with `inquiry` only asks about it."""
    charge.disputed = not inquiry
    charge.mark_changed()
    dispute = add_example(
        store,
        DisputeState,
        "du_1",
        charge.scope,
        {
            # What was refunded is not disputed: the bank gives the customer the rest.
            "amount": charge.refundable or charge.amount_captured,
            "charge": charge.id,
            "currency": charge.intent.currency,
            "evidence_details": {
                "due_by": store.now() + RESPONSE_DAYS * DAY_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": inquiry,
            "payment_intent": charge.intent.id,
            "payment_method_details": _method_details(inquiry=inquiry),
            "reason": reason,
            "status": "warning_needs_response" if inquiry else "needs_response",
        },
    )
    subject = charge.intent.id
    if not inquiry:
        currency = charge.intent.currency
        settlement.withdraw(store, charge.scope, dispute.id, dispute.amount, currency)
    store.emit("charge.dispute.created", dispute, subject=subject)
    if not inquiry:
        store.emit("charge.dispute.funds_withdrawn", dispute, subject=subject)
    return dispute


def change_evidence(
    store: Store, dispute: DisputeState, changes: Json, *, submit: bool, origin: RequestOrigin
) -> None:
    """Stages evidence of an open dispute, and submits all that is staged, which is final."""
    evidence = {**dispute.evidence, **changes}
    details = {**dispute.details, "has_evidence": any(evidence.values())}
    after: Json = {"evidence": evidence, "evidence_details": details}
    if submit:
        details["submission_count"] = int(str(details["submission_count"])) + 1
        after["status"] = UNDER_REVIEW[dispute.status]
    _change(store, dispute, after, origin)
    decision = _DECISIONS.get(str(evidence["uncategorized_text"]))
    if submit and decision and dispute.status == "under_review":
        store.schedule(store.settle_seconds, lambda: _decide(store, dispute, decision))


def close(
    store: Store, dispute: DisputeState, status: str, origin: RequestOrigin = NO_REQUEST
) -> None:
    """Ends a dispute as `won`, which gives the amount back, `lost` or `warning_closed`."""
    _change(store, dispute, {"status": status}, origin)
    subject = dispute.payment_id
    if status == "won":
        currency = str(dispute.json["currency"])
        settlement.reinstate(store, dispute.scope, dispute.id, dispute.amount, currency)
        store.emit("charge.dispute.funds_reinstated", dispute, origin, subject=subject)
    store.emit("charge.dispute.closed", dispute, origin, subject=subject)


def lose_overdue(store: Store) -> None:
    """Closes as lost what was not responded to by its deadline; not inquiries."""
    now = store.now()
    for dispute in list(store.newest_first(DisputeState)):
        if dispute.status == "needs_response" and int(str(dispute.details["due_by"])) < now:
            close(store, dispute, "lost")


def _decide(store: Store, dispute: DisputeState, decision: str) -> None:
    if dispute.status == "under_review":
        close(store, dispute, decision)


def _change(store: Store, dispute: DisputeState, after: Json, origin: RequestOrigin) -> None:
    """Changes fields, with an event that has their former values."""
    previous = {
        name: _changed(dispute.json[name], value)
        for name, value in after.items()
        if dispute.json[name] != value
    }
    dispute.json = {**dispute.json, **after}
    dispute.mark_changed()
    subject = dispute.payment_id
    store.emit("charge.dispute.updated", dispute, origin, subject=subject, previous=previous)


def _changed(before: object, after: object) -> object:
    """The former value; of an object only the fields that changed, as in Stripe's events."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return before
    return {name: value for name, value in before.items() if value != after[name]}


def _method_details(*, inquiry: bool) -> Json:
    details = _object(example(DisputeState.TYPE)["payment_method_details"])
    case_type = "inquiry" if inquiry else "chargeback"
    return {**details, "card": {**_object(details["card"]), "case_type": case_type}}


def _object(value: object) -> Json:
    assert isinstance(value, dict)
    return value
