"""SetupIntents: https://docs.stripe.com/api/setup_intents. They save cards without a payment."""

from paycli.sandbox.standin.api import params
from paycli.sandbox.standin.api.call import ApiCall, ApiRoute, ListPage, Routes
from paycli.sandbox.standin.api.errors import invalid_param
from paycli.sandbox.standin.api.pagination import LIST, list_page
from paycli.sandbox.standin.api.params import Schema, choice, merge_metadata, text
from paycli.sandbox.standin.resources import setup_lifecycle
from paycli.sandbox.standin.resources.attachments import check_usable
from paycli.sandbox.standin.resources.customers import find_customer
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.resources.intent_checks import (
    check_client_secret,
    check_return_url,
    no_payment_method,
    unexpected_status,
)
from paycli.sandbox.standin.resources.payment_method_params import (
    AUTOMATIC_METHODS,
    PAYMENT_METHOD_DATA,
    automatic_methods,
    from_params,
    method_types,
)
from paycli.sandbox.standin.resources.payment_objects import SetupIntentState
from paycli.sandbox.standin.store.objects import Json, ObjectState
from paycli.sandbox.standin.store.rendering import as_json, id_of

_METHOD: Schema = {
    "payment_method": text(),
    "payment_method_data": PAYMENT_METHOD_DATA,
    "payment_method_options": params.unchecked,
}
_CONFIRMATION: Schema = {
    **_METHOD,
    "mandate_data": params.unchecked,
    "return_url": text(),
    "use_stripe_sdk": params.boolean,
}
_STORED: Schema = {
    "customer": text(),
    "description": text(1000),
    "metadata": params.metadata,
    "payment_method_types": params.array(text()),
}
CREATE: Schema = {
    **_STORED,
    **_CONFIRMATION,
    "automatic_payment_methods": AUTOMATIC_METHODS,
    "confirm": params.boolean,
    "usage": choice("off_session", "on_session"),
}
UPDATE: Schema = {**_STORED, **_METHOD}
CONFIRM: Schema = {**_CONFIRMATION, "client_secret": text()}
CANCEL: Schema = {"cancellation_reason": choice("abandoned", "duplicate", "requested_by_customer")}
GET: Schema = {"client_secret": text()}
LIST_SETUPS: Schema = {
    **LIST,
    "created": params.timestamps,
    "customer": text(),
    "payment_method": text(),
}
_ENDED = {"succeeded": "already succeeded", "canceled": "been canceled"}
_EXAMPLE = example("setup_intent", payment_method_configuration_details=None)


@as_json.register
def setup_intent_json(intent: SetupIntentState) -> Json:
    """A SetupIntent."""
    return {
        **_EXAMPLE,
        "automatic_payment_methods": intent.automatic_methods,
        "cancellation_reason": intent.cancellation_reason,
        "client_secret": intent.client_secret,
        "created": intent.created,
        "customer": intent.customer,
        "description": intent.description,
        "id": intent.id,
        "last_setup_error": intent.last_error,
        "livemode": intent.scope.livemode,
        "metadata": intent.metadata,
        "next_action": intent.next_action,
        "payment_method": id_of(intent.payment_method),
        "payment_method_types": intent.method_types,
        "status": intent.status,
        "usage": intent.usage,
    }


def create(call: ApiCall) -> ObjectState:
    """Creates an intent; `confirm` attempts the setup immediately."""
    parsed = call.params
    confirmed = parsed.flag("confirm")
    if not confirmed and "return_url" in parsed:
        raise invalid_param("return_url", "You can only give return_url when confirm is true.")
    customer = find_customer(call.store, call.scope, parsed)
    intent = new_intent(
        call,
        customer=id_of(customer),
        description=parsed.text("description"),
        metadata=merge_metadata({}, parsed.metadata()),
    )
    intent.usage = parsed.text("usage") or intent.usage
    intent.method_types = method_types(parsed) or intent.method_types
    intent.automatic_methods = automatic_methods(parsed)
    # Checked before the intent is stored, so that an invalid payment method creates no intent.
    intent.payment_method = method = from_params(call, currency=None)
    if method:
        check_usable(call.store, intent, method, intent.customer)
        intent.status = "requires_confirmation"
    elif confirmed:
        raise no_payment_method(intent, stored=False)
    if confirmed:
        check_return_url(call, intent)
    setup_lifecycle.add(call.store, intent, call.origin)
    if confirmed and method:
        return_url = parsed.text("return_url")
        setup_lifecycle.confirm(call.store, intent, method, call.origin, return_url=return_url)
    return intent


