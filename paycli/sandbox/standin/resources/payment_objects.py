"""The states of customers and of a payment's objects, which refer to each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional

from paycli.sandbox.standin.resources.stripe_test_methods import TestPaymentMethod
from paycli.sandbox.standin.store.objects import Json, ObjectState


@dataclass(slots=True, kw_only=True, eq=False)
class CustomerState(ObjectState):
    """https://docs.stripe.com/api/customers/object; a deleted one keeps only its id."""

    TYPE = "customer"
    URL = "/v1/customers"

    metadata: dict[str, str] = field(default_factory=dict)
    stored: Json = field(default_factory=dict)
    deleted: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentMethodState(ObjectState):
    """https://docs.stripe.com/api/payment_methods/object.

    `customer` is the id of the customer it is attached to. `set_up`: it was set up for payments off
    session. `spent`: it was detached, or used without being attached, and can never be used again.
    """

    TYPE = "payment_method"
    URL = "/v1/payment_methods"
    ID_PARAM = "payment_method"
    EXPANDABLE = frozenset({"customer"})

    test: TestPaymentMethod
    exp_month: int
    exp_year: int
    customer: str | None = None
    set_up: bool = False
    spent: bool = False

    def requires_authentication(self, *, off_session: bool) -> bool:
        """Whether a payment requires 3-D Secure."""
        required = self.test.authentication
        if off_session:
            return required == "always" or (required == "until_set_up" and not self.set_up)
        return required != "never"


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentIntentState(ObjectState):
    """https://docs.stripe.com/api/payment_intents/object.

    `echoed` has the fields that are only stored and shown again, by their names in the API.
    `hold_requests` has the features that are requested for a hold, `if_available` or `never`.
    """

    TYPE = "payment_intent"
    NAME = "PaymentIntent"
    URL = "/v1/payment_intents"
    ID_PARAM = "intent"
    EXPANDABLE = frozenset({"customer", "latest_charge", "payment_method", "review"})

    amount: int
    currency: str
    client_secret: str
    capture_method: str
    confirmation_method: str = "automatic"
    automatic_methods: Json | None = None
    method_types: tuple[str, ...] = ("card",)
    customer: str | None = None
    status: str = "requires_payment_method"
    metadata: dict[str, str] = field(default_factory=dict)
    echoed: Json = field(default_factory=dict)
    amount_capturable: int = 0
    amount_received: int = 0
    payment_method: PaymentMethodState | None = None
    last_error: Json | None = None
    next_action: Json | None = None
    latest_charge: Optional["ChargeState"] = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    review: str | None = None
    return_url: str | None = None
    session: Optional["CheckoutSessionState"] = None
    hold_requests: dict[str, str] = field(default_factory=dict)
    increments: int = 0

    @property
    def future_usage(self) -> str | None:
        """How the payment method is saved when the payment succeeds: `setup_future_usage`."""
        usage = self.echoed.get("setup_future_usage")
        return None if usage is None else str(usage)


@dataclass(slots=True, kw_only=True, eq=False)
class SetupIntentState(ObjectState):
    """https://docs.stripe.com/api/setup_intents/object."""

    TYPE = "setup_intent"
    NAME = "SetupIntent"
    URL = "/v1/setup_intents"
    ID_PARAM = "intent"
    EXPANDABLE = frozenset({"customer", "payment_method"})

    client_secret: str
    usage: str = "off_session"
    automatic_methods: Json | None = None
    method_types: tuple[str, ...] = ("card",)
    customer: str | None = None
    description: str | None = None
    status: str = "requires_payment_method"
    metadata: dict[str, str] = field(default_factory=dict)
    payment_method: PaymentMethodState | None = None
    last_error: Json | None = None
    next_action: Json | None = None
    cancellation_reason: str | None = None
    return_url: str | None = None
    session: Optional["CheckoutSessionState"] = None


Intent = PaymentIntentState | SetupIntentState


@dataclass(slots=True, kw_only=True, eq=False)
class ChargeState(ObjectState):
    """https://docs.stripe.com/api/charges/object; `refunds` in the order of creation.

    `granted` has the features of the hold; `capture_before` is None without one.
    `balance_transaction` is that of the first capture; each capture can have its `transfers` and
    `application_fees`, which are ids. `group` is the transfer group that Stripe assigned. Its JSON
    is not cached: it is the largest and rarely requested.
    """

    TYPE = "charge"
    URL = "/v1/charges"
    EXPANDABLE = frozenset(
        {
            *("application_fee", "balance_transaction", "customer", "payment_intent"),
            *("payment_method", "review", "transfer"),
        }
    )
    CACHED = False

    intent: PaymentIntentState
    amount: int
    method: PaymentMethodState
    metadata: dict[str, str]
    status: str = "succeeded"
    captured: bool = False
    amount_captured: int = 0
    amount_refunded: int = 0
    disputed: bool = False
    failure: Json | None = None
    authenticated: bool = False
    granted: frozenset[str] = frozenset()
    capture_before: int | None = None
    review: str | None = None
    balance_transaction: str | None = None
    transfers: list[str] = field(default_factory=list)
    application_fees: list[str] = field(default_factory=list)
    group: str | None = None
    refunds: list["RefundState"] = field(default_factory=list)

    @property
    def refundable(self) -> int:
        """The captured amount that has not been refunded."""
        return self.amount_captured - self.amount_refunded

    def inner_list(self, name: str) -> Sequence[ObjectState | Json] | None:
        """The refunds, newest first."""
        return self.refunds[::-1] if name == "refunds" else None


@dataclass(slots=True, kw_only=True, eq=False)
class RefundState(ObjectState):
    """https://docs.stripe.com/api/refunds/object."""

    TYPE = "refund"
    URL = "/v1/refunds"
    EXPANDABLE = frozenset({"balance_transaction", "charge", "payment_intent", "transfer_reversal"})

    charge: ChargeState
    amount: int
    status: str
    reason: str | None
    metadata: dict[str, str]
    reference: str | None = None
    failure_reason: str | None = None
    balance_transaction: str | None = None
    transfer_reversal: str | None = None
    returns_fee: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class CheckoutSessionState(ObjectState):
    """https://docs.stripe.com/api/checkout/sessions/object.

    `line_items` as JSON. In mode `payment` the first payment attempt creates the `intent`;
    `intent_metadata`, `intent_echoed` and `capture_method` are what `payment_intent_data` sets on
    it. In mode `setup` there is no `amount`, and the `intent` is a SetupIntent from the beginning.
    """

    TYPE = "checkout.session"
    URL = "/v1/checkout/sessions"
    EXPANDABLE = frozenset({"customer", "payment_intent", "setup_intent"})

    mode: str
    amount: int | None
    currency: str | None
    expires_at: int
    url: str
    line_items: list[Json]
    echoed: Json
    metadata: dict[str, str]
    method_types: tuple[str, ...]
    intent_metadata: dict[str, str]
    intent_echoed: Json
    capture_method: str
    customer: str | None = None
    client_secret: str | None = None
    status: str = "open"
    payment_status: str = "unpaid"
    email: str | None = None
    intent: Intent | None = None

    def inner_list(self, name: str) -> Sequence[ObjectState | Json] | None:
        """The line items."""
        return self.line_items if name == "line_items" else None
