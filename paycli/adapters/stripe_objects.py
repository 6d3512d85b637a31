"""Stripe's objects as far as they are used here, read strictly, and our nouns of them."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from paycli import errors
from paycli.models import Found, Payment, Refund, rfc3339
from paycli.stripe_event import StripeEvent, event_of


class _StripeObject(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: str
    metadata: dict[str, str] | None = None
    created: int

    @property
    def reference(self) -> str | None:
        return (self.metadata or {}).get("reference")


Listed = TypeVar("Listed", bound=_StripeObject)


class PaymentIntent(_StripeObject):
    """https://docs.stripe.com/api/payment_intents/object."""

    status: str
    amount: int
    currency: str
    client_secret: str | None = None
    livemode: bool
    description: str | None = None
    capture_method: str | None = None
    amount_capturable: int | None = None
    amount_received: int | None = None
    cancellation_reason: str | None = None

    def payment(self, *, with_secret: bool = True) -> Payment:
        """The payment in our words; lists leave out what only a customer's browser needs."""
        return Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret if with_secret else None,
            payment_url=None,
            livemode=self.livemode,
            created_at=rfc3339(self.created),
            payment_id=self.id,
            description=self.description,
            metadata=_without_reference(self.metadata),
            capture_method=self.capture_method,
            amount_capturable=self.amount_capturable,
            amount_received=self.amount_received,
            cancellation_reason=self.cancellation_reason,
        )


class CheckoutSession(_StripeObject):
    """https://docs.stripe.com/api/checkout/sessions/object."""

    status: str
    # Null in the mode setup, which takes no payment.
    amount: int | None = Field(alias="amount_total")
    currency: str | None
    client_secret: str | None = None
    livemode: bool
    payment_intent: str | None = None
    url: str | None = None

    def payment(self) -> Payment:
        """The payment in our words."""
        return Payment(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            reference=self.reference,
            client_secret=self.client_secret,
            payment_url=self.url,
            livemode=self.livemode,
            created_at=rfc3339(self.created),
            payment_id=self.payment_intent,
            metadata=_without_reference(self.metadata),
        )


class StripeRefund(_StripeObject):
    """https://docs.stripe.com/api/refunds/object."""

    status: str | None
    amount: int
    currency: str
    payment_intent: str | None = None
    reason: str | None = None
    failure_reason: str | None = None

    def refund(self) -> Refund:
        """The refund in our words."""
        return Refund(
            id=self.id,
            status=self.status,
            amount=self.amount,
            currency=self.currency,
            payment_id=self.payment_intent,
            reference=self.reference,
            reason=self.reason,
            failure_reason=self.failure_reason,
            created_at=rfc3339(self.created),
        )


class StripeList(BaseModel, Generic[Listed]):
    """https://docs.stripe.com/api/pagination and https://docs.stripe.com/api/pagination/search."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    data: list[Listed]
    has_more: bool
    next_page: str | None = None

    @property
    def position(self) -> str | None:
        """Where the next page begins: a search's token, or the last id of a list."""
        if not self.has_more or not self.data:
            return None
        return self.next_page or self.data[-1].id


class StripeEndpoint(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/object."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    url: str
    status: str
    api_version: str | None = None
    enabled_events: list[str]


class EndpointList(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/list."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    data: list[StripeEndpoint]


class EventObject(RootModel[dict[str, JsonValue]]):
    """An event as it came, since every API version has other shapes."""

    def event(self) -> StripeEvent:
        """The event, read as one that came by webhook is. Raises StripeUnavailable."""
        try:
            return event_of(self.root)
        except errors.NotAStripeEvent:
            raise errors.StripeUnavailable("Stripe's answer is not an event") from None


class EventList(BaseModel):
    """https://docs.stripe.com/api/events/list."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    data: list[EventObject]
    has_more: bool

    def found(self) -> Found[StripeEvent]:
        """The page, and the id of its last event if there are more."""
        events = tuple(each.event() for each in self.data)
        return Found(events, events[-1].id if events and self.has_more else None)


def payments(page: StripeList[PaymentIntent]) -> Found[Payment]:
    """A page of payments in our words, without what only a customer's browser needs."""
    return Found(tuple(each.payment(with_secret=False) for each in page.data), page.position)


def refunds(page: StripeList[StripeRefund]) -> Found[Refund]:
    """A page of refunds in our words."""
    return Found(tuple(each.refund() for each in page.data), page.position)


def _without_reference(metadata: dict[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in (metadata or {}).items() if key != "reference"}
