"""The status transitions of a SetupIntent, and the events of each.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.resources import checkout_lifecycle
from paycli.sandbox.standin.resources.attachments import check_usable, save
from paycli.sandbox.standin.resources.declines import declined, last_error
from paycli.sandbox.standin.resources.payment_objects import PaymentMethodState, SetupIntentState
from paycli.sandbox.standin.resources.stripe_test_methods import (
    SETUP_AUTHENTICATION_FAILED,
    Decline,
)
from paycli.sandbox.standin.resources.three_d_secure import next_action
from paycli.sandbox.standin.store.objects import NO_REQUEST, RequestOrigin
from paycli.sandbox.standin.store.store import Store

CANCELABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def add(store: Store, intent: SetupIntentState, origin: RequestOrigin) -> None:
    """Adds a new SetupIntent to the store."""
    store.add(intent)
    store.emit("setup_intent.created", intent, origin)


def confirm(
    store: Store,
    intent: SetupIntentState,
    method: PaymentMethodState,
    origin: RequestOrigin,
    *,
    return_url: str | None = None,
) -> None:
    """Attempts the setup: it succeeds, requires 3-D Secure, or the card is declined.

    Raises:
        StripeErrorResponse: the method can't be used with the intent; or the card was declined,
            402, and the intent requires another one.
    """
    check_usable(store, intent, method, intent.customer)
    intent.payment_method = method
    intent.last_error = intent.next_action = None
    intent.return_url = return_url
    intent.mark_changed()
    if method.test.authentication == "never":
        _complete(store, intent, method, origin)
        return
    intent.status = "requires_action"
    intent.next_action = next_action(store, intent, return_url)
    store.emit("setup_intent.requires_action", intent, origin)


def authenticate(store: Store, intent: SetupIntentState, *, passed: bool) -> None:
    """Completes 3-D Secure: the method is set up, or the attempt fails.

    Raises:
        StripeErrorResponse: the intent requires no action, or its method can't be used any more; or
            authentication failed or the card was declined, 402.
    """
    if intent.status != "requires_action":
        raise StripeErrorResponse(
            f"This SetupIntent requires no action: its status is {intent.status}.",
            code="setup_intent_unexpected_state",
        )
    method = intent.payment_method
    assert method is not None
    check_usable(store, intent, method, intent.customer)
    intent.next_action = None
    if not passed:
        raise _fail(store, intent, SETUP_AUTHENTICATION_FAILED, "invalid_request_error", NO_REQUEST)
    _complete(store, intent, method, NO_REQUEST)


def cancel(
    store: Store, intent: SetupIntentState, reason: str | None, origin: RequestOrigin
) -> None:
    """Cancels the intent."""
    assert intent.status in CANCELABLE
    intent.status = "canceled"
    intent.cancellation_reason = reason
    intent.next_action = None
    intent.mark_changed()
    store.emit("setup_intent.canceled", intent, origin)


def _complete(
    store: Store, intent: SetupIntentState, method: PaymentMethodState, origin: RequestOrigin
) -> None:
    """Saves the method, unless its bank declines it."""
    if decline := method.test.setup_decline:
        raise _fail(store, intent, decline, "card_error", origin)
    save(store, intent, method, origin, off_session=intent.usage == "off_session")
    intent.status = "succeeded"
    intent.mark_changed()
    store.emit("setup_intent.succeeded", intent, origin)
    checkout_lifecycle.setup_succeeded(store, intent, origin)


def _fail(
    store: Store,
    intent: SetupIntentState,
    decline: Decline,
    error_type: str,
    origin: RequestOrigin,
) -> StripeErrorResponse:
    """Marks the attempt as failed and returns the error to raise."""
    method = intent.payment_method
    assert method is not None
    intent.last_error = last_error(decline, method, error_type)
    intent.status = "requires_payment_method"
    intent.payment_method = None
    intent.mark_changed()
    store.emit("setup_intent.setup_failed", intent, origin)
    return declined(intent)
