"""What becomes of a Checkout Session when its payment goes on.

https://docs.stripe.com/payments/checkout/fulfillment
"""

from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    CheckoutSessionState,
    Origin,
    PaymentIntentState,
)
from paycli.sandbox.standin.world import World, changed


def paid(world: World, it: PaymentIntentState, origin: Origin) -> None:
    """Its intent has succeeded: the Session is complete, or its late payment has come."""
    session = it.session
    if session is None or session.payment_status == "paid":
        return
    late = session.status == "complete"
    session.payment_status = "paid"
    if late and it.capture_method == "manual":
        changed(session)
    elif late:
        changed(session)
        world.emit("checkout.session.async_payment_succeeded", session, origin, subject=it.id)
    else:
        _complete(world, session, it, origin)


def authorized(world: World, it: PaymentIntentState, origin: Origin) -> None:
    """The customer is done, the money is held or on its way: complete, and unpaid."""
    if it.session and it.session.status == "open":
        _complete(world, it.session, it, origin)


def payment_failed(world: World, it: PaymentIntentState) -> None:
    """The late payment of a complete Session has not come."""
    if it.session and it.session.status == "complete":
        world.emit("checkout.session.async_payment_failed", it.session, BY_ITSELF, subject=it.id)


def expire(world: World, session: CheckoutSessionState, origin: Origin = BY_ITSELF) -> None:
    """Ends an open Session."""
    assert session.status == "open"
    session.status = "expired"
    changed(session)
    subject = session.intent.id if session.intent else session.id
    world.emit("checkout.session.expired", session, origin, subject=subject)


def _complete(
    world: World, session: CheckoutSessionState, it: PaymentIntentState, origin: Origin
) -> None:
    session.status = "complete"
    changed(session)
    world.emit("checkout.session.completed", session, origin, subject=it.id)
