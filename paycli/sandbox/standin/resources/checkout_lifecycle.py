"""The status transitions of a Checkout Session, and the event of each.

https://docs.stripe.com/payments/checkout/fulfillment
"""

from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    Intent,
    PaymentIntentState,
    SetupIntentState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST, RequestOrigin
from paycli.sandbox.standin.store.store import Store


def payment_succeeded(store: Store, intent: PaymentIntentState, origin: RequestOrigin) -> None:
    """Marks the intent's Session as paid, and completes it if it is open."""
    session = intent.session
    if session is None or session.payment_status == "paid":
        return
    session.payment_status = "paid"
    session.mark_changed()
    if session.status != "complete":
        _complete(store, session, intent, origin)
    elif intent.capture_method != "manual":
        event_type = "checkout.session.async_payment_succeeded"
        store.emit(event_type, session, origin, subject=intent.id)


def setup_succeeded(store: Store, intent: SetupIntentState, origin: RequestOrigin) -> None:
    """Completes the intent's Session."""
    if intent.session and intent.session.status == "open":
        _complete(store, intent.session, intent, origin)


def payment_pending(store: Store, intent: PaymentIntentState, origin: RequestOrigin) -> None:
    """Completes the intent's Session as unpaid: authorized, or a debit that takes time."""
    if intent.session and intent.session.status == "open":
        _complete(store, intent.session, intent, origin)


def payment_failed(store: Store, intent: PaymentIntentState) -> None:
    """Reports that the delayed payment of a complete Session has failed."""
    if intent.session and intent.session.status == "complete":
        event_type = "checkout.session.async_payment_failed"
        store.emit(event_type, intent.session, subject=intent.id)


def expire(store: Store, session: CheckoutSessionState) -> None:
    """Ends an open Session."""
    assert session.status == "open"
    session.status = "expired"
    session.mark_changed()
    subject = session.intent.id if session.intent else session.id
    store.emit("checkout.session.expired", session, NO_REQUEST, subject=subject)


def _complete(
    store: Store, session: CheckoutSessionState, intent: Intent, origin: RequestOrigin
) -> None:
    session.status = "complete"
    session.mark_changed()
    store.emit("checkout.session.completed", session, origin, subject=intent.id)
