"""The status transitions of a PaymentIntent, and the events of each.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.resources import (
    checkout_lifecycle,
    dispute_lifecycle,
    early_fraud_warnings,
    holds,
    settlement,
)
from paycli.sandbox.standin.resources.attachments import check_usable, save
from paycli.sandbox.standin.resources.declines import declined, last_error
from paycli.sandbox.standin.resources.payment_objects import (
    ChargeState,
    PaymentIntentState,
    PaymentMethodState,
)
from paycli.sandbox.standin.resources.stripe_test_methods import (
    AUTHENTICATION_FAILED,
    AUTHENTICATION_REQUIRED,
    Decline,
)
from paycli.sandbox.standin.resources.three_d_secure import next_action
from paycli.sandbox.standin.store.objects import NO_REQUEST, RequestOrigin
from paycli.sandbox.standin.store.store import Store

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def add(store: Store, intent: PaymentIntentState, origin: RequestOrigin) -> None:
    """Adds a new PaymentIntent to the store."""
    store.add(intent)
    store.emit("payment_intent.created", intent, origin)


def confirm(
    store: Store,
    intent: PaymentIntentState,
    method: PaymentMethodState,
    origin: RequestOrigin,
    *,
    off_session: bool = False,
    action_is_error: bool = False,
    return_url: str | None = None,
) -> None:
    """Attempts the payment: it succeeds, needs an action, is processed, or is declined.

    Raises:
        StripeErrorResponse: the method can't be used with the intent; or it was declined, 402, and
            the intent requires another one.
    """
    check_usable(store, intent, method, intent.customer)
    intent.payment_method = method
    intent.last_error = intent.next_action = None
    intent.return_url = return_url
    intent.mark_changed()
    if method.requires_authentication(off_session=off_session):
        if off_session or action_is_error:
            raise _decline(store, intent, AUTHENTICATION_REQUIRED, origin)
        intent.status = "requires_action"
        intent.next_action = next_action(store, intent, return_url)
        store.emit("payment_intent.requires_action", intent, origin)
    elif method.test.type != "card":
        intent.status = "processing"
        _start_bank_debit(store, intent, method, origin)
    else:
        _charge(store, intent, method, origin, authenticated=False)


def authenticate(store: Store, intent: PaymentIntentState, *, passed: bool) -> None:
    """Completes 3-D Secure: the payment is charged, or fails.

    Raises:
        StripeErrorResponse: the intent requires no action, or its method can't be used any more; or
            authentication failed or the card was declined, 402.
    """
    if intent.status != "requires_action":
        raise StripeErrorResponse(
            f"This PaymentIntent requires no action: its status is {intent.status}.",
            code="payment_intent_unexpected_state",
        )
    method = intent.payment_method
    assert method is not None
    check_usable(store, intent, method, intent.customer)
    intent.next_action = None
    if not passed:
        raise _decline(store, intent, AUTHENTICATION_FAILED, NO_REQUEST, charged=False)
    _charge(store, intent, method, NO_REQUEST, authenticated=True)


def capture(
    store: Store,
    intent: PaymentIntentState,
    amount: int,
    origin: RequestOrigin,
    *,
    final: bool = True,
) -> None:
    """Captures `amount`, 0 after captures of parts; the `final` one releases the rest.

    Nothing is refunded for the released part.
    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow,
    https://docs.stripe.com/payments/multicapture#multicapture-webhooks
    """
    charge = intent.latest_charge
    assert charge is not None
    before = {"amount_capturable": intent.amount_capturable}
    intent.amount_capturable = 0 if final else intent.amount_capturable - amount
    charge.captured = final
    _book(store, intent, charge, amount, origin)
    if holds.MULTICAPTURE in charge.granted:
        store.emit("charge.updated", charge, origin, subject=intent.id)
        event_type = "payment_intent.amount_capturable_updated"
        store.emit(event_type, intent, origin, previous=before)
    if final:
        store.emit("charge.captured", charge, origin, subject=intent.id)
        _succeed(store, intent, charge, origin)


def cancel(
    store: Store, intent: PaymentIntentState, reason: str | None, origin: RequestOrigin
) -> None:
    """Cancels the intent; an authorized amount is released."""
    assert intent.status in CANCELABLE
    intent.status = "canceled"
    intent.canceled_at = store.now()
    intent.cancellation_reason = reason
    intent.amount_capturable = 0
    intent.next_action = None
    intent.mark_changed()
    store.emit("payment_intent.canceled", intent, origin)


def _book(
    store: Store,
    intent: PaymentIntentState,
    charge: ChargeState,
    amount: int,
    origin: RequestOrigin,
) -> None:
    """Books captured money: every capture, of a hold or immediate, calls this once."""
    charge.amount_captured += amount
    intent.amount_received += amount
    if amount:
        settlement.capture(store, charge, amount, origin)
    charge.mark_changed()
    intent.mark_changed()


def _charge(
    store: Store,
    intent: PaymentIntentState,
    method: PaymentMethodState,
    origin: RequestOrigin,
    *,
    authenticated: bool,
) -> None:
    if method.test.decline:
        raise _decline(store, intent, method.test.decline, origin)
    charge = _add_charge(store, intent, method, "succeeded")
    if intent.future_usage:
        usable_off_session = intent.future_usage == "off_session"
        save(store, intent, method, origin, off_session=usable_off_session)
    charge.authenticated = authenticated
    intent.latest_charge = charge
    if intent.capture_method == "manual":
        intent.status = "requires_capture"
        intent.amount_capturable = intent.amount
        holds.grant(intent, charge)
        intent.mark_changed()
        store.emit("charge.succeeded", charge, origin, subject=intent.id)
        store.emit("payment_intent.amount_capturable_updated", intent, origin)
        checkout_lifecycle.payment_pending(store, intent, origin)
        return
    charge.captured = True
    _book(store, intent, charge, intent.amount, origin)
    store.emit("charge.succeeded", charge, origin, subject=intent.id)
    _succeed(store, intent, charge, origin)


def _succeed(
    store: Store, intent: PaymentIntentState, charge: ChargeState, origin: RequestOrigin
) -> None:
    intent.status = "succeeded"
    intent.mark_changed()
    store.emit("payment_intent.succeeded", intent, origin)
    checkout_lifecycle.payment_succeeded(store, intent, origin)
    test = charge.method.test
    if test.dispute_reason:
        dispute_lifecycle.open_dispute(store, charge, test.dispute_reason)
    if test.fraud_warning:
        early_fraud_warnings.warn(store, charge)


def _start_bank_debit(
    store: Store, intent: PaymentIntentState, method: PaymentMethodState, origin: RequestOrigin
) -> None:
    """Settles later: https://docs.stripe.com/payments/payment-methods#asynchronous."""
    charge = _add_charge(store, intent, method, "pending")
    intent.latest_charge = charge
    store.emit("charge.pending", charge, origin, subject=intent.id)
    store.emit("payment_intent.processing", intent, origin)
    checkout_lifecycle.payment_pending(store, intent, origin)

    def settle() -> None:
        if intent.status != "processing":
            return
        if method.test.decline:
            _decline(store, intent, method.test.decline, NO_REQUEST)
            checkout_lifecycle.payment_failed(store, intent)
            return
        charge.status = "succeeded"
        charge.captured = True
        _book(store, intent, charge, intent.amount, NO_REQUEST)
        store.emit("charge.succeeded", charge, subject=intent.id)
        _succeed(store, intent, charge, NO_REQUEST)

    if method.test.settles:
        store.schedule(store.settle_seconds, settle)


