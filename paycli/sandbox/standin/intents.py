"""PaymentIntents: https://docs.stripe.com/api/payment_intents."""

from paycli.sandbox.standin import paying
from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.intent_params import KEPT
from paycli.sandbox.standin.limits import check_amount
from paycli.sandbox.standin.lists import listed
from paycli.sandbox.standin.methods import BANK_CURRENCY, method_of
from paycli.sandbox.standin.params import Params
from paycli.sandbox.standin.refusals import Refusal, invalid, unexpected_state
from paycli.sandbox.standin.rendering import as_json
from paycli.sandbox.standin.resources.payment_objects import ObjectState, PaymentIntentState
from paycli.sandbox.standin.search import searched
from paycli.sandbox.standin.world import World, changed


def create(call: Call) -> ObjectState:
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
) -> PaymentIntentState:
    """An intent that nobody knows of yet; `announce` remembers it."""
    world = call.world
    identity = world.id("pi_3")
    return PaymentIntentState(
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


def announce(world: World, it: PaymentIntentState, call: Call) -> None:
    """Remembers a new intent and says so."""
    world.keep(it)
    world.emit("payment_intent.created", it, call.origin)


def get(call: Call) -> ObjectState:
    """The intent; with a publishable key only by its client secret."""
    it = call.the(PaymentIntentState, "payment_intent")
    check_secret(call, it)
    return it


def list_(call: Call) -> Page:
    """Intents, newest first."""
    customer = call.params.text("customer")
    return listed(
        call,
        PaymentIntentState,
        "/v1/payment_intents",
        lambda it: customer is None or it.echoed.get("customer") == customer,
    )


def search(call: Call) -> Page:
    """https://docs.stripe.com/search."""
    return searched(call, PaymentIntentState, "/v1/payment_intents/search")


def update(call: Call) -> ObjectState:
    """Changes what may still change."""
    it = call.the(PaymentIntentState, "payment_intent")
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


def confirm(call: Call) -> ObjectState:
    """Pays, as far as it goes."""
    it = call.the(PaymentIntentState, "payment_intent")
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


def capture(call: Call) -> ObjectState:
    """Takes what is held."""
    it = call.the(PaymentIntentState, "payment_intent")
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


def cancel(call: Call) -> ObjectState:
    """Ends the intent."""
    it = call.the(PaymentIntentState, "payment_intent")
    if it.status not in paying.CANCELABLE:
        message = f"This PaymentIntent can't be canceled: its status is {it.status}."
        raise _unexpected(it, message)
    if it.session and it.session.status == "open":
        message = (
            "This PaymentIntent is of an open Checkout CheckoutSessionState: expire that instead."
        )
        raise _unexpected(it, message)
    paying.cancel(call.world, it, call.params.text("cancellation_reason"), call.origin)
    return it


def _confirm(call: Call, it: PaymentIntentState) -> None:
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


def _check_return(call: Call, it: PaymentIntentState) -> None:
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


def check_secret(call: Call, it: PaymentIntentState) -> None:
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
    return {name: asked.values[name] for name in KEPT & asked.values.keys()}


def merged(old: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update: https://docs.stripe.com/api/metadata."""
    if sent is None:
        return old
    return {k: v for k, v in {**old, **sent}.items() if v} if sent else {}


def _types(asked: Params) -> tuple[str, ...]:
    return tuple(str(name) for name in asked.many("payment_method_types") or ())


def _types_of(currency: str) -> tuple[str, ...]:
    return ("card", "us_bank_account") if currency == BANK_CURRENCY else ("card",)


def _no_method(it: PaymentIntentState | None) -> Refusal:
    message = "You can't confirm this PaymentIntent: it has no payment method."
    more = {"payment_intent": as_json(it)} if it else None
    return unexpected_state(message, "payment_intent_unexpected_state", more)


def _unexpected(it: PaymentIntentState, message: str) -> Refusal:
    more = {"payment_intent": as_json(it)}
    return unexpected_state(message, "payment_intent_unexpected_state", more)
