"""The parameters of PaymentIntents: https://docs.stripe.com/api/payment_intents."""

from paycli.sandbox.standin import params
from paycli.sandbox.standin.lists import LIST
from paycli.sandbox.standin.params import Params, Schema, choice, integer, nested, text

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_RECIPIENT = ("carrier", "name", "phone", "tracking_number")
_SHIPPING: Schema = {
    **dict.fromkeys(_RECIPIENT, text()),
    "address": nested(dict.fromkeys(_ADDRESS, text())),
}


def shipping(value: object, name: str) -> object:
    """Where it goes, with every key that Stripe shows; empty is None."""
    told = nested(_SHIPPING, ("address", "name"))(value, name)
    if not isinstance(told, Params):
        return None
    address = told.inner("address")
    return {
        **{key: told.text(key) for key in _RECIPIENT},
        "address": {key: address.text(key) for key in _ADDRESS},
    }


ECHOED: Schema = {
    "application_fee_amount": integer(0),
    "customer": text(),
    "description": text(1000),
    "receipt_email": text(800),
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": shipping,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
    "transfer_group": text(),
}
_CARD: Schema = {
    "number": text(),
    "exp_month": integer(1, 12),
    "exp_year": integer(0),
    "cvc": text(4),
    "token": text(),
}
METHOD: Schema = {
    "payment_method": text(),
    "payment_method_data": nested(
        {
            "type": text(),
            "card": nested(_CARD),
            "billing_details": params.raw,
            "metadata": params.raw,
        }
    ),
    "payment_method_options": params.raw,
    "payment_method_types": params.array(text()),
}
_CONFIRMING: Schema = {
    **METHOD,
    "error_on_requires_action": params.boolean,
    "mandate_data": params.raw,
    "off_session": params.raw,
    "radar_options": params.raw,
    "return_url": text(),
    "use_stripe_sdk": params.boolean,
}
FIXED: Schema = {"on_behalf_of": text()}
KEPT = ECHOED.keys() | FIXED.keys()
"""The fields that are only kept and shown again."""
CREATE: Schema = {
    **ECHOED,
    **FIXED,
    **_CONFIRMING,
    "amount": integer(),
    "automatic_payment_methods": nested(
        {"enabled": params.boolean, "allow_redirects": choice("always", "never")}, ("enabled",)
    ),
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "confirm": params.boolean,
    "confirmation_method": choice("automatic", "manual"),
    "currency": params.currency,
    "metadata": params.metadata,
}
UPDATE: Schema = {
    **ECHOED,
    **METHOD,
    "amount": integer(),
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "currency": params.currency,
    "metadata": params.metadata,
}
CONFIRM: Schema = {
    **_CONFIRMING,
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "client_secret": text(),
    "receipt_email": text(800),
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": shipping,
}
CAPTURE: Schema = {
    "amount_to_capture": integer(),
    "application_fee_amount": integer(0),
    "final_capture": params.boolean,
    "metadata": params.metadata,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
}
CANCEL: Schema = {
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")
}
GET: Schema = {"client_secret": text()}
LIST_OF_INTENTS: Schema = {**LIST, "created": params.timestamps, "customer": text()}
SEARCH: Schema = {"query": text(), "limit": integer(1, 100), "page": text()}
