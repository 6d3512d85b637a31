"""Events: https://docs.stripe.com/api/events."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.store.events import EmittedEvent, matches_type
from paycli.sandbox.standin.store.objects import ObjectState

MAX_TYPES = 20
LIST_EVENTS: Schema = {
    **LIST,
    "created": params.timestamps,
    "delivery_success": params.boolean,
    "type": text(),
    "types": params.array(text()),
}


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/events/retrieve."""
    return call.find(EmittedEvent)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/events/list.

    `delivery_success` false: events that have not yet been delivered to all endpoints.
    """
    event_type, types = call.params.text("type"), call.params.items("types")
    if event_type is not None and types is not None:
        raise StripeErrorResponse("You may only give one of these parameters: type, types.")
    if types is not None and len(types) > MAX_TYPES:
        raise StripeErrorResponse(f"You may give at most {MAX_TYPES} types.", param="types")
    patterns = [event_type] if event_type is not None else [str(name) for name in types or ()]
    success = call.params.values.get("delivery_success")

    def matches(event: EmittedEvent) -> bool:
        if patterns and not any(matches_type(event.type, pattern) for pattern in patterns):
            return False
        return success is None or success is (event.pending == 0)

    return list_page(call, EmittedEvent, matches)


ROUTES: Routes = {
    ("GET", EmittedEvent.URL): ApiRoute(list_, LIST_EVENTS),
    ("GET", f"{EmittedEvent.URL}/{{id}}"): ApiRoute(get),
}