def _decline(
    store: Store,
    intent: PaymentIntentState,
    decline: Decline,
    origin: RequestOrigin,
    *,
    charged: bool = True,
) -> StripeErrorResponse:
    """Marks the attempt as failed and returns the error to raise."""
    method = intent.payment_method
    assert method is not None
    error = last_error(decline, method, "card_error" if charged else "invalid_request_error")
    if charged:
        charge = _add_charge(store, intent, method, "failed")
        names = ("code", "message", "decline_code", "advice_code")
        charge.failure = {name: error.get(name) for name in names}
        error["charge"] = charge.id
        intent.latest_charge = charge
        store.emit("charge.failed", charge, origin, subject=intent.id)
    intent.status = "requires_payment_method"
    intent.payment_method = None
    intent.last_error = error
    intent.mark_changed()
    store.emit("payment_intent.payment_failed", intent, origin)
    return declined(intent)


def _add_charge(
    store: Store, intent: PaymentIntentState, method: PaymentMethodState, status: str
) -> ChargeState:
    if method.customer is None and intent.future_usage is None:
        method.spent = True
    return store.add(
        ChargeState(
            id=store.new_id("ch_3"),
            scope=intent.scope,
            created=store.now(),
            number=store.next_number(),
            intent=intent,
            amount=intent.amount,
            method=method,
            # A copy: later changes of the intent's metadata do not change the charge's.
            metadata=dict(intent.metadata),
            status=status,
        )
    )
