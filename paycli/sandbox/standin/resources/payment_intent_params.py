"""The parameters of PaymentIntents: https://docs.stripe.com/api/payment_intents."""

import re

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.errors import invalid_param
from paycli.sandbox.standin.api.pagination import LIST
from paycli.sandbox.standin.api.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.resources import connect, holds
from paycli.sandbox.standin.resources.payment_method_params import (
    AUTOMATIC_METHODS,
    PAYMENT_METHOD_DATA,
)
from paycli.sandbox.standin.store.objects import Json

_STATEMENT_SUFFIX = re.compile(r"""[^<>\\'"*]*[A-Za-z][^<>\\'"*]*""")
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
_RECIPIENT = ("carrier", "name", "phone", "tracking_number")
_SHIPPING: Schema = {
    **dict.fromkeys(_RECIPIENT, text()),
    "address": nested(dict.fromkeys(_ADDRESS, text())),
}


def shipping(value: object, name: str) -> object:
    """Shipping details with all the keys that Stripe shows; empty is None."""
    parsed = nested(_SHIPPING, ("address", "name"))(value, name)
    if not isinstance(parsed, Params):
        return None
    address = parsed.inner("address")
    return {
        **{key: parsed.text(key) for key in _RECIPIENT},
        "address": {key: address.text(key) for key in _ADDRESS},
    }


def statement_suffix(value: object, name: str) -> object:
    """https://docs.stripe.com/get-started/account/statement-descriptors; empty is None."""
    suffix = text(22)(value, name)
    if isinstance(suffix, str) and not _STATEMENT_SUFFIX.fullmatch(suffix):
        message = "The statement descriptor suffix must have a letter, and none of < > \\ ' \" *."
        raise invalid_param(name, message)
    return suffix


def echoed_fields(parsed: Params) -> Json:
    """The parameters that are only stored and shown again."""
    return {name: parsed.values[name] for name in _STORED & parsed.values.keys()}


ECHOED: Schema = {
    "application_fee_amount": integer(0),
    "description": text(1000),
    "receipt_email": text(800),
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": shipping,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": statement_suffix,
    "transfer_group": text(),
}
_STORED = ECHOED.keys() | connect.ON_CREATE.keys()
_CAPTURE_METHOD = choice("automatic", "automatic_async", "manual")
_METHOD: Schema = {
    "payment_method": text(),
    "payment_method_data": PAYMENT_METHOD_DATA,
    "payment_method_options": holds.payment_method_options,
    "payment_method_types": params.array(text()),
}
_CONFIRMATION: Schema = {
    **_METHOD,
    "error_on_requires_action": params.boolean,
    "mandate_data": params.unchecked,
    "off_session": params.unchecked,
    "radar_options": params.unchecked,
    "return_url": text(),
    "use_stripe_sdk": params.boolean,
}
CREATE: Schema = {
    **ECHOED,
    **connect.ON_CREATE,
    **_CONFIRMATION,
    "amount": integer(),
    "automatic_payment_methods": AUTOMATIC_METHODS,
    "capture_method": _CAPTURE_METHOD,
    "confirm": params.boolean,
    "confirmation_method": choice("automatic", "manual"),
    "currency": params.currency,
    "customer": text(),
    "metadata": params.metadata,
}
UPDATE: Schema = {
    **ECHOED,
    **_METHOD,
    "amount": integer(),
    "capture_method": _CAPTURE_METHOD,
    "currency": params.currency,
    "customer": text(),
    "metadata": params.metadata,
}
CONFIRM: Schema = {
    **_CONFIRMATION,
    "capture_method": _CAPTURE_METHOD,
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
    "statement_descriptor_suffix": statement_suffix,
}
INCREMENT: Schema = {
    "amount": integer(),
    "application_fee_amount": integer(0),
    "description": text(1000),
    "metadata": params.metadata,
    "statement_descriptor": text(22),
}
CANCEL: Schema = {
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")
}
GET: Schema = {"client_secret": text()}
LIST_INTENTS: Schema = {**LIST, "created": params.timestamps, "customer": text()}
