"""All routes of Stripe's API that the stand-in has."""

from dataclasses import replace

from paycli.sandbox.standin.api.call import ApiRoute
from paycli.sandbox.standin.api.pagination import LIST
from paycli.sandbox.standin.api.params import Schema, array, text
from paycli.sandbox.standin.resources import (
    accounts,
    charges,
    checkout_session_params,
    checkout_sessions,
    events,
    payment_intent_params,
    payment_intents,
    payment_methods,
    refunds,
    webhook_endpoints,
)

PI, RE = "/v1/payment_intents", "/v1/refunds"
CS = "/v1/checkout/sessions"
_EXPAND: Schema = {"expand": array(text())}
_ROUTES = {
    ("POST", PI): ApiRoute(
        payment_intents.create, payment_intent_params.CREATE, ("amount", "currency")
    ),
    ("GET", PI): ApiRoute(payment_intents.list_, payment_intent_params.LIST_INTENTS),
    ("GET", f"{PI}/search"): ApiRoute(payment_intents.search, payment_intent_params.SEARCH),
    ("GET", f"{PI}/{{id}}"): ApiRoute(
        payment_intents.get, payment_intent_params.GET, publishable=True
    ),
    ("POST", f"{PI}/{{id}}"): ApiRoute(payment_intents.update, payment_intent_params.UPDATE),
    ("POST", f"{PI}/{{id}}/confirm"): ApiRoute(
        payment_intents.confirm, payment_intent_params.CONFIRM, publishable=True
    ),
    ("POST", f"{PI}/{{id}}/capture"): ApiRoute(
        payment_intents.capture, payment_intent_params.CAPTURE
    ),
    ("POST", f"{PI}/{{id}}/cancel"): ApiRoute(payment_intents.cancel, payment_intent_params.CANCEL),
    ("POST", RE): ApiRoute(refunds.create, refunds.CREATE),
    ("GET", RE): ApiRoute(refunds.list_, refunds.LIST_REFUNDS),
    ("GET", f"{RE}/{{id}}"): ApiRoute(refunds.get),
    ("POST", f"{RE}/{{id}}"): ApiRoute(refunds.update, refunds.UPDATE),
    ("POST", f"{RE}/{{id}}/cancel"): ApiRoute(refunds.cancel),
    ("POST", CS): ApiRoute(checkout_sessions.create, checkout_session_params.CREATE, ("mode",)),
    ("GET", CS): ApiRoute(checkout_sessions.list_, checkout_session_params.LIST_SESSIONS),
    ("GET", f"{CS}/{{id}}"): ApiRoute(checkout_sessions.get),
    ("POST", f"{CS}/{{id}}/expire"): ApiRoute(checkout_sessions.expire),
    ("GET", "/v1/events"): ApiRoute(events.list_, events.LIST_EVENTS),
    ("GET", "/v1/events/{id}"): ApiRoute(events.get),
    ("GET", "/v1/charges"): ApiRoute(charges.list_, charges.LIST_CHARGES),
    ("GET", "/v1/charges/{id}"): ApiRoute(charges.get),
    ("GET", "/v1/payment_methods/{id}"): ApiRoute(payment_methods.get),
    ("GET", "/v1/account"): ApiRoute(accounts.get),
    ("GET", "/v1/webhook_endpoints"): ApiRoute(webhook_endpoints.list_, LIST),
}
API_ROUTES = {
    at: replace(route, schema={**route.schema, **_EXPAND}) for at, route in _ROUTES.items()
}
"""By method and path; `{id}` stands for one segment of the path. All have `expand`."""
