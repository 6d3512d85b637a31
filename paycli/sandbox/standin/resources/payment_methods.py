"""PaymentMethods: https://docs.stripe.com/api/payment_methods."""

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse, missing_param, not_found
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, text
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import attachments, customers
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.lookup import find_named
from paycli.sandbox.standin.resources.payment_method_params import (
    METHOD,
    from_card,
    from_params,
)
from paycli.sandbox.standin.resources.payment_objects import CustomerState, PaymentMethodState
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store

MONTHS = range(1, 13)
BILLING_DETAILS: Json = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
LIST_OF_CUSTOMER: Schema = {**LIST, "type": text()}
_EXAMPLE = example("payment_method", metadata={})


@as_json.register
def payment_method_json(method: PaymentMethodState) -> Json:
    """A PaymentMethod."""
    test = method.test
    common = {
        **_EXAMPLE,
        "billing_details": BILLING_DETAILS,
        "created": method.created,
        "customer": method.customer,
        "id": method.id,
        "livemode": method.scope.livemode,
        "type": test.type,
    }
    if test.type == "card":
        card = _EXAMPLE["card"]
        assert isinstance(card, dict)
        return common | {
            "card": {
                **card,
                "brand": test.brand,
                "display_brand": test.brand,
                "exp_month": method.exp_month,
                "exp_year": method.exp_year,
                "funding": test.funding,
                "generated_from": None,
                "last4": test.last4,
                "networks": {"available": [test.brand], "preferred": None},
                "wallet": None,
            }
        }
    del common["card"]
    return common | {test.type: _bank_account(test.last4)}


def create(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/create: of a card, by number or token."""
    if call.params.text("type") not in ("card", None):
        raise StripeErrorResponse("The sandbox creates only cards.", param="type")
    method = from_card(call)
    if method is None:
        raise missing_param("card")
    return method


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/retrieve."""
    return call.find(PaymentMethodState)


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/payment_methods/list: those that are attached to customers."""
    customer = customers.find_customer(call.store, call.scope, call.params)
    return _page(call, customer, PaymentMethodState.URL)


def list_of_customer(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/payment_methods/customer_list."""
    customer = customers.existing(call)
    return _page(call, customer, f"{CustomerState.URL}/{customer.id}/payment_methods")


def get_of_customer(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/customer."""
    customer = customers.existing(call)
    method = call.store.find(PaymentMethodState, call.ids[1], call.scope)
    if method is None or method.customer != customer.id:
        raise not_found("PaymentMethod", call.ids[1], PaymentMethodState.ID_PARAM)
    return method


def attach(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/attach: also a test one by its id `pm_card_…`."""
    customer = customers.find_customer(call.store, call.scope, call.params)
    if customer is None:
        raise missing_param("customer")
    method = from_params(call.with_params(payment_method=call.ids[0]), currency=None)
    assert method is not None
    if method.customer != customer.id:
        attachments.check_attachable(method)
        attachments.attach(call.store, method, customer.id, call.origin)
    return method


def detach(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/detach."""
    method = call.find(PaymentMethodState)
    if method.customer is None:
        raise StripeErrorResponse(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    attachments.detach(call.store, method, call.origin)
    return method


def simulate_new_expiry(store: Store, body: JsonBody) -> Json:
    """The bank renews a customer's card `payment_method`: new `exp_month` and `exp_year`.

    https://docs.stripe.com/payments/cards/overview#automatic-card-updates
    """
    method = find_named(store, body, PaymentMethodState, "payment_method")
    month, year = body.number("exp_month"), body.number("exp_year")
    if method.customer is None or method.test.type != "card":
        raise InvalidJsonBody("this payment method is not a card of a customer")
    if month not in MONTHS:
        raise InvalidJsonBody("exp_month must be from 1 to 12")
    old = {"exp_month": method.exp_month, "exp_year": method.exp_year}
    new = {"exp_month": month, "exp_year": year}
    method.exp_month, method.exp_year = month, year
    method.mark_changed()
    changed = {name: value for name, value in old.items() if value != new[name]}
    store.emit("payment_method.automatically_updated", method, previous={"card": changed})
    return as_json(method)


def _page(call: ApiCall, customer: CustomerState | None, url: str) -> ListPage:
    type_ = call.params.text("type")

    def matches(method: PaymentMethodState) -> bool:
        if type_ not in (None, method.test.type):
            return False
        return method.customer is not None if customer is None else method.customer == customer.id

    page = list_page(call, PaymentMethodState, matches)
    page.url = url
    return page


def _bank_account(last4: str) -> Json:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": None,
        "last4": last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }


_ONE = f"{PaymentMethodState.URL}/{{id}}"
_OF_CUSTOMER = f"{CustomerState.URL}/{{id}}/payment_methods"
ROUTES: Routes = {
    ("POST", PaymentMethodState.URL): ApiRoute(create, METHOD),
    ("GET", PaymentMethodState.URL): ApiRoute(list_, {**LIST_OF_CUSTOMER, "customer": text()}),
    ("GET", _ONE): ApiRoute(get),
    ("POST", f"{_ONE}/attach"): ApiRoute(attach, {"customer": text()}),
    ("POST", f"{_ONE}/detach"): ApiRoute(detach),
    ("GET", _OF_CUSTOMER): ApiRoute(list_of_customer, LIST_OF_CUSTOMER),
    ("GET", f"{_OF_CUSTOMER}/{{payment_method}}"): ApiRoute(get_of_customer),
}
