"""The state of Stripe's objects, typed; what they look like in JSON is in `rendering`."""

from dataclasses import dataclass, field
from typing import NamedTuple

from paycli.sandbox.standin.cards import TestMethod


class Scope(NamedTuple):
    """What sees what: an account and a mode see their own objects only."""

    account: str
    livemode: bool


class Origin(NamedTuple):
    """The request that led to an event; both None for what happens by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None


BY_ITSELF = Origin()


@dataclass(slots=True, kw_only=True, eq=False)
class ObjectState:
    """What all objects have. `number` grows with each object; `rendered` is its JSON, if known."""

    id: str
    scope: Scope
    created: int
    number: int
    rendered: bytes | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentMethodState(ObjectState):
    """https://docs.stripe.com/api/payment_methods/object."""

    test: TestMethod


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentIntentState(ObjectState):
    """https://docs.stripe.com/api/payment_intents/object.

    `echoed` are the fields that are only kept and shown again, by their names in the API.
    """

    amount: int
    currency: str
    client_secret: str
    capture_method: str
    confirmation_method: str = "automatic"
    automatic_methods: dict[str, object] | None = None
    method_types: tuple[str, ...] = ("card",)
    status: str = "requires_payment_method"
    metadata: dict[str, str] = field(default_factory=dict)
    echoed: dict[str, object] = field(default_factory=dict)
    amount_capturable: int = 0
    amount_received: int = 0
    payment_method: PaymentMethodState | None = None
    last_error: dict[str, object] | None = None
    next_action: dict[str, object] | None = None
    latest_charge: "ChargeState | None" = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    review: str | None = None
    return_url: str | None = None
    session: "CheckoutSessionState | None" = None


@dataclass(slots=True, kw_only=True, eq=False)
class ChargeState(ObjectState):
    """https://docs.stripe.com/api/charges/object. `refunds` are in the order of their making."""

    intent: PaymentIntentState
    amount: int
    method: PaymentMethodState
    metadata: dict[str, str]
    status: str = "succeeded"
    captured: bool = False
    amount_captured: int = 0
    amount_refunded: int = 0
    disputed: bool = False
    failure: dict[str, object] | None = None
    authenticated: bool = False
    review: str | None = None
    refunds: list["RefundState"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class RefundState(ObjectState):
    """https://docs.stripe.com/api/refunds/object."""

    charge: ChargeState
    amount: int
    status: str
    reason: str | None
    metadata: dict[str, str]
    reference: str | None = None
    failure_reason: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class CheckoutSessionState(ObjectState):
    """https://docs.stripe.com/api/checkout/sessions/object.

    `items` are the line items as JSON; `intent_echoed` and its neighbours are what
    `payment_intent_data` gives to the PaymentIntent that paying makes.
    """

    amount: int
    currency: str
    expires_at: int
    url: str
    items: list[dict[str, object]]
    echoed: dict[str, object]
    metadata: dict[str, str]
    method_types: tuple[str, ...]
    intent_metadata: dict[str, str]
    intent_echoed: dict[str, object]
    capture_method: str
    status: str = "open"
    payment_status: str = "unpaid"
    email: str | None = None
    intent: PaymentIntentState | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class JsonObjectState(ObjectState):
    """An object without behaviour of its own, such as a payout; `json` is all of it."""

    json: dict[str, object]


class Attempt(NamedTuple):
    """One try to deliver an event: the answer's status, and what it says or why there is none."""

    at: float
    url: str
    status: int | None
    detail: str


@dataclass(slots=True, kw_only=True, eq=False)
class EmittedEvent(ObjectState):
    """https://docs.stripe.com/api/events/object.

    `head` is the JSON up to `pending_webhooks` and `tail` that after it: only this number changes.
    """

    type: str
    subject: str
    head: bytes
    tail: bytes
    pending: int = 0
    attempts: list[Attempt] = field(default_factory=list)

    def render(self) -> bytes:
        """The event as it is now."""
        return b"%b%d%b" % (self.head, self.pending, self.tail)
