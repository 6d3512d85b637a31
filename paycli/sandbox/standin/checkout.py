"""Checkout Sessions: https://docs.stripe.com/api/checkout/sessions."""

from urllib.parse import urlsplit

from paycli.sandbox.standin import intent_params, intents, params, paying, sessions
from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.examples import example
from paycli.sandbox.standin.limits import check_amount
from paycli.sandbox.standin.lists import LIST, listed
from paycli.sandbox.standin.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.refusals import Refusal, invalid, missing
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    CheckoutSessionState,
    ObjectState,
    PaymentIntentState,
    PaymentMethodState,
)
from paycli.sandbox.standin.world import World, changed

DEFAULT_LIFETIME_SECONDS = 86_400
SHORTEST_SECONDS = 1800
_PRODUCT: Schema = {
    "name": text(),
    "description": text(),
    "images": params.raw,
    "metadata": params.metadata,
}
_PRICE: Schema = {
    "currency": params.currency,
    "product_data": nested(_PRODUCT, ("name",)),
    "tax_behavior": text(),
    "unit_amount": integer(0),
}
_ITEM: Schema = {
    "price_data": nested(_PRICE, ("currency", "product_data", "unit_amount")),
    "quantity": integer(1),
}
_PAYMENT: Schema = {
    **{name: kind for name, kind in intent_params.ECHOED.items() if name != "customer"},
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "metadata": params.metadata,
}
_ECHOED: Schema = {
    "billing_address_collection": choice("auto", "required"),
    "cancel_url": text(),
    "client_reference_id": text(200),
    "customer": text(),
    "customer_creation": choice("always", "if_required"),
    "customer_email": text(800),
    "locale": text(),
    "submit_type": choice("auto", "book", "donate", "pay"),
    "success_url": text(),
}
CREATE: Schema = {
    **_ECHOED,
    "expires_at": integer(),
    "line_items": params.array(nested(_ITEM, ("price_data",))),
    "metadata": params.metadata,
    "mode": choice("payment", "setup", "subscription"),
    "payment_intent_data": nested(_PAYMENT),
    "payment_method_types": params.array(text()),
    "ui_mode": choice("hosted_page"),
}
LIST_OF_SESSIONS: Schema = {
    **LIST,
    "created": params.timestamps,
    "customer": text(),
    "payment_intent": text(),
    "status": choice("complete", "expired", "open"),
}


def create(call: Call) -> ObjectState:
    """Opens a Session; its PaymentIntent is made when the customer pays."""
    asked, world = call.params, call.world
    if asked.text("mode") != "payment":
        raise invalid("mode", "Only the mode payment is played here.")
    _check_url(asked, "success_url")
    _check_url(asked, "cancel_url")
    if asked.text("success_url") is None:
        raise missing("success_url")
    items = [_item(world, item) for item in asked.many("line_items") or ()]
    if not items:
        raise missing("line_items")
    currencies = {str(item["currency"]) for item in items}
    if len(currencies) > 1:
        raise invalid("line_items", "All line items must be in the same currency.")
    (currency,) = currencies
    amount = sum(total for item in items if isinstance(total := item["amount_total"], int))
    check_amount(amount, currency)
    data = asked.inner("payment_intent_data")
    identity = world.id(f"cs_{'live' if call.scope.livemode else 'test'}_a1")
    return world.keep(
        CheckoutSessionState(
            id=identity,
            scope=call.scope,
            created=world.now(),
            number=world.next_number(),
            amount=amount,
            currency=currency,
            expires_at=_expiry(world, asked),
            url=f"{world.url}/pay/{identity}",
            items=items,
            echoed={name: asked.values[name] for name in _ECHOED.keys() & asked.values.keys()},
            metadata=intents.merged({}, asked.strings("metadata")),
            method_types=tuple(map(str, asked.many("payment_method_types") or ("card",))),
            intent_metadata=intents.merged({}, data.strings("metadata")),
            intent_echoed=intents.kept_fields(data),
            capture_method=data.text("capture_method") or "automatic_async",
        )
    )


