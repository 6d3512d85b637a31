"""The parameters of Checkout Sessions: https://docs.stripe.com/api/checkout/sessions."""

from urllib.parse import urlsplit

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.errors import invalid_param, missing_param
from paycli.sandbox.standin.api.pagination import LIST
from paycli.sandbox.standin.api.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.resources import connect, payment_intent_params

_PRODUCT: Schema = {
    "name": text(),
    "description": text(),
    "images": params.unchecked,
    "metadata": params.metadata,
}
_PRICE: Schema = {
    "currency": params.currency,
    "product_data": nested(_PRODUCT, ("name",)),
    "tax_behavior": text(),
    "unit_amount": integer(0),
}
_ITEM: Schema = {
    "price_data": nested(_PRICE, ("currency", "product_data", "unit_amount")),
    "quantity": integer(1),
}
_PAYMENT_INTENT: Schema = {
    **payment_intent_params.ECHOED,
    **connect.ON_CREATE,
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "metadata": params.metadata,
}
LOCALES = (
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
)  # fmt: skip
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale"""
ECHOED: Schema = {
    "billing_address_collection": choice("auto", "required"),
    "cancel_url": text(),
    "client_reference_id": text(200),
    "customer_creation": choice("always", "if_required"),
    "customer_email": text(800),
    "locale": choice(*LOCALES),
    "redirect_on_completion": choice("always", "if_required", "never"),
    "return_url": text(),
    "submit_type": choice("auto", "book", "donate", "pay"),
    "success_url": text(),
    "ui_mode": choice("embedded_page", "hosted_page"),
}
CREATE: Schema = {
    **ECHOED,
    "currency": params.currency,
    "customer": text(),
    "expires_at": integer(),
    "line_items": params.array(nested(_ITEM, ("price_data",))),
    "metadata": params.metadata,
    "mode": choice("payment", "setup", "subscription"),
    "payment_intent_data": nested(_PAYMENT_INTENT),
    "payment_method_types": params.array(text()),
    "setup_intent_data": nested({"description": text(1000), "metadata": params.metadata}),
}
UPDATE: Schema = {"metadata": params.metadata}
LIST_SESSIONS: Schema = {
    **LIST,
    "created": params.timestamps,
    "customer": text(),
    "payment_intent": text(),
    "status": choice("complete", "expired", "open"),
}


def _check_url(parsed: Params, name: str) -> None:
    """Requires a http or https URL, if there is one. Raises StripeErrorResponse."""
    url = parsed.text(name)
    if url is not None and urlsplit(url).scheme not in ("http", "https"):
        raise invalid_param(name, f"Not a valid URL: {name}", "url_invalid")


def check_urls(parsed: Params) -> None:
    """Checks where the page leads: by `success_url`, or `return_url` of an embedded one.

    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-return_url

    Raises:
        StripeErrorResponse: a URL is invalid, missing, or not for this `ui_mode`.
    """
    for name in ("success_url", "cancel_url", "return_url"):
        _check_url(parsed, name)
    if parsed.text("ui_mode") == "embedded_page":
        required, unexpected = "return_url", ("success_url", "cancel_url")
        optional = parsed.text("redirect_on_completion") == "never"
    else:
        required, unexpected = "success_url", ("return_url", "redirect_on_completion")
        optional = False
    for name in unexpected:
        if parsed.text(name) is not None:
            mode = parsed.text("ui_mode") or "hosted_page"
            raise invalid_param(name, f"`{name}` is not allowed when `ui_mode` is `{mode}`.")
    if parsed.text(required) is None and not optional:
        raise missing_param(required)
