"""Checkout Sessions: https://docs.stripe.com/api/checkout/sessions."""

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import (
    StripeErrorResponse,
    invalid_param,
    missing_param,
)
from paycli.sandbox.standin.api.pagination import list_page
from paycli.sandbox.standin.api.params import Params, merge_metadata
from paycli.sandbox.standin.http.json_body import InvalidJsonBody, JsonBody
from paycli.sandbox.standin.resources import (
    checkout_lifecycle,
    checkout_session_params,
    payment_intents,
    payment_lifecycle,
)
from paycli.sandbox.standin.resources.amount_limits import check_amount
from paycli.sandbox.standin.resources.checkout_session_params import ECHOED, check_url
from paycli.sandbox.standin.resources.customers import find_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.lookup import find_named
from paycli.sandbox.standin.resources.payment_intent_params import echoed_fields
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
    PaymentMethodState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST, Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json, id_of
from paycli.sandbox.standin.store.store import Store

DEFAULT_LIFETIME_SECONDS = 86_400
MIN_LIFETIME_SECONDS = 1800
_CUSTOM_TEXT = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
_EXAMPLE = example(
    "checkout_session",
    adaptive_pricing=None,
    after_expiration=None,
    collected_information=None,
    consent=None,
    consent_collection=None,
    currency_conversion=None,
    custom_text=dict.fromkeys(_CUSTOM_TEXT),
    automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
    invoice_creation=None,
    managed_payments=None,
    payment_method_configuration_details=None,
    permissions=None,
    saved_payment_method_options=None,
    shipping_address_collection=None,
    shipping_cost=None,
    total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    ui_mode="hosted_page",
    wallet_options=None,
    cancel_url=None,
    success_url=None,
    payment_method_collection="if_required",
    customer_creation="if_required",
)
_CUSTOMER_DETAILS: Json = {
    **dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids")),
    "tax_exempt": "none",
}


@as_json.register
def checkout_session_json(session: CheckoutSessionState) -> Json:
    """A Checkout Session."""
    email = session.email or session.echoed.get("customer_email")
    return {
        **_EXAMPLE,
        "amount_subtotal": session.amount,
        "amount_total": session.amount,
        "created": session.created,
        "currency": session.currency,
        "customer": session.customer,
        "customer_details": {**_CUSTOMER_DETAILS, "email": email} if email else None,
        "expires_at": session.expires_at,
        "id": session.id,
        "livemode": session.scope.livemode,
        "metadata": session.metadata,
        "payment_intent": id_of(session.intent),
        "payment_method_types": session.method_types,
        "payment_status": session.payment_status,
        "status": session.status,
        "url": session.url if session.status == "open" else None,
        **session.echoed,
    }


def create(call: ApiCall) -> ObjectState:
    """Creates a Session in mode `payment`; the first payment attempt creates its PaymentIntent."""
    params, store = call.params, call.store
    if params.text("mode") != "payment":
        raise invalid_param("mode", "The sandbox supports only the mode payment.")
    check_url(params, "success_url")
    check_url(params, "cancel_url")
    if params.text("success_url") is None:
        raise missing_param("success_url")
    items = [_line_item(store, item) for item in params.items("line_items") or ()]
    if not items:
        raise missing_param("line_items")
    currencies = {str(item["currency"]) for item in items}
    if len(currencies) > 1:
        raise invalid_param("line_items", "All line items must be in the same currency.")
    (currency,) = currencies
    amount = sum(total for item in items if isinstance(total := item["amount_total"], int))
    check_amount(amount, currency)
    customer = find_customer(store, call.scope, params)
    intent_data = params.inner("payment_intent_data")
    session_id = store.new_id(f"cs_{'live' if call.scope.livemode else 'test'}_a1")
    return store.add(
        CheckoutSessionState(
            id=session_id,
            scope=call.scope,
            created=store.now(),
            number=store.next_number(),
            amount=amount,
            currency=currency,
            expires_at=_expiry(store, params),
            url=f"{store.url}/pay/{session_id}",
            line_items=items,
            echoed={name: params.values[name] for name in ECHOED.keys() & params.values.keys()},
            metadata=merge_metadata({}, params.metadata()),
            method_types=tuple(map(str, params.items("payment_method_types") or ("card",))),
            intent_metadata=merge_metadata({}, intent_data.metadata()),
            intent_echoed=echoed_fields(intent_data),
            capture_method=intent_data.text("capture_method") or "automatic_async",
            customer=id_of(customer),
        )
    )


