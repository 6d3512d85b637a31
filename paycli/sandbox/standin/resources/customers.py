"""Customers: https://docs.stripe.com/api/customers."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import invalid_param, not_found
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Params, Schema, merge_metadata, text
from paycli.sandbox.standin.api.search import SEARCH, search_page
from paycli.sandbox.standin.resources.attachments import attached_to, detach, existing_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.payment_objects import CustomerState
from paycli.sandbox.standin.store.objects import Json, ObjectState, Scope
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

_SEARCHABLE = ("created", "email", "metadata", "name", "phone")
"""https://docs.stripe.com/search#query-fields-for-customers"""
_STORED: Schema = {
    "description": text(5000),
    "email": text(512),
    "name": text(256),
    "phone": text(20),
}
WRITE: Schema = {**_STORED, "metadata": params.metadata}
LIST_CUSTOMERS: Schema = {**LIST, "created": params.timestamps, "email": text(512)}
_EXAMPLE = example("customer", currency=None, discount=None, shipping=None)


@as_json.register
def customer_json(customer: CustomerState) -> Json:
    """A customer; a deleted one has nothing but its id."""
    if customer.deleted:
        return {"id": customer.id, "object": "customer", "deleted": True}
    return {
        **_EXAMPLE,
        "created": customer.created,
        "id": customer.id,
        "livemode": customer.scope.livemode,
        "metadata": customer.metadata,
        **dict.fromkeys(_STORED),
        **customer.stored,
    }


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/customers/create."""
    _check_email(call.params)
    store = call.store
    customer = store.add(
        CustomerState(
            id=store.new_id("cus_")[:18],
            scope=call.scope,
            created=store.now(),
            number=store.next_number(),
            metadata=merge_metadata({}, call.params.metadata()),
            stored=_stored(call.params),
        )
    )
    store.emit("customer.created", customer, call.origin)
    return customer


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/customers/retrieve: also one that is deleted."""
    return call.find(CustomerState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/customers/list: `email` is compared exactly."""
    email = call.params.text("email")
    return list_page(
        call,
        CustomerState,
        lambda customer: not customer.deleted and email in (None, customer.stored.get("email")),
    )


def search(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/customers/search."""
    return search_page(call, CustomerState, _SEARCHABLE, lambda customer: not customer.deleted)


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/customers/update."""
    customer = existing(call)
    _check_email(call.params)
    customer.metadata = merge_metadata(customer.metadata, call.params.metadata())
    customer.stored = {**customer.stored, **_stored(call.params)}
    customer.mark_changed()
    call.store.emit("customer.updated", customer, call.origin)
    return customer


def delete(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/customers/delete: the customer's methods are detached."""
    customer = existing(call)
    for method in attached_to(call.store, customer):
        detach(call.store, method, call.origin)
    call.store.emit("customer.deleted", customer, call.origin)
    customer.deleted = True
    customer.stored, customer.metadata = {}, {}
    customer.mark_changed()
    return customer


def existing(call: ApiCall) -> CustomerState:
    """The customer with the id in the path. Raises StripeErrorResponse, if deleted as well."""
    customer = call.find(CustomerState)
    if customer.deleted:
        raise not_found("customer", customer.id)
    return customer


def find_customer(store: Store, scope: Scope, parsed: Params) -> CustomerState | None:
    """The customer that the parameter `customer` names, None without it.

    Raises:
        StripeErrorResponse: it does not exist, or is deleted.
    """
    customer_id = parsed.text("customer")
    return None if customer_id is None else existing_customer(store, scope, customer_id)


def _stored(parsed: Params) -> Json:
    return {name: parsed.text(name) for name in _STORED if name in parsed}


def _check_email(parsed: Params) -> None:
    email = parsed.text("email")
    if email is not None and "@" not in email.strip("@"):
        raise invalid_param("email", f"Invalid email address: {email}", "email_invalid")


_ONE = f"{CustomerState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", CustomerState.URL): ApiRoute(create, WRITE),
    ("GET", CustomerState.URL): ApiRoute(list_, LIST_CUSTOMERS),
    ("GET", f"{CustomerState.URL}/search"): ApiRoute(search, SEARCH),
    ("GET", _ONE): ApiRoute(get),
    ("POST", _ONE): ApiRoute(update, WRITE),
    ("DELETE", _ONE): ApiRoute(delete),
}
