"""The status transitions of a refund, and the event of each.

https://docs.stripe.com/refunds
"""

from paycli.sandbox.standin.resources import settlement
from paycli.sandbox.standin.resources.payment_objects import ChargeState, RefundState
from paycli.sandbox.standin.resources.settlement import KEEP_SHARES, Shares
from paycli.sandbox.standin.store.objects import NO_REQUEST, Json, RequestOrigin
from paycli.sandbox.standin.store.store import Store


def create(
    store: Store,
    charge: ChargeState,
    amount: int,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    status: str | None = None,
    origin: RequestOrigin = NO_REQUEST,
    shares: Shares = KEEP_SHARES,
) -> RefundState:
    """Refunds `amount`, which must be refundable, of a captured charge."""
    assert 0 < amount <= charge.refundable
    default_status = "pending" if charge.method.test.refund == "pends" else "succeeded"
    refund = store.add(
        RefundState(
            id=store.new_id("re_3"),
            scope=charge.scope,
            created=store.now(),
            number=store.next_number(),
            charge=charge,
            amount=amount,
            status=status or default_status,
            reason=reason,
            metadata=metadata or {},
        )
    )
    charge.refunds.append(refund)
    charge.amount_refunded += amount
    charge.mark_changed()
    settlement.refund(store, refund, shares, origin)
    store.emit("refund.created", refund, origin, subject=charge.intent.id)
    store.emit("charge.refunded", charge, origin, subject=charge.intent.id)
    store.schedule(store.settle_seconds, lambda: _settle(store, refund))
    return refund


def reverse(
    store: Store, refund: RefundState, status: str, reason: str, origin: RequestOrigin
) -> None:
    """Ends a refund as `failed` or `canceled`: its amount is refundable again."""
    previous: Json = {"status": refund.status}
    refund.status = status
    refund.failure_reason = reason
    refund.charge.amount_refunded -= refund.amount
    settlement.return_refund(store, refund)
    refund.mark_changed()
    refund.charge.mark_changed()
    _emit_updated(store, refund, previous, origin)
    if status == "failed":
        store.emit("refund.failed", refund, origin, subject=refund.charge.intent.id)


def _settle(store: Store, refund: RefundState) -> None:
    """The bank's result: success or failure, or the reference number of a successful refund."""
    if refund.status not in ("pending", "succeeded"):
        return
    if refund.charge.method.test.refund == "fails":
        reverse(store, refund, "failed", "expired_or_canceled_card", NO_REQUEST)
        return
    previous: Json
    if refund.status == "pending":
        previous = {"pending_reason": "processing", "status": "pending"}
        refund.status = "succeeded"
    else:
        previous = {"destination_details": {"card": {"reference_status": "pending"}}}
        refund.reference = str(store.random.randrange(10**22, 10**23))
    refund.mark_changed()
    _emit_updated(store, refund, previous, NO_REQUEST)


def _emit_updated(store: Store, refund: RefundState, previous: Json, origin: RequestOrigin) -> None:
    subject = refund.charge.intent.id
    for event_type in ("refund.updated", "charge.refund.updated"):
        store.emit(event_type, refund, origin, subject=subject, previous=previous)
