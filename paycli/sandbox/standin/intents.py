"""PaymentIntents: https://docs.stripe.com/api/payment_intents."""

from paycli.sandbox.standin import cards, params, paying
from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.limits import check_amount
from paycli.sandbox.standin.lists import LIST, listed
from paycli.sandbox.standin.objects import Intent, Kept, PaymentMethod
from paycli.sandbox.standin.params import Params, Schema, choice, integer, nested, text
from paycli.sandbox.standin.refusals import Refusal, invalid, not_found, unexpected_state
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.search import searched
from paycli.sandbox.standin.world import World, changed

BANK_CURRENCY = "usd"
ECHOED: Schema = {
    "application_fee_amount": integer(0),
    "customer": text(),
    "description": text(1000),
    "receipt_email": text(800),
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": params.raw,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
    "transfer_group": text(),
}
_CARD: Schema = {
    "number": text(),
    "exp_month": integer(1, 12),
    "exp_year": integer(0),
    "cvc": text(4),
    "token": text(),
}
_METHOD: Schema = {
    "payment_method": text(),
    "payment_method_data": nested(
        {
            "type": text(),
            "card": nested(_CARD),
            "billing_details": params.raw,
            "metadata": params.raw,
        }
    ),
    "payment_method_options": params.raw,
    "payment_method_types": params.array(text()),
}
_CONFIRMING: Schema = {
    **_METHOD,
    "error_on_requires_action": params.boolean,
    "mandate_data": params.raw,
    "off_session": params.raw,
    "radar_options": params.raw,
    "return_url": text(),
    "use_stripe_sdk": params.boolean,
}
_FIXED: Schema = {"on_behalf_of": text()}
_KEPT = ECHOED.keys() | _FIXED.keys()
CREATE: Schema = {
    **ECHOED,
    **_FIXED,
    **_CONFIRMING,
    "amount": integer(),
    "automatic_payment_methods": nested(
        {"enabled": params.boolean, "allow_redirects": choice("always", "never")}, ("enabled",)
    ),
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "confirm": params.boolean,
    "confirmation_method": choice("automatic", "manual"),
    "currency": params.currency,
    "metadata": params.metadata,
}
UPDATE: Schema = {
    **ECHOED,
    **_METHOD,
    "amount": integer(),
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "currency": params.currency,
    "metadata": params.metadata,
}
CONFIRM: Schema = {
    **_CONFIRMING,
    "capture_method": choice("automatic", "automatic_async", "manual"),
    "client_secret": text(),
    "receipt_email": text(800),
    "setup_future_usage": choice("off_session", "on_session"),
    "shipping": params.raw,
}
CAPTURE: Schema = {
    "amount_to_capture": integer(),
    "application_fee_amount": integer(0),
    "final_capture": params.boolean,
    "metadata": params.metadata,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
}
CANCEL: Schema = {
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer")
}
GET: Schema = {"client_secret": text()}
LIST_OF_INTENTS: Schema = {**LIST, "created": params.timestamps, "customer": text()}
SEARCH: Schema = {"query": text(), "limit": integer(1, 100), "page": text()}


def create(call: Call) -> Kept:
    """Makes an intent, and pays it at once with `confirm`."""
    asked, world = call.params, call.world
    amount, currency = asked.number("amount"), asked.text("currency")
    assert amount is not None
    assert currency is not None
    check_amount(amount, currency)
    if not asked.flag("confirm") and (found := {"off_session", "return_url"} & asked.values.keys()):
        name = min(found)
        raise invalid(name, f"You can only give {name} when confirm is true.")
    automatic = None
    if asked.inner("automatic_payment_methods").flag("enabled") or (
        "automatic_payment_methods" not in asked and "payment_method_types" not in asked
    ):
        redirects = asked.inner("automatic_payment_methods").text("allow_redirects")
        automatic = {"allow_redirects": redirects or "always", "enabled": True}
    it = make(
        call,
        amount=amount,
        currency=currency,
        capture_method=asked.text("capture_method") or "automatic_async",
        metadata=merged({}, asked.strings("metadata")),
        echoed=kept_fields(asked),
        method_types=_types(asked) or _types_of(currency),
        automatic_methods=automatic,
    )
    it.confirmation_method = asked.text("confirmation_method") or "automatic"
    # Checked before anything is remembered: a wrong method leaves no intent behind.
    it.payment_method = method_of(call, currency)
    if it.payment_method:
        it.status = "requires_confirmation"
    elif asked.flag("confirm"):
        raise _no_method(None)
    if asked.flag("confirm"):
        _check_return(call, it)
    announce(world, it, call)
    if asked.flag("confirm"):
        _confirm(call, it)
    return it


