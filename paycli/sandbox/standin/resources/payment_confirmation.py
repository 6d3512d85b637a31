"""The confirmation of a PaymentIntent with a request's parameters."""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.resources import payment_lifecycle
from paycli.sandbox.standin.resources.intent_checks import is_off_session
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState, PaymentMethodState


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