def pay(
    call: ApiCall, session: CheckoutSessionState, method: PaymentMethodState, email: str | None
) -> None:
    """Attempts the payment on the page; the first attempt creates the PaymentIntent.

    Raises:
        StripeErrorResponse: the Session is not open, or the payment was declined.
    """
    store = call.store
    expire_if_due(store, session)
    if session.status != "open":
        raise StripeErrorResponse(f"This Checkout Session is {session.status}.")
    session.email = email or session.email
    intent = session.intent or _add_intent(call, session)
    payment_lifecycle.confirm(store, intent, method, call.origin, return_url=_return_url(session))


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/checkout/sessions/retrieve."""
    session = call.find(CheckoutSessionState)
    expire_if_due(call.store, session)
    return session


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/checkout/sessions/list."""
    status, customer = call.params.text("status"), call.params.text("customer")
    intent_id = call.params.text("payment_intent")
    return list_page(
        call,
        CheckoutSessionState,
        lambda session: (
            status in (None, session.status)
            and customer in (None, session.customer)
            and intent_id in (None, id_of(session.intent))
        ),
    )


def expire(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/checkout/sessions/expire."""
    session = call.find(CheckoutSessionState)
    if session.status != "open":
        message = f"Only open Checkout Sessions can be expired: this one is {session.status}."
        raise StripeErrorResponse(message, stored=True)
    _expire(call.store, session)
    return session


def expire_if_due(store: Store, session: CheckoutSessionState) -> None:
    """Expires an open Session whose `expires_at` has passed."""
    if session.status == "open" and store.now() >= session.expires_at:
        _expire(store, session)


def simulate_expiry(store: Store, body: JsonBody) -> Json:
    """Expires an open Checkout `session`."""
    session = find_named(store, body, CheckoutSessionState, "session")
    if session.status != "open":
        raise InvalidJsonBody(f"this session is {session.status}")
    _expire(store, session)
    return as_json(session)


def _expire(store: Store, session: CheckoutSessionState) -> None:
    checkout_lifecycle.expire(store, session)
    intent = session.intent
    if intent and intent.status in payment_lifecycle.CANCELABLE:
        payment_lifecycle.cancel(store, intent, "expired", NO_REQUEST)


def _add_intent(call: ApiCall, session: CheckoutSessionState) -> PaymentIntentState:
    intent = payment_intents.new_intent(
        call,
        amount=session.amount,
        currency=session.currency,
        capture_method=session.capture_method,
        metadata=dict(session.intent_metadata),
        echoed=session.intent_echoed,
        customer=session.customer,
        method_types=session.method_types,
    )
    intent.session = session
    session.intent = intent
    session.mark_changed()
    payment_lifecycle.add(call.store, intent, call.origin)
    return intent


def _line_item(store: Store, item: object) -> Json:
    assert isinstance(item, Params)
    price = item.inner("price_data")
    unit_amount, quantity = price.number("unit_amount") or 0, item.number("quantity") or 1
    currency, product = price.text("currency"), price.inner("product_data")
    example_price = example("item")["price"]
    assert isinstance(example_price, dict)
    fields: Json = {
        "adjustable_quantity": None,
        "amount_subtotal": unit_amount * quantity,
        "amount_total": unit_amount * quantity,
        "currency": currency,
        "description": product.text("name"),
        "id": store.new_id("li_1"),
        "price": {
            **example_price,
            "active": False,
            "created": store.now(),
            "currency": currency,
            "custom_unit_amount": None,
            "id": store.new_id("price_1"),
            "product": store.new_id("prod_"),
            "recurring": None,
            "transform_quantity": None,
            "unit_amount": unit_amount,
            "unit_amount_decimal": str(unit_amount),
        },
        "quantity": quantity,
    }
    return example("item", **fields)


def _expiry(store: Store, params: Params) -> int:
    expires_at, now = params.number("expires_at"), store.now()
    if expires_at is None:
        return now + DEFAULT_LIFETIME_SECONDS
    if not MIN_LIFETIME_SECONDS <= expires_at - now <= DEFAULT_LIFETIME_SECONDS:
        message = "The expires_at must be between 30 minutes and 24 hours away."
        raise invalid_param("expires_at", message)
    return expires_at


def _return_url(session: CheckoutSessionState) -> str | None:
    url = session.echoed.get("success_url")
    return str(url).replace("{CHECKOUT_SESSION_ID}", session.id) if url else None


_ONE = f"{CheckoutSessionState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", CheckoutSessionState.URL): ApiRoute(create, checkout_session_params.CREATE, ("mode",)),
    ("GET", CheckoutSessionState.URL): ApiRoute(list_, checkout_session_params.LIST_SESSIONS),
    ("GET", _ONE): ApiRoute(get),
    ("POST", f"{_ONE}/expire"): ApiRoute(expire),
}
