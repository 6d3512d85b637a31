"""The confirmation of a PaymentIntent with a request's parameters, and its checks."""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import StripeErrorResponse, unexpected_state
from paycli.sandbox.standin.resources import payment_lifecycle
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState, PaymentMethodState
from paycli.sandbox.standin.store.rendering import as_json


def confirm(call: ApiCall, intent: PaymentIntentState, method: PaymentMethodState) -> None:
    """Attempts the payment with a payment method. Raises StripeErrorResponse."""
    payment_lifecycle.confirm(
        call.store,
        intent,
        method,
        call.origin,
        off_session=_off_session(call),
        action_is_error=call.params.flag("error_on_requires_action"),
        return_url=call.params.text("return_url"),
    )


def check_return_url(call: ApiCall, intent: PaymentIntentState) -> None:
    """Requires a return_url if the payment methods may redirect the customer.

    https://docs.stripe.com/api/payment_intents/confirm#confirm_payment_intent-return_url
    """
    methods = intent.automatic_methods
    if (
        methods is None
        or methods["allow_redirects"] == "never"
        or call.params.text("return_url")
        or call.params.flag("use_stripe_sdk")
        or _off_session(call)
        or call.publishable
    ):
        return
    raise StripeErrorResponse(
        "This PaymentIntent accepts payment methods that may redirect the customer: give a "
        "return_url, or create it with automatic_payment_methods[allow_redirects]=never.",
        param="return_url",
    )


def check_client_secret(call: ApiCall, intent: PaymentIntentState) -> None:
    """Requires the client secret of publishable keys, and refuses a wrong one of any key."""
    secret = call.params.text("client_secret")
    if secret == intent.client_secret or (secret is None and not call.publishable):
        return
    raise StripeErrorResponse(
        "The client_secret is missing or does not match this PaymentIntent.",
        code="payment_intent_invalid_parameter",
        param="client_secret",
    )


def no_payment_method(intent: PaymentIntentState | None) -> StripeErrorResponse:
    """The error of a confirmation without a payment method."""
    message = "You can't confirm this PaymentIntent: it has no payment method."
    extra = {"payment_intent": as_json(intent)} if intent else None
    return unexpected_state(message, "payment_intent_unexpected_state", extra)


def unexpected_status(intent: PaymentIntentState, message: str) -> StripeErrorResponse:
    """The error of an operation that the intent's status does not allow."""
    extra = {"payment_intent": as_json(intent)}
    return unexpected_state(message, "payment_intent_unexpected_state", extra)


def _off_session(call: ApiCall) -> bool:
    return call.params.values.get("off_session") not in (None, "false")