def pay(
    call: Call, session: CheckoutSessionState, method: PaymentMethodState, email: str | None
) -> PaymentIntentState:
    """The customer pays on the page: makes the PaymentIntent at the first try, and confirms it.

    Raises:
        Refusal: the Session is not open, or the card was declined; it can be tried again.
    """
    world = call.world
    expire_if_due(world, session)
    if session.status != "open":
        raise Refusal(f"This Checkout CheckoutSessionState is {session.status}.")
    session.email = email or session.email
    it = session.intent
    if it is None:
        echoed = {**session.intent_echoed, "customer": session.echoed.get("customer")}
        it = intents.make(
            call,
            amount=session.amount,
            currency=session.currency,
            capture_method=session.capture_method,
            metadata=dict(session.intent_metadata),
            echoed=echoed,
            method_types=session.method_types,
        )
        it.session = session
        session.intent = it
        changed(session)
        intents.announce(world, it, call)
    paying.confirm(world, it, method, call.origin, return_url=_return_url(session))
    return it


def get(call: Call) -> ObjectState:
    """The Session."""
    session = call.the(CheckoutSessionState, "checkout.session")
    expire_if_due(call.world, session)
    return session


def list_(call: Call) -> Page:
    """Sessions, newest first."""
    asked = call.params
    status, customer = asked.text("status"), asked.text("customer")
    intent = asked.text("payment_intent")
    return listed(
        call,
        CheckoutSessionState,
        "/v1/checkout/sessions",
        lambda it: (
            status in (None, it.status)
            and customer in (None, it.echoed.get("customer"))
            and (intent is None or (it.intent is not None and it.intent.id == intent))
        ),
    )


def expire(call: Call) -> ObjectState:
    """Closes an open Session; its intent, if there is one, is canceled."""
    session = call.the(CheckoutSessionState, "checkout.session")
    if session.status != "open":
        message = f"Only open Checkout Sessions can be expired: this one is {session.status}."
        raise Refusal(message, stored=True)
    end(call.world, session)
    return session


def expire_if_due(world: World, session: CheckoutSessionState) -> None:
    """Closes an open Session whose time is over."""
    if session.status == "open" and world.now() >= session.expires_at:
        end(world, session)


def end(world: World, session: CheckoutSessionState) -> None:
    """Closes an open Session and what hangs on it."""
    sessions.expire(world, session)
    it = session.intent
    if it and it.status in paying.CANCELABLE:
        paying.cancel(world, it, "expired", BY_ITSELF)


def _item(world: World, item: object) -> dict[str, object]:
    assert isinstance(item, Params)
    price = item.inner("price_data")
    unit, quantity = price.number("unit_amount") or 0, item.number("quantity") or 1
    currency, product = price.text("currency"), price.inner("product_data")
    shown = example("item")["price"]
    assert isinstance(shown, dict)
    made: dict[str, object] = {
        "adjustable_quantity": None,
        "amount_subtotal": unit * quantity,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": product.text("name"),
        "id": world.id("li_1"),
        "price": {
            **shown,
            "active": False,
            "created": world.now(),
            "currency": currency,
            "custom_unit_amount": None,
            "id": world.id("price_1"),
            "product": world.id("prod_"),
            "recurring": None,
            "transform_quantity": None,
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        },
        "quantity": quantity,
    }
    return example("item", **made)


def _expiry(world: World, asked: Params) -> int:
    wanted, now = asked.number("expires_at"), world.now()
    if wanted is None:
        return now + DEFAULT_LIFETIME_SECONDS
    if not SHORTEST_SECONDS <= wanted - now <= DEFAULT_LIFETIME_SECONDS:
        raise invalid("expires_at", "The expires_at must be between 30 minutes and 24 hours away.")
    return wanted


def _check_url(asked: Params, name: str) -> None:
    url = asked.text(name)
    if url is not None and urlsplit(url).scheme not in ("http", "https"):
        raise invalid(name, f"Not a valid URL: {name}", "url_invalid")


def _return_url(session: CheckoutSessionState) -> str | None:
    url = session.echoed.get("success_url")
    return str(url).replace("{CHECKOUT_SESSION_ID}", session.id) if url else None
