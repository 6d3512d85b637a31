"""PaymentIntents: https://docs.stripe.com/api/payment_intents."""

from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import invalid_param
from paycli.sandbox.standin.api.pagination import list_page
from paycli.sandbox.standin.api.params import merge_metadata
from paycli.sandbox.standin.api.search import SEARCH, search_page
from paycli.sandbox.standin.resources import holds, payment_intent_params, payment_lifecycle
from paycli.sandbox.standin.resources.amount_limits import check_amount
from paycli.sandbox.standin.resources.attachments import check_usable
from paycli.sandbox.standin.resources.connect import check_shares
from paycli.sandbox.standin.resources.customers import find_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.hold_lifecycle import find_intent
from paycli.sandbox.standin.resources.intent_checks import (
    check_client_secret,
    check_return_url,
    no_payment_method,
    unexpected_status,
)
from paycli.sandbox.standin.resources.payment_confirmation import check_off_session
from paycli.sandbox.standin.resources.payment_confirmation import confirm as confirm_intent
from paycli.sandbox.standin.resources.payment_intent_params import echoed_fields
from paycli.sandbox.standin.resources.payment_method_params import (
    BANK_DEBIT_CURRENCY,
    automatic_methods,
    from_params,
    method_types,
)
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json, id_of

_SEARCHABLE = ("amount", "created", "currency", "customer", "metadata", "status")
"""https://docs.stripe.com/search#query-fields-for-payment-intents"""
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_EXAMPLE = example(
    "payment_intent",
    managed_payments=None,
    payment_method_configuration_details=None,
    processing=None,
    shipping=None,
    transfer_data=None,
)


@as_json.register
def payment_intent_json(intent: PaymentIntentState) -> Json:
    """A PaymentIntent."""
    return {
        **_EXAMPLE,
        "amount": intent.amount,
        "amount_capturable": intent.amount_capturable,
        "amount_received": intent.amount_received,
        "automatic_payment_methods": intent.automatic_methods,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture_method,
        "client_secret": intent.client_secret,
        "confirmation_method": intent.confirmation_method,
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "id": intent.id,
        "last_payment_error": intent.last_error,
        "latest_charge": id_of(intent.latest_charge),
        "livemode": intent.scope.livemode,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
        "payment_method": id_of(intent.payment_method),
        "payment_method_options": holds.shown_requests(intent),
        "payment_method_types": intent.method_types,
        "review": intent.review,
        "status": intent.status,
        **intent.echoed,
    }


def create(call: ApiCall) -> ObjectState:
    """Creates an intent; `confirm` attempts the payment immediately."""
    params = call.params
    amount, currency = params.number("amount"), params.text("currency")
    assert amount is not None
    assert currency is not None
    check_amount(amount, currency)
    confirmed = params.flag("confirm")
    if not confirmed and (names := {"off_session", "return_url"} & params.values.keys()):
        name = min(names)
        raise invalid_param(name, f"You can only give {name} when confirm is true.")
    default_types = ("card", "us_bank_account") if currency == BANK_DEBIT_CURRENCY else ("card",)
    customer = find_customer(call.store, call.scope, params)
    intent = new_intent(
        call,
        amount=amount,
        currency=currency,
        capture_method=params.text("capture_method") or "automatic_async",
        metadata=merge_metadata({}, params.metadata()),
        echoed=echoed_fields(params),
        method_types=method_types(params) or default_types,
        customer=id_of(customer),
    )
    check_shares(call.scope, amount, intent.echoed)
    intent.automatic_methods = automatic_methods(params)
    holds.add_requests(intent, params)
    intent.confirmation_method = params.text("confirmation_method") or "automatic"
    # Checked before the intent is stored, so that an invalid payment method creates no intent.
    intent.payment_method = method = from_params(call, currency)
    if method:
        check_usable(call.store, intent, method, intent.customer)
        intent.status = "requires_confirmation"
    elif confirmed:
        raise no_payment_method(intent, stored=False)
    if confirmed:
        check_return_url(call, intent)
        check_off_session(call, intent)
    payment_lifecycle.add(call.store, intent, call.origin)
    if confirmed and method:
        confirm_intent(call, intent, method)
    return intent