def make(
    call: Call,
    *,
    amount: int,
    currency: str,
    capture_method: str,
    metadata: dict[str, str],
    echoed: dict[str, object],
    method_types: tuple[str, ...],
    automatic_methods: dict[str, object] | None = None,
) -> Intent:
    """An intent that nobody knows of yet; `announce` remembers it."""
    world = call.world
    identity = world.id("pi_3")
    return Intent(
        id=identity,
        scope=call.scope,
        created=world.now(),
        number=world.next_number(),
        amount=amount,
        currency=currency,
        client_secret=world.id(f"{identity}_secret_"),
        capture_method=capture_method,
        metadata=metadata,
        echoed=echoed,
        method_types=method_types,
        automatic_methods=automatic_methods,
    )


def announce(world: World, it: Intent, call: Call) -> None:
    """Remembers a new intent and says so."""
    world.keep(it)
    world.emit("payment_intent.created", it, call.origin)


def get(call: Call) -> Kept:
    """The intent; with a publishable key only by its client secret."""
    it = call.the(Intent, "payment_intent")
    check_secret(call, it)
    return it


def list_(call: Call) -> Page:
    """Intents, newest first."""
    customer = call.params.text("customer")
    return listed(
        call,
        Intent,
        "/v1/payment_intents",
        lambda it: customer is None or it.echoed.get("customer") == customer,
    )


def search(call: Call) -> Page:
    """https://docs.stripe.com/search."""
    return searched(call, Intent, "/v1/payment_intents/search")


def update(call: Call) -> Kept:
    """Changes what may still change."""
    it = call.the(Intent, "payment_intent")
    asked = call.params
    amount, currency = asked.number("amount"), asked.text("currency")
    method = method_of(call, currency or it.currency)
    open_ = it.status in ("requires_payment_method", "requires_confirmation", "requires_action")
    fixed = {"amount", "currency", "capture_method", "payment_method", "payment_method_types"}
    if not open_ and (wrong := sorted(fixed & asked.values.keys())):
        message = f"{wrong[0]} can't be changed when the status is {it.status}."
        raise _unexpected(it, message)
    if amount is not None or currency is not None:
        check_amount(it.amount if amount is None else amount, currency or it.currency)
    it.amount = it.amount if amount is None else amount
    it.currency = currency or it.currency
    it.capture_method = asked.text("capture_method") or it.capture_method
    it.method_types = _types(asked) or it.method_types
    it.metadata = merged(it.metadata, asked.strings("metadata"))
    it.echoed = {**it.echoed, **kept_fields(asked)}
    if method:
        it.payment_method = method
        it.status = "requires_confirmation"
        it.next_action = None
    changed(it)
    return it


def confirm(call: Call) -> Kept:
    """Pays, as far as it goes."""
    it = call.the(Intent, "payment_intent")
    check_secret(call, it)
    if it.status not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise _unexpected(it, f"This PaymentIntent can't be confirmed: its status is {it.status}.")
    method = method_of(call, it.currency) or it.payment_method
    if method is None:
        raise _no_method(it)
    _check_return(call, it)
    asked = call.params
    it.echoed = {**it.echoed, **kept_fields(asked)}
    it.capture_method = asked.text("capture_method") or it.capture_method
    it.payment_method = method
    _confirm(call, it)
    return it


def capture(call: Call) -> Kept:
    """Takes what is held."""
    it = call.the(Intent, "payment_intent")
    asked = call.params
    if it.status != "requires_capture":
        message = f"This PaymentIntent can't be captured: its status is {it.status}."
        raise _unexpected(it, message)
    amount = asked.number("amount_to_capture")
    amount = it.amount_capturable if amount is None else amount
    if amount > it.amount_capturable:
        message = f"At most {it.amount_capturable} can be captured."
        raise Refusal(message, code="amount_too_large", param="amount_to_capture", stored=True)
    if amount <= 0:
        message = "This value must be greater than or equal to 1."
        raise invalid("amount_to_capture", message, "parameter_invalid_integer")
    it.metadata = merged(it.metadata, asked.strings("metadata"))
    it.echoed = {**it.echoed, **kept_fields(asked)}
    paying.capture(call.world, it, amount, call.origin)
    return it


