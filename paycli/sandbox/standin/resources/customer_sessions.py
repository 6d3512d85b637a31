"""CustomerSessions: https://docs.stripe.com/api/customer_sessions.

Stripe.js uses their client secret to show a customer's saved cards.
"""

from dataclasses import dataclass

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, Routes
from paycli.sandbox.standin.api.errors import invalid_param, missing_param
from paycli.sandbox.standin.api.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.resources.customers import find_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.objects import Json, JsonObjectState, ObjectState

LIFETIME_SECONDS = 1800
_SWITCH = choice("disabled", "enabled")
_FEATURES: Schema = {
    "payment_method_allow_redisplay_filters": params.array(
        choice("always", "limited", "unspecified")
    ),
    "payment_method_redisplay": _SWITCH,
    "payment_method_redisplay_limit": integer(1, 10),
    "payment_method_remove": _SWITCH,
    "payment_method_save": _SWITCH,
    "payment_method_save_usage": choice("off_session", "on_session"),
}
_PAYMENT_ELEMENT: Schema = {"enabled": params.boolean, "features": nested(_FEATURES)}
CREATE: Schema = {
    "components": nested({"payment_element": nested(_PAYMENT_ELEMENT, ("enabled",))}),
    "customer": text(),
}
_DEFAULTS: Json = {
    "payment_method_allow_redisplay_filters": ["always"],
    "payment_method_redisplay": "disabled",
    "payment_method_redisplay_limit": 3,
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
    "payment_method_save_usage": None,
}
_OFF: Json = {"enabled": False}


@dataclass(slots=True, kw_only=True, eq=False)
class CustomerSessionState(JsonObjectState):
    """https://docs.stripe.com/api/customer_sessions/object; it has no id."""

    TYPE = "customer_session"
    URL = "/v1/customer_sessions"


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/customer_sessions/create: for the Payment Element."""
    store, now = call.store, call.store.now()
    customer = find_customer(store, call.scope, call.params)
    if customer is None:
        raise missing_param("customer")
    element = call.params.inner("components").inner("payment_element")
    if not element.flag("enabled"):
        raise invalid_param("components", "At least one component must be enabled.")
    secret = f"cuss_secret_{store.new_id('')}{store.new_id('')}"
    fields: Json = {
        "client_secret": secret,
        "components": _components(element.inner("features")),
        "created": now,
        "customer": customer.id,
        "expires_at": now + LIFETIME_SECONDS,
        "livemode": call.scope.livemode,
    }
    return CustomerSessionState(
        id=secret,
        scope=call.scope,
        created=now,
        number=store.next_number(),
        json=example("customer_session", **fields),
    )


def _components(features: Params) -> Json:
    """All components that Stripe shows, of which only the Payment Element is enabled.

    Raises:
        StripeErrorResponse: `payment_method_save` needs a `payment_method_save_usage`.
    """
    chosen: Json = {**_DEFAULTS, **features.values}
    if chosen["payment_method_save"] == "enabled" and not chosen["payment_method_save_usage"]:
        raise missing_param("components[payment_element][features][payment_method_save_usage]")
    example_components = example("customer_session")["components"]
    assert isinstance(example_components, dict)
    off = {name: {**_OFF, **_no_features(shown)} for name, shown in example_components.items()}
    return {**off, "payment_element": {"enabled": True, "features": chosen}}


def _no_features(component: Json) -> Json:
    return {"features": None} if "features" in component else {}


ROUTES: Routes = {
    ("POST", CustomerSessionState.URL): ApiRoute(create, CREATE, ("components",)),
}
