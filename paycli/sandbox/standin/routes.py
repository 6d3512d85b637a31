"""All routes of Stripe's API that the stand-in has; each resource has its own."""

from dataclasses import replace

from paycli.sandbox.standin.api.call import ApiRoute, Routes
from paycli.sandbox.standin.api.params import Schema, array, text
from paycli.sandbox.standin.resources import (
    account_links,
    accounts,
    application_fees,
    balance,
    balance_transactions,
    charges,
    checkout_sessions,
    customer_sessions,
    customers,
    disputes,
    events,
    payment_captures,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    transfers,
    webhook_endpoints,
)

_RESOURCES = (
    account_links,
    accounts,
    application_fees,
    balance,
    balance_transactions,
    charges,
    checkout_sessions,
    customer_sessions,
    customers,
    disputes,
    events,
    payment_captures,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    setup_intents,
    transfers,
    webhook_endpoints,
)
_EXPAND: Schema = {"expand": array(text())}


def _with_expand(method: str, route: ApiRoute) -> ApiRoute:
    return route if method == "DELETE" else replace(route, schema={**route.schema, **_EXPAND})


API_ROUTES: Routes = {
    (method, path): _with_expand(method, route)
    for resource in _RESOURCES
    for (method, path), route in resource.ROUTES.items()
}
"""By method and path; all but deletions have `expand`."""
