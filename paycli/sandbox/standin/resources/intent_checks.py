"""Checks that PaymentIntents and SetupIntents share, and their errors."""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import StripeErrorResponse, unexpected_state
from paycli.sandbox.standin.resources.payment_objects import Intent
from paycli.sandbox.standin.store.rendering import as_json


def check_return_url(call: ApiCall, intent: Intent) -> None:
    """Requires a return_url if the payment methods may redirect the customer.

    https://docs.stripe.com/api/payment_intents/confirm#confirm_payment_intent-return_url
    """
    methods = intent.automatic_methods
    if (
        methods is None
        or methods["allow_redirects"] == "never"
        or call.params.text("return_url")
        or call.params.flag("use_stripe_sdk")
        or is_off_session(call)
        or call.publishable
    ):
        return
    raise StripeErrorResponse(
        f"This {intent.NAME} accepts payment methods that may redirect the customer: give a "
        "return_url, or create it with automatic_payment_methods[allow_redirects]=never.",
        param="return_url",
    )


def check_client_secret(call: ApiCall, intent: Intent) -> None:
    """Requires the client secret of publishable keys, and refuses a wrong one of any key."""
    secret = call.params.text("client_secret")
    if secret == intent.client_secret or (secret is None and not call.publishable):
        return
    raise StripeErrorResponse(
        f"The client_secret is missing or does not match this {intent.NAME}.",
        code=f"{intent.TYPE}_invalid_parameter",
        param="client_secret",
    )


def no_payment_method(intent: Intent, *, stored: bool) -> StripeErrorResponse:
    """The error of a confirmation without a payment method; `stored`: the intent exists."""
    message = (
        f"You cannot confirm this {intent.NAME} because it's missing a payment method. You can "
        f"either update the {intent.NAME} with a payment method and then confirm it again, or "
        "confirm it again directly with a payment method or ConfirmationToken."
    )
    extra = {intent.TYPE: as_json(intent)} if stored else None
    return unexpected_state(message, f"{intent.TYPE}_unexpected_state", extra)


def unexpected_status(intent: Intent, message: str) -> StripeErrorResponse:
    """The error of an operation that the intent's status does not allow."""
    extra = {intent.TYPE: as_json(intent)}
    return unexpected_state(message, f"{intent.TYPE}_unexpected_state", extra)


def is_off_session(call: ApiCall) -> bool:
    """Whether the customer is absent, by the parameter `off_session`."""
    return call.params.values.get("off_session") not in (None, "false")
