"""How a PaymentIntent goes from state to state, and the events each step sends.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from paycli.sandbox.standin import aftermath, sessions
from paycli.sandbox.standin.cards import AUTHENTICATION_FAILED, AUTHENTICATION_REQUIRED, Decline
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    ChargeState,
    Origin,
    PaymentIntentState,
    PaymentMethodState,
)
from paycli.sandbox.standin.world import World, changed

CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def confirm(
    world: World,
    it: PaymentIntentState,
    method: PaymentMethodState,
    origin: Origin,
    *,
    off_session: bool = False,
    action_is_error: bool = False,
    return_url: str | None = None,
) -> None:
    """Tries to pay with `method`: it succeeds, waits for the customer or the bank, or is declined.

    Raises:
        Refusal: declined, 402; the intent then waits for another payment method.
    """
    it.payment_method = method
    it.last_error = it.next_action = None
    it.return_url = return_url
    changed(it)
    asks = method.test.authentication
    if asks == "always" or (asks == "unless_off_session" and not off_session):
        if off_session or action_is_error:
            raise decline(world, it, AUTHENTICATION_REQUIRED, origin)
        it.status = "requires_action"
        it.next_action = _next_action(world, it, return_url)
        world.emit("payment_intent.requires_action", it, origin)
    elif method.test.kind != "card":
        it.status = "processing"
        _debit_later(world, it, origin)
    else:
        _charge(world, it, origin, authenticated=False)


def authenticate(
    world: World, it: PaymentIntentState, *, passed: bool, origin: Origin = BY_ITSELF
) -> None:
    """The customer passes the 3-D Secure step, or fails it; a decline may follow even then.

    Raises:
        Refusal: no step is waited for; or declined, 402.
    """
    if it.status != "requires_action":
        raise Refusal(
            f"No step of the customer is waited for: the status is {it.status}.",
            code="payment_intent_unexpected_state",
        )
    it.next_action = None
    if not passed:
        raise decline(world, it, AUTHENTICATION_FAILED, origin, charged=False)
    _charge(world, it, origin, authenticated=True)


def decline(
    world: World, it: PaymentIntentState, why: Decline, origin: Origin, *, charged: bool = True
) -> Refusal:
    """Marks the attempt as failed and returns the error to raise."""
    method = it.payment_method
    assert method is not None
    told: dict[str, object] = {
        "code": why.code,
        **({"decline_code": why.decline_code} if why.decline_code else {}),
        **({"advice_code": why.advice_code} if why.advice_code else {}),
        "doc_url": f"https://stripe.com/docs/error-codes/{why.code.replace('_', '-')}",
        "message": why.message,
        "payment_method": as_json(method),
        "type": "card_error" if charged else "invalid_request_error",
    }
    if charged:
        made = _new_charge(world, it, method, "failed")
        made.failure = {k: told.get(k) for k in ("code", "message", "decline_code", "advice_code")}
        told["charge"] = made.id
        it.latest_charge = made
        world.emit("charge.failed", made, origin, subject=it.id)
    it.status = "requires_payment_method"
    it.payment_method = None
    it.last_error = told
    changed(it)
    world.emit("payment_intent.payment_failed", it, origin)
    more = {k: v for k, v in told.items() if k not in ("code", "message", "type", "doc_url")}
    return Refusal(
        why.message,
        status=402,
        kind="card_error",
        code=why.code,
        stored=True,
        more={**more, "payment_intent": as_json(it)},
    )


def capture(world: World, it: PaymentIntentState, amount: int, origin: Origin) -> None:
    """Takes `amount` of what is held; the rest is let go, without a Refund.

    https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    """
    made = it.latest_charge
    assert made is not None
    assert 0 < amount <= it.amount_capturable
    made.captured = True
    made.amount_captured = amount
    changed(made)
    it.amount_capturable = 0
    it.amount_received = amount
    world.emit("charge.captured", made, origin, subject=it.id)
    _succeeded(world, it, origin)


def cancel(world: World, it: PaymentIntentState, reason: str | None, origin: Origin) -> None:
    """Ends the intent; held money is let go."""
    assert it.status in CANCELABLE
    it.status = "canceled"
    it.canceled_at = world.now()
    it.cancellation_reason = reason
    it.amount_capturable = 0
    it.next_action = None
    changed(it)
    world.emit("payment_intent.canceled", it, origin)


def _charge(world: World, it: PaymentIntentState, origin: Origin, *, authenticated: bool) -> None:
    method = it.payment_method
    assert method is not None
    if method.test.decline:
        raise decline(world, it, method.test.decline, origin)
    made = _new_charge(world, it, method, "succeeded")
    made.authenticated = authenticated
    it.latest_charge = made
    if it.capture_method == "manual":
        it.status = "requires_capture"
        it.amount_capturable = it.amount
        changed(it)
        world.emit("charge.succeeded", made, origin, subject=it.id)
        world.emit("payment_intent.amount_capturable_updated", it, origin)
        sessions.authorized(world, it, origin)
        return
    made.captured = True
    made.amount_captured = it.amount
    it.amount_received = it.amount
    world.emit("charge.succeeded", made, origin, subject=it.id)
    _succeeded(world, it, origin)


def _succeeded(world: World, it: PaymentIntentState, origin: Origin) -> None:
    it.status = "succeeded"
    changed(it)
    world.emit("payment_intent.succeeded", it, origin)
    sessions.paid(world, it, origin)
    assert it.latest_charge is not None
    aftermath.follow(world, it.latest_charge)


def _debit_later(world: World, it: PaymentIntentState, origin: Origin) -> None:
    """A bank takes its time: https://docs.stripe.com/payments/payment-methods#asynchronous."""
    method = it.payment_method
    assert method is not None
    pending = _new_charge(world, it, method, "pending")
    it.latest_charge = pending
    world.emit("charge.pending", pending, origin, subject=it.id)
    world.emit("payment_intent.processing", it, origin)
    sessions.authorized(world, it, origin)

    def settle() -> None:
        if it.status != "processing":
            return
        if method.test.decline:
            decline(world, it, method.test.decline, BY_ITSELF)
            sessions.payment_failed(world, it)
            return
        pending.status = "succeeded"
        pending.captured = True
        pending.amount_captured = it.amount_received = it.amount
        changed(pending)
        world.emit("charge.succeeded", pending, subject=it.id)
        _succeeded(world, it, BY_ITSELF)

    if method.test.settles:
        world.later(world.settle_seconds, settle)


def _new_charge(
    world: World, it: PaymentIntentState, method: PaymentMethodState, status: str
) -> ChargeState:
    return world.keep(
        ChargeState(
            id=world.id("ch_3"),
            scope=it.scope,
            created=world.now(),
            number=world.next_number(),
            intent=it,
            amount=it.amount,
            method=method,
            # Copied once: later changes of the intent's do not show here.
            metadata=dict(it.metadata),
            status=status,
        )
    )


def _next_action(world: World, it: PaymentIntentState, return_url: str | None) -> dict[str, object]:
    if return_url is None:
        return {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": _step(world, it)},
        }
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": _step(world, it)},
    }


def _step(world: World, it: PaymentIntentState) -> str:
    """Where the customer proves to be the cardholder."""
    return f"{world.url}/pay/{it.id}/authenticate?client_secret={it.client_secret}"
