"""The confirmation of a PaymentIntent with a request's parameters."""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import invalid_param, missing_param
from paycli.sandbox.standin.resources import payment_lifecycle
from paycli.sandbox.standin.resources.intent_checks import is_off_session
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState, PaymentMethodState


def check_off_session(call: ApiCall, intent: PaymentIntentState) -> None:
    """Checks a confirmation without the customer, `off_session`.

    https://docs.stripe.com/api/payment_intents/create#create_payment_intent-off_session

    Raises:
        StripeErrorResponse: the intent has no customer, or also saves the payment method.
    """
    if not is_off_session(call):
        return
    if intent.future_usage or call.params.text("setup_future_usage"):
        raise invalid_param(
            "off_session",
            "You cannot confirm with `off_session=true` when `setup_future_usage` is also set on "
            "the PaymentIntent. The customer needs to be on-session to perform the steps which may "
            "be required to set up the PaymentMethod for future usage. Please confirm this "
            "PaymentIntent with your customer on-session.",
        )
    if intent.customer is None:
        raise missing_param("customer")


def confirm(call: ApiCall, intent: PaymentIntentState, method: PaymentMethodState) -> None:
    """Attempts the payment with a payment method. Raises StripeErrorResponse."""
    payment_lifecycle.confirm(
        call.store,
        intent,
        method,
        call.origin,
        off_session=is_off_session(call),
        action_is_error=call.params.flag("error_on_requires_action"),
        return_url=call.params.text("return_url"),
    )
