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
    setup_intents,
    setup_lifecycle,
)
from paycli.sandbox.standin.resources.amount_limits import check_amount
from paycli.sandbox.standin.resources.checkout_line_items import line_items
from paycli.sandbox.standin.resources.checkout_session_params import ECHOED, check_urls
from paycli.sandbox.standin.resources.customers import find_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.lookup import find_named
from paycli.sandbox.standin.resources.payment_intent_params import echoed_fields
from paycli.sandbox.standin.resources.payment_method_params import from_params
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
    SetupIntentState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST, Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json, id_of
from paycli.sandbox.standin.store.store import Store

DEFAULT_LIFETIME_SECONDS = 86_400
MIN_LIFETIME_SECONDS = 1800
# The parameters that are only for other modes.
_OTHER_MODES = {
    "payment": ("setup_intent_data",),
    "setup": ("line_items", "payment_intent_data", "submit_type"),
}
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
        "client_secret": session.client_secret,
        "created": session.created,
        "currency": session.currency,
        "customer": session.customer,
        "customer_details": {**_CUSTOMER_DETAILS, "email": email} if email else None,
        "expires_at": session.expires_at,
        "id": session.id,
        "livemode": session.scope.livemode,
        "metadata": session.metadata,
        "mode": session.mode,
        "payment_intent": id_of(session.intent) if session.mode == "payment" else None,
        "payment_method_types": session.method_types,
        "payment_status": session.payment_status,
        "setup_intent": id_of(session.intent) if session.mode == "setup" else None,
        "status": session.status,
        "url": session.url if session.status == "open" and not session.client_secret else None,
        **session.echoed,
    }


def create(call: ApiCall) -> ObjectState:
    """Creates a Session in mode `payment` or `setup`.

    The first payment attempt creates the PaymentIntent; a SetupIntent is created immediately.
    """
    params, store = call.params, call.store
    mode = params.text("mode")
    if mode not in _OTHER_MODES:
        raise invalid_param("mode", "The sandbox supports only the modes payment and setup.")
    for name in _OTHER_MODES[mode]:
        if name in params:
            raise invalid_param(name, f"You can not pass `{name}` in `{mode}` mode.")
    check_urls(params)
    items: list[Json] = []
    amount = None
    currency = params.text("currency")
    if mode == "payment":
        items, amount, currency = line_items(store, params)
        check_amount(amount, currency)
    elif currency is None and "payment_method_types" not in params:
        raise missing_param("currency")
    customer = find_customer(store, call.scope, params)
    intent_data = params.inner("payment_intent_data")
    session_id = store.new_id(f"cs_{'live' if call.scope.livemode else 'test'}_a1")
    embedded = params.text("ui_mode") == "embedded_page"
    session = store.add(
        CheckoutSessionState(
            id=session_id,
            scope=call.scope,
            created=store.now(),
            number=store.next_number(),
            mode=mode,
            amount=amount,
            currency=currency,
            payment_status="no_payment_required" if mode == "setup" else "unpaid",
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
            client_secret=store.new_id(f"{session_id}_secret_") if embedded else None,
        )
    )
    if mode == "setup":
        _add_setup(call, session)
    return session


def pay(call: ApiCall, session: CheckoutSessionState, email: str | None) -> None:
    """Attempts the payment or setup on the page; the first attempt creates the PaymentIntent.

    Raises:
        StripeErrorResponse: the Session is not open, or the payment method is missing or declined.
    """
    store = call.store
    expire_if_due(store, session)
    if session.status != "open":
        raise StripeErrorResponse(f"This Checkout Session is {session.status}.")
    method = from_params(call, session.currency if session.mode == "payment" else None)
    if method is None:
        raise missing_param("payment_method")
    session.email = email or session.email
    intent = session.intent or _add_intent(call, session)
    url = _return_url(session)
    if isinstance(intent, SetupIntentState):
        setup_lifecycle.confirm(store, intent, method, call.origin, return_url=url)
    else:
        payment_lifecycle.confirm(store, intent, method, call.origin, return_url=url)


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


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/checkout/sessions/update: the metadata of the Session itself."""
    session = call.find(CheckoutSessionState)
    expire_if_due(call.store, session)
    session.metadata = merge_metadata(session.metadata, call.params.metadata())
    session.mark_changed()
    return session


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
    if isinstance(intent, SetupIntentState):
        if intent.status in setup_lifecycle.CANCELABLE:
            setup_lifecycle.cancel(store, intent, "abandoned", NO_REQUEST)
    elif intent and intent.status in payment_lifecycle.CANCELABLE:
        payment_lifecycle.cancel(store, intent, "expired", NO_REQUEST)


def _add_setup(call: ApiCall, session: CheckoutSessionState) -> None:
    data = call.params.inner("setup_intent_data")
    intent = setup_intents.new_intent(
        call,
        customer=session.customer,
        description=data.text("description"),
        metadata=merge_metadata({}, data.metadata()),
    )
    intent.session = session
    session.intent = intent
    session.mark_changed()
    setup_lifecycle.add(call.store, intent, call.origin)


def _add_intent(call: ApiCall, session: CheckoutSessionState) -> PaymentIntentState:
    assert session.amount is not None
    assert session.currency is not None
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


def _expiry(store: Store, params: Params) -> int:
    expires_at, now = params.number("expires_at"), store.now()
    if expires_at is None:
        return now + DEFAULT_LIFETIME_SECONDS
    if not MIN_LIFETIME_SECONDS <= expires_at - now <= DEFAULT_LIFETIME_SECONDS:
        message = "The expires_at must be between 30 minutes and 24 hours away."
        raise invalid_param("expires_at", message)
    return expires_at


def _return_url(session: CheckoutSessionState) -> str | None:
    url = session.echoed.get("return_url") or session.echoed.get("success_url")
    return str(url).replace("{CHECKOUT_SESSION_ID}", session.id) if url else None


_ONE = f"{CheckoutSessionState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", CheckoutSessionState.URL): ApiRoute(create, checkout_session_params.CREATE, ("mode",)),
    ("GET", CheckoutSessionState.URL): ApiRoute(list_, checkout_session_params.LIST_SESSIONS),
    ("GET", _ONE): ApiRoute(get),
    ("POST", _ONE): ApiRoute(update, checkout_session_params.UPDATE),
    ("POST", f"{_ONE}/expire"): ApiRoute(expire),
}
