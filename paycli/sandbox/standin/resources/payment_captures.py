"""Captures and increments of authorized PaymentIntents: https://docs.stripe.com/api/payment_intents."""

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse, invalid_param
from paycli.sandbox.standin.api.params import merge_metadata
from paycli.sandbox.standin.resources import (
    hold_lifecycle,
    holds,
    payment_intent_params,
    payment_lifecycle,
)
from paycli.sandbox.standin.resources.amount_limits import check_amount
from paycli.sandbox.standin.resources.intent_checks import unexpected_status
from paycli.sandbox.standin.resources.payment_intent_params import echoed_fields
from paycli.sandbox.standin.resources.payment_objects import ChargeState, PaymentIntentState
from paycli.sandbox.standin.store.objects import ObjectState


def capture(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/capture."""
    intent, charge = _held(call, "captured")
    params = call.params
    final = params.values.get("final_capture") is not False
    if not final and holds.MULTICAPTURE not in charge.granted:
        message = "You can only set final_capture to false when multicapture is available."
        raise invalid_param("final_capture", message)
    amount = params.number("amount_to_capture")
    amount = intent.amount_capturable if amount is None else amount
    limit = intent.amount_capturable
    if holds.OVERCAPTURE in charge.granted:
        limit = holds.maximum_capturable(charge) - intent.amount_received
    if amount > limit:
        raise StripeErrorResponse(
            f"At most {limit} can be captured.",
            code="amount_too_large",
            param="amount_to_capture",
            stored=True,
        )
    # After captures of parts, 0 releases the rest.
    if amount < 0 or (amount == 0 and not (final and intent.amount_received)):
        message = "This value must be greater than or equal to 1."
        raise invalid_param("amount_to_capture", message, "parameter_invalid_integer")
    echoed = {**intent.echoed, **echoed_fields(params)}
    intent.metadata = merge_metadata(intent.metadata, params.metadata())
    intent.echoed = echoed
    payment_lifecycle.capture(call.store, intent, amount, call.origin, final=final)
    return intent


def increment(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/increment_authorization."""
    intent, charge = _held(call, "incremented")
    if holds.INCREMENTAL not in charge.granted:
        message = "This PaymentIntent isn't eligible for incremental authorization."
        raise StripeErrorResponse(message, stored=True)
    amount = call.params.number("amount")
    assert amount is not None
    check_amount(amount, intent.currency)
    if amount <= intent.amount:
        message = f"The amount must be greater than the authorized amount, {intent.amount}."
        raise invalid_param("amount", message)
    if intent.increments >= holds.MAX_INCREMENTS:
        message = f"This PaymentIntent has been incremented {holds.MAX_INCREMENTS} times."
        raise StripeErrorResponse(message, stored=True)
    hold_lifecycle.increment(call.store, intent, amount, call.origin)
    intent.metadata = merge_metadata(intent.metadata, call.params.metadata())
    intent.echoed = {**intent.echoed, **echoed_fields(call.params)}
    intent.mark_changed()
    return intent


def _held(call: ApiCall, done: str) -> tuple[PaymentIntentState, ChargeState]:
    """The authorized PaymentIntent in the path, and its charge. Raises StripeErrorResponse."""
    intent = hold_lifecycle.find_intent(call)
    if intent.status != "requires_capture" or intent.latest_charge is None:
        message = f"This PaymentIntent can't be {done}: its status is {intent.status}."
        raise unexpected_status(intent, message)
    return intent, intent.latest_charge


_ONE = f"{PaymentIntentState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", f"{_ONE}/capture"): ApiRoute(capture, payment_intent_params.CAPTURE),
    ("POST", f"{_ONE}/increment_authorization"): ApiRoute(
        increment, payment_intent_params.INCREMENT, ("amount",)
    ),
}
