"""All routes of the API on one screen."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from paycli.sandbox.standin import checkout, intent_params, intents, readers, refunds
from paycli.sandbox.standin.call import Route
from paycli.sandbox.standin.lists import LIST
from paycli.sandbox.standin.params import Schema, array, text
from paycli.sandbox.standin.resources.payment_objects import JsonObjectState

PI, RE = "/v1/payment_intents", "/v1/refunds"
CS = "/v1/checkout/sessions"
_EXPAND: Schema = {"expand": array(text())}


def table(endpoints: Sequence[JsonObjectState]) -> dict[tuple[str, str], Route]:
    """What does each request, by method and path; `{id}` stands for one part of the path."""
    routes = {
        ("POST", PI): Route(intents.create, intent_params.CREATE, ("amount", "currency")),
        ("GET", PI): Route(intents.list_, intent_params.LIST_OF_INTENTS),
        ("GET", f"{PI}/search"): Route(intents.search, intent_params.SEARCH),
        ("GET", f"{PI}/{{id}}"): Route(intents.get, intent_params.GET, publishable=True),
        ("POST", f"{PI}/{{id}}"): Route(intents.update, intent_params.UPDATE),
        ("POST", f"{PI}/{{id}}/confirm"): Route(
            intents.confirm, intent_params.CONFIRM, publishable=True
        ),
        ("POST", f"{PI}/{{id}}/capture"): Route(intents.capture, intent_params.CAPTURE),
        ("POST", f"{PI}/{{id}}/cancel"): Route(intents.cancel, intent_params.CANCEL),
        ("POST", RE): Route(refunds.create, refunds.CREATE),
        ("GET", RE): Route(refunds.list_, refunds.LIST_OF_REFUNDS),
        ("GET", f"{RE}/{{id}}"): Route(refunds.get),
        ("POST", f"{RE}/{{id}}"): Route(refunds.update, refunds.UPDATE),
        ("POST", f"{RE}/{{id}}/cancel"): Route(refunds.cancel),
        ("POST", CS): Route(checkout.create, checkout.CREATE, ("mode",)),
        ("GET", CS): Route(checkout.list_, checkout.LIST_OF_SESSIONS),
        ("GET", f"{CS}/{{id}}"): Route(checkout.get),
        ("POST", f"{CS}/{{id}}/expire"): Route(checkout.expire),
        ("GET", "/v1/events"): Route(readers.list_events, readers.LIST_OF_EVENTS),
        ("GET", "/v1/events/{id}"): Route(readers.get_event),
        ("GET", "/v1/charges"): Route(readers.list_charges, readers.LIST_OF_CHARGES),
        ("GET", "/v1/charges/{id}"): Route(readers.get_charge),
        ("GET", "/v1/payment_methods/{id}"): Route(readers.get_payment_method),
        ("GET", "/v1/account"): Route(readers.get_account),
        ("GET", "/v1/webhook_endpoints"): Route(partial(readers.list_endpoints, endpoints), LIST),
    }
    return {at: replace(it, schema={**it.schema, **_EXPAND}) for at, it in routes.items()}