def cancel(call: Call) -> Kept:
    """Ends the intent."""
    it = call.the(Intent, "payment_intent")
    if it.status not in paying.CANCELABLE:
        message = f"This PaymentIntent can't be canceled: its status is {it.status}."
        raise _unexpected(it, message)
    if it.session and it.session.status == "open":
        message = "This PaymentIntent is of an open Checkout Session: expire that instead."
        raise _unexpected(it, message)
    paying.cancel(call.world, it, call.params.text("cancellation_reason"), call.origin)
    return it


def _confirm(call: Call, it: Intent) -> None:
    asked = call.params
    assert it.payment_method is not None
    paying.confirm(
        call.world,
        it,
        it.payment_method,
        call.origin,
        off_session=asked.values.get("off_session") not in (None, "false"),
        action_is_error=asked.flag("error_on_requires_action"),
        return_url=asked.text("return_url"),
    )


def _check_return(call: Call, it: Intent) -> None:
    """Some automatic payment methods lead the customer away: then there must be a way back.

    https://docs.stripe.com/api/payment_intents/confirm#confirm_payment_intent-return_url
    """
    asked = call.params
    methods = it.automatic_methods
    if (
        methods is None
        or methods["allow_redirects"] == "never"
        or asked.text("return_url")
        or asked.flag("use_stripe_sdk")
        or asked.values.get("off_session") not in (None, "false")
        or call.publishable
    ):
        return
    raise Refusal(
        "This PaymentIntent takes payment methods that may lead the customer elsewhere: give a "
        "return_url, or create it with automatic_payment_methods[allow_redirects]=never.",
        param="return_url",
    )


def method_of(call: Call, currency: str) -> PaymentMethod | None:
    """The payment method that the parameters name, if they do: a test one, or one made before.

    Raises:
        Refusal: there is none such, or it does not fit the currency.
    """
    asked, world = call.params, call.world
    identity = asked.text("payment_method")
    data = asked.inner("payment_method_data").inner("card")
    number = data.text("number")
    if identity and (kept := world.find(PaymentMethod, identity, call.scope)):
        return kept
    if identity:
        test = cards.by_id(identity)
        if test is None:
            raise not_found("PaymentMethod", identity, "payment_method")
    elif number:
        test = cards.by_number(number)
        if test is None:
            message = "Your card was declined: only Stripe's test cards are played here."
            more = {"decline_code": "test_mode_live_card"}
            raise Refusal(message, status=402, kind="card_error", code="card_declined", more=more)
    elif token := data.text("token"):
        test = cards.by_id(token.replace("tok_", "pm_card_", 1))
        if test is None:
            raise not_found("token", token, "payment_method_data[card][token]")
    else:
        return None
    if test.kind != "card" and currency != BANK_CURRENCY:
        raise invalid("payment_method", f"A bank debit needs the currency {BANK_CURRENCY}.")
    return world.keep(
        PaymentMethod(
            id=world.id("pm_1"),
            scope=call.scope,
            created=world.now(),
            number=world.next_number(),
            test=test,
        )
    )


def check_secret(call: Call, it: Intent) -> None:
    """With a publishable key the client secret is needed; a wrong one is refused in any case."""
    secret = call.params.text("client_secret")
    if secret == it.client_secret or (secret is None and not call.publishable):
        return
    raise Refusal(
        "The client_secret is missing or does not fit this PaymentIntent.",
        code="payment_intent_invalid_parameter",
        param="client_secret",
    )


def kept_fields(asked: Params) -> dict[str, object]:
    """The fields that are only kept and shown again."""
    return {name: asked.values[name] for name in _KEPT & asked.values.keys()}


def merged(old: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: https://docs.stripe.com/api/metadata."""
    if sent is None:
        return old
    return {k: v for k, v in {**old, **sent}.items() if v} if sent else {}


def _types(asked: Params) -> tuple[str, ...]:
    return tuple(str(name) for name in asked.many("payment_method_types") or ())


def _types_of(currency: str) -> tuple[str, ...]:
    return ("card", "us_bank_account") if currency == BANK_CURRENCY else ("card",)


def _no_method(it: Intent | None) -> Refusal:
    message = "You can't confirm this PaymentIntent: it has no payment method."
    more = {"payment_intent": as_json(it)} if it else None
    return unexpected_state(message, "payment_intent_unexpected_state", more)


def _unexpected(it: Intent, message: str) -> Refusal:
    more = {"payment_intent": as_json(it)}
    return unexpected_state(message, "payment_intent_unexpected_state", more)
