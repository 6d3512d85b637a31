"""What is granted for the hold of a card: https://docs.stripe.com/payments/flexible-payments.

A feature that was requested is granted if the card's brand has it.
"""

from paycli.sandbox.standin.api.params import Params, choice
from paycli.sandbox.standin.resources.payment_objects import ChargeState, PaymentIntentState
from paycli.sandbox.standin.store.objects import Json

EXTENDED = "extended_authorization"
INCREMENTAL = "incremental_authorization"
MULTICAPTURE = "multicapture"
OVERCAPTURE = "overcapture"
MAX_INCREMENTS = 10
"""https://docs.stripe.com/api/payment_intents/increment_authorization"""

_MAIN_BRANDS = frozenset({"amex", "discover", "mastercard", "visa"})
_BRANDS = {
    EXTENDED: _MAIN_BRANDS,
    INCREMENTAL: _MAIN_BRANDS,
    MULTICAPTURE: _MAIN_BRANDS | {"diners", "jcb", "unionpay"},
    OVERCAPTURE: _MAIN_BRANDS,
}
"""The "Availability" of each feature's page, such as https://docs.stripe.com/payments/multicapture"""
_DAY_SECONDS = 86_400
_CAPTURE_SECONDS = {False: 7 * _DAY_SECONDS, True: 30 * _DAY_SECONDS}
"""By whether the hold is extended. https://docs.stripe.com/payments/extended-authorization"""
_OVERCAPTURE_PERCENT = 15
"""Of most merchants with Visa. https://docs.stripe.com/payments/overcapture"""


def payment_method_options(value: object, name: str) -> object:
    """The parameter as it is: only the requests for features of a hold are checked."""
    card = value.get("card") if isinstance(value, dict) else None
    if isinstance(card, dict):
        for feature in _BRANDS:
            if (request := f"request_{feature}") in card:
                choice("if_available", "never")(card[request], f"{name}[card][{request}]")
    return value or None


def add_requests(intent: PaymentIntentState, params: Params) -> None:
    """Stores the features that `payment_method_options` requests, or no longer does."""
    options = params.values.get("payment_method_options")
    card = options.get("card") if isinstance(options, dict) else None
    if isinstance(card, dict):
        intent.hold_requests |= {
            feature: card[request]
            for feature in _BRANDS
            if (request := f"request_{feature}") in card
        }


def shown_requests(intent: PaymentIntentState) -> Json:
    """The intent's `payment_method_options`."""
    requests = {f"request_{name}": value for name, value in intent.hold_requests.items()}
    return {"card": requests} if requests else {}


def grant(intent: PaymentIntentState, charge: ChargeState) -> None:
    """Grants the requested features of an authorization, and sets when it ends."""
    charge.granted = frozenset(
        feature
        for feature, value in intent.hold_requests.items()
        if value == "if_available" and charge.method.test.brand in _BRANDS[feature]
    )
    charge.capture_before = charge.created + _CAPTURE_SECONDS[EXTENDED in charge.granted]


def maximum_capturable(charge: ChargeState) -> int:
    """The most that all captures together can be."""
    if OVERCAPTURE not in charge.granted:
        return charge.amount
    return charge.amount * (100 + _OVERCAPTURE_PERCENT) // 100


def shown_features(charge: ChargeState) -> Json:
    """The features in a charge's `payment_method_details[card]`."""

    def status(feature: str) -> str:
        return "available" if feature in charge.granted else "unavailable"

    return {
        EXTENDED: {"status": "enabled" if EXTENDED in charge.granted else "disabled"},
        INCREMENTAL: {"status": status(INCREMENTAL)},
        MULTICAPTURE: {"status": status(MULTICAPTURE)},
        OVERCAPTURE: {
            "maximum_amount_capturable": maximum_capturable(charge),
            "status": status(OVERCAPTURE),
        },
        **({"capture_before": charge.capture_before} if charge.capture_before else {}),
    }
