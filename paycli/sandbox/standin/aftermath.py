"""What happens to a payment after it succeeded: disputes, fraud warnings, reviews, odd refunds.

https://docs.stripe.com/disputes/how-disputes-work, https://docs.stripe.com/radar/reviews
"""

from paycli.sandbox.standin.examples import example
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    ChargeState,
    JsonObjectState,
    Origin,
    RefundState,
    Scope,
)
from paycli.sandbox.standin.world import World, changed

DISPUTE_DAYS = 7
DAY_SECONDS = 86_400


def follow(world: World, charge: ChargeState) -> None:
    """Does what the charge's test card is for."""
    then = charge.method.test.then or ""
    if then.startswith("dispute:"):
        open_dispute(world, charge, then.removeprefix("dispute:"))
    elif then == "fraud_warning":
        warn_of_fraud(world, charge)


def plain(
    world: World, name: str, prefix: str, scope: Scope, changes: dict[str, object]
) -> JsonObjectState:
    """A new object without behaviour, made of Stripe's example `name`."""
    identity, now = world.id(prefix), world.now()
    fixed = {"id": identity, "created": now, "livemode": scope.livemode}
    return world.keep(
        JsonObjectState(
            id=identity,
            scope=scope,
            created=now,
            number=world.next_number(),
            json=example(name, **{**fixed, **changes}),
        )
    )


def open_dispute(world: World, charge: ChargeState, reason: str = "fraudulent") -> JsonObjectState:
    """The cardholder's bank takes the money back: dispute created, funds withdrawn."""
    charge.disputed = True
    changed(charge)
    dispute = plain(
        world,
        "dispute",
        "du_1",
        charge.scope,
        {
            "amount": charge.amount_captured,
            "charge": charge.id,
            "currency": charge.intent.currency,
            "evidence_details": {
                "due_by": world.now() + DISPUTE_DAYS * DAY_SECONDS,
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
    subject = charge.intent.id
    world.emit("charge.dispute.created", dispute, subject=subject)
    world.emit("charge.dispute.funds_withdrawn", dispute, subject=subject)
    return dispute


def close_dispute(world: World, dispute: JsonObjectState, status: str) -> None:
    """The bank decides: `won` gives the money back, `lost` does not."""
    previous = {"status": dispute.json["status"]}
    dispute.json = {**dispute.json, "status": status}
    changed(dispute)
    subject = str(dispute.json["payment_intent"])
    world.emit("charge.dispute.updated", dispute, subject=subject, previous=previous)
    if status == "won":
        world.emit("charge.dispute.funds_reinstated", dispute, subject=subject)
    world.emit("charge.dispute.closed", dispute, subject=subject)


def warn_of_fraud(
    world: World, charge: ChargeState, fraud_type: str = "made_with_stolen_card"
) -> JsonObjectState:
    """The card's network warns that the payment may be disputed."""
    warning = plain(
        world,
        "radar_early_fraud_warning",
        "issfr_1",
        charge.scope,
        {"actionable": True, "charge": charge.id, "fraud_type": fraud_type},
    )
    warning.json["payment_intent"] = charge.intent.id
    world.emit("radar.early_fraud_warning.created", warning, subject=charge.intent.id)
    return warning


def open_review(world: World, charge: ChargeState) -> JsonObjectState:
    """Radar asks somebody to look at the payment."""
    review = plain(
        world,
        "review",
        "prv_1",
        charge.scope,
        {"charge": charge.id, "open": True, "opened_reason": "rule", "reason": "rule"},
    )
    review.json["payment_intent"] = charge.intent.id
    charge.review = charge.intent.review = review.id
    changed(charge)
    changed(charge.intent)
    world.emit("review.opened", review, subject=charge.intent.id)
    return review


def close_review(world: World, review: JsonObjectState, reason: str) -> None:
    """Somebody has looked: `approved`, `refunded`, `refunded_as_fraud`, `disputed`."""
    review.json = {**review.json, "open": False, "closed_reason": reason, "reason": reason}
    changed(review)
    world.emit("review.closed", review, subject=str(review.json["payment_intent"]))


def make_refund(
    world: World,
    charge: ChargeState,
    amount: int,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    status: str | None = None,
    origin: Origin = BY_ITSELF,
) -> RefundState:
    """Gives `amount` of a captured charge back; there must be so much left."""
    assert 0 < amount <= charge.amount_captured - charge.amount_refunded
    then = charge.method.test.then
    refund = world.keep(
        RefundState(
            id=world.id("re_3"),
            scope=charge.scope,
            created=world.now(),
            number=world.next_number(),
            charge=charge,
            amount=amount,
            status=status or ("pending" if then == "refund_pending" else "succeeded"),
            reason=reason,
            metadata=metadata or {},
        )
    )
    charge.refunds.append(refund)
    charge.amount_refunded += amount
    changed(charge)
    world.emit("refund.created", refund, origin, subject=charge.intent.id)
    world.emit("charge.refunded", charge, origin, subject=charge.intent.id)
    world.later(world.settle_seconds, lambda: _settle_refund(world, refund))
    return refund


def end_refund(world: World, refund: RefundState, status: str, reason: str, origin: Origin) -> None:
    """A refund that comes to nothing, `failed` or `canceled`: the money is the account's again."""
    previous = {"status": refund.status}
    refund.status = status
    refund.failure_reason = reason
    refund.charge.amount_refunded -= refund.amount
    changed(refund)
    changed(refund.charge)
    subject = refund.charge.intent.id
    world.emit("refund.updated", refund, origin, subject=subject, previous=previous)
    world.emit("charge.refund.updated", refund, origin, subject=subject, previous=previous)
    if status == "failed":
        world.emit("refund.failed", refund, origin, subject=subject)


def _settle_refund(world: World, refund: RefundState) -> None:
    """The bank's answer: success at last, failure, or the reference number of the transfer."""
    if refund.status not in ("pending", "succeeded"):
        return
    if refund.charge.method.test.then == "refund_fails":
        end_refund(world, refund, "failed", "expired_or_canceled_card", BY_ITSELF)
        return
    previous: dict[str, object]
    if refund.status == "pending":
        previous = {"pending_reason": "processing", "status": "pending"}
        refund.status = "succeeded"
    else:
        previous = {"destination_details": {"card": {"reference_status": "pending"}}}
        refund.reference = str(world.random.randrange(10**22, 10**23))
    changed(refund)
    subject = refund.charge.intent.id
    world.emit("refund.updated", refund, subject=subject, previous=previous)
    world.emit("charge.refund.updated", refund, subject=subject, previous=previous)