def new_intent(
    call: ApiCall, *, customer: str | None, description: str | None, metadata: dict[str, str]
) -> SetupIntentState:
    """A new intent that is not yet in the store; `setup_lifecycle.add` adds it."""
    store = call.store
    intent_id = store.new_id("seti_1")
    return SetupIntentState(
        id=intent_id,
        scope=call.scope,
        created=store.now(),
        number=store.next_number(),
        client_secret=store.new_id(f"{intent_id}_secret_"),
        customer=customer,
        description=description,
        metadata=metadata,
    )


def get(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/setup_intents/retrieve."""
    intent = call.find(SetupIntentState)
    check_client_secret(call, intent)
    return intent


def list_(call: ApiCall) -> ListPage:
    """https://docs.stripe.com/api/setup_intents/list."""
    customer, method = call.params.text("customer"), call.params.text("payment_method")
    return list_page(
        call,
        SetupIntentState,
        lambda intent: (
            customer in (None, intent.customer) and method in (None, id_of(intent.payment_method))
        ),
    )


def update(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/setup_intents/update: the payment method only before the end."""
    intent, parsed = call.find(SetupIntentState), call.params
    if intent.status in _ENDED and UPDATE.keys() & parsed.values.keys() & _METHOD.keys():
        reason = _ENDED[intent.status]
        raise unexpected_status(
            intent, f"You cannot update this SetupIntent because it has {reason}."
        )
    method = from_params(call, currency=None)
    customer_id = id_of(find_customer(call.store, call.scope, parsed)) or intent.customer
    used = method or intent.payment_method
    if used and (method or customer_id != intent.customer):
        check_usable(call.store, intent, used, customer_id)
    intent.customer = customer_id
    intent.metadata = merge_metadata(intent.metadata, parsed.metadata())
    if "description" in parsed:
        intent.description = parsed.text("description")
    intent.method_types = method_types(parsed) or intent.method_types
    if method:
        intent.payment_method = method
        intent.status = "requires_confirmation"
        intent.next_action = None
    intent.mark_changed()
    return intent


def confirm(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/setup_intents/confirm."""
    intent = call.find(SetupIntentState)
    check_client_secret(call, intent)
    method = from_params(call, currency=None) or intent.payment_method
    if method is None:
        raise no_payment_method(intent, stored=True)
    if reason := _ENDED.get(intent.status):
        raise unexpected_status(
            intent, f"You cannot confirm this SetupIntent because it has {reason}."
        )
    check_return_url(call, intent)
    return_url = call.params.text("return_url")
    setup_lifecycle.confirm(call.store, intent, method, call.origin, return_url=return_url)
    return intent


def cancel(call: ApiCall) -> ObjectState:
    """https://docs.stripe.com/api/setup_intents/cancel."""
    intent = call.find(SetupIntentState)
    if intent.status == "canceled":
        message = "You cannot cancel this SetupIntent because it is already canceled."
        raise unexpected_status(intent, message)
    if intent.status not in setup_lifecycle.CANCELABLE:
        raise unexpected_status(
            intent,
            f"You cannot cancel this SetupIntent because it has a status of {intent.status}. Only "
            "a SetupIntent with one of the following statuses may be canceled: "
            "`requires_payment_method`, `requires_confirmation`, or `requires_action`.",
        )
    if intent.session and intent.session.status == "open":
        message = "This SetupIntent belongs to an open Checkout Session: expire that instead."
        raise unexpected_status(intent, message)
    reason = call.params.text("cancellation_reason")
    setup_lifecycle.cancel(call.store, intent, reason, call.origin)
    return intent


_ONE = f"{SetupIntentState.URL}/{{id}}"
ROUTES: Routes = {
    ("POST", SetupIntentState.URL): ApiRoute(create, CREATE),
    ("GET", SetupIntentState.URL): ApiRoute(list_, LIST_SETUPS),
    ("GET", _ONE): ApiRoute(get, GET, publishable=True),
    ("POST", _ONE): ApiRoute(update, UPDATE),
    ("POST", f"{_ONE}/confirm"): ApiRoute(confirm, CONFIRM, publishable=True),
    ("POST", f"{_ONE}/cancel"): ApiRoute(cancel, CANCEL),
}