def new_intent(
    call: ApiCall,
    *,
    amount: int,
    currency: str,
    capture_method: str,
    metadata: dict[str, str],
    echoed: Json,
    method_types: tuple[str, ...],
    customer: str | None = None,
) -> PaymentIntentState:
    """A new intent that is not yet in the store; `payment_lifecycle.add` adds it."""
    store = call.store
    intent_id = store.new_id("pi_3")
    return PaymentIntentState(
        id=intent_id,
        scope=call.scope,
        created=store.now(),
        number=store.next_number(),
        amount=amount,
        currency=currency,
        client_secret=store.new_id(f"{intent_id}_secret_"),
        capture_method=capture_method,
        metadata=metadata,
        echoed=echoed,
        method_types=method_types,
        customer=customer,
    )


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/retrieve."""
    intent = find_intent(call)
    check_client_secret(call, intent)
    return intent


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/payment_intents/list."""
    customer = call.params.text("customer")
    return list_page(
        call,
        PaymentIntentState,
        lambda intent: customer in (None, intent.customer),
    )


def search(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/payment_intents/search."""
    return search_page(call, PaymentIntentState, _SEARCHABLE)


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/update."""
    intent = find_intent(call)
    params = call.params
    amount, currency = params.number("amount"), params.text("currency")
    method = from_params(call, currency or intent.currency)
    fixed = {
        *("amount", "currency", "customer"),
        *("capture_method", "payment_method", "payment_method_types"),
    }
    if intent.status not in CONFIRMABLE and (names := sorted(fixed & params.values.keys())):
        message = f"{names[0]} can't be changed when the status is {intent.status}."
        raise unexpected_status(intent, message)
    if amount is not None or currency is not None:
        if intent.session:
            message = "The amount of a PaymentIntent of a Checkout Session can't be changed."
            raise invalid_param("amount", message)
        new_amount = intent.amount if amount is None else amount
        check_amount(new_amount, currency or intent.currency)
        check_shares(intent.scope, new_amount, {**intent.echoed, **echoed_fields(params)})
    customer = find_customer(call.store, call.scope, params)
    customer_id = id_of(customer) or intent.customer
    if (method or customer) and (used := method or intent.payment_method):
        check_usable(call.store, intent, used, customer_id)
    intent.customer = customer_id
    if intent.status == "requires_action" and amount not in (None, intent.amount):
        # What the customer authenticates would be another amount.
        intent.status = "requires_confirmation"
        intent.next_action = None
    intent.amount = intent.amount if amount is None else amount
    intent.currency = currency or intent.currency
    intent.capture_method = params.text("capture_method") or intent.capture_method
    intent.method_types = method_types(params) or intent.method_types
    intent.metadata = merge_metadata(intent.metadata, params.metadata())
    intent.echoed = {**intent.echoed, **echoed_fields(params)}
    holds.add_requests(intent, params)
    if method:
        intent.payment_method = method
        intent.status = "requires_confirmation"
        intent.next_action = None
    intent.mark_changed()
    return intent


def confirm(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/confirm."""
    intent = find_intent(call)
    check_client_secret(call, intent)
    if intent.status not in CONFIRMABLE:
        message = f"This PaymentIntent can't be confirmed: its status is {intent.status}."
        raise unexpected_status(intent, message)
    method = from_params(call, intent.currency) or intent.payment_method
    if method is None:
        raise no_payment_method(intent, stored=True)
    check_return_url(call, intent)
    check_off_session(call, intent)
    check_usable(call.store, intent, method, intent.customer)
    intent.echoed = {**intent.echoed, **echoed_fields(call.params)}
    holds.add_requests(intent, call.params)
    intent.capture_method = call.params.text("capture_method") or intent.capture_method
    confirm_intent(call, intent, method)
    return intent


def cancel(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/payment_intents/cancel."""
    intent = find_intent(call)
    if intent.status not in payment_lifecycle.CANCELABLE:
        message = f"This PaymentIntent can't be canceled: its status is {intent.status}."
        raise unexpected_status(intent, message)
    if intent.session and intent.session.status == "open":
        message = "This PaymentIntent belongs to an open Checkout Session: expire that instead."
        raise unexpected_status(intent, message)
    reason = call.params.text("cancellation_reason")
    payment_lifecycle.cancel(call.store, intent, reason, call.origin)
    return intent


_ONE = f"{PaymentIntentState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", PaymentIntentState.URL): ApiRoute(
        create, payment_intent_params.CREATE, ("amount", "currency")
    ),
    ("GET", PaymentIntentState.URL): ApiRoute(list_, payment_intent_params.LIST_INTENTS),
    ("GET", f"{PaymentIntentState.URL}/search"): ApiRoute(search, SEARCH),
    ("GET", _ONE): ApiRoute(get, payment_intent_params.GET, publishable=True),
    ("POST", _ONE): ApiRoute(update, payment_intent_params.UPDATE),
    ("POST", f"{_ONE}/confirm"): ApiRoute(confirm, payment_intent_params.CONFIRM, publishable=True),
    ("POST", f"{_ONE}/cancel"): ApiRoute(cancel, payment_intent_params.CANCEL),
}
