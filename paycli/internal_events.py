"""What our events say: one class an event, each field with the place in Stripe's object it is from.

A field's `validation_alias` is where Stripe keeps it, in the order tried where API versions differ
(https://docs.stripe.com/changelog). Fields without a default must be there; the others are null
where Stripe has nothing. Fields are never removed or retyped within a version of an event.
"""

from typing import Annotated

from pydantic import AfterValidator, AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as _Field


def _from(*places: str) -> AliasChoices:
    """Where Stripe keeps a value: `a.b.0.c`, further places for other API versions."""
    return AliasChoices(*map(_path, places))


def _path(place: str) -> AliasPath:
    first, *rest = place.split(".")
    return AliasPath(first, *(int(part) if part.isdigit() else part for part in rest))


def _id(value: object) -> object:
    """The id of what Stripe sends as an id or, expanded, as an object."""
    return value.get("id") if isinstance(value, dict) else value


def _sorted(metadata: dict[str, str] | None) -> dict[str, str] | None:
    """Stripe promises no order of keys; equal metadata must give equal bytes."""
    return None if metadata is None else dict(sorted(metadata.items()))


Id = Annotated[str, BeforeValidator(_id)]
Metadata = Annotated[dict[str, str] | None, AfterValidator(_sorted)]


class EventData(BaseModel):
    """What every event says. `amount` in Stripe's unit of `currency`; times are RFC 3339, UTC."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", hide_input_in_errors=True, populate_by_name=False
    )

    payment_id: str | None = _Field(validation_alias=_from("id"))
    status: str | None
    amount: int | None
    currency: str | None
    reference: str | None = _Field(None, validation_alias=_from("metadata.reference"))
    metadata: Metadata = None
    occurred_at: str


class PaymentEvent(EventData):
    """Something happened to a PaymentIntent.

    https://docs.stripe.com/api/payment_intents/object
    """

    payment_id: str = _Field(validation_alias=_from("id"), min_length=1)
    status: str
    amount: int
    currency: str


class PaymentCreatedEvent(PaymentEvent):
    """A payment was created; the customer has not paid yet."""

    capture_method: str | None = None
    payment_method_types: list[str] | None = None


class PaymentProcessingEvent(PaymentEvent):
    """The payment is under way at the bank or network."""


class PaymentActionRequiredEvent(PaymentEvent):
    """The customer has to do something, such as a 3-D Secure step."""

    next_action_type: str | None = _Field(None, validation_alias=_from("next_action.type"))


class PaymentAuthorizedEvent(PaymentEvent):
    """The money is reserved and can be captured."""

    amount_capturable: int | None = None


class PaymentPartiallyFundedEvent(PaymentEvent):
    """A bank transfer paid a part."""

    amount_remaining: int | None = _Field(
        None,
        validation_alias=_from("next_action.display_bank_transfer_instructions.amount_remaining"),
    )


class PaymentSucceededEvent(PaymentEvent):
    """The payment is paid. Final."""

    amount_received: int | None = None
    # `charges` left the PaymentIntent in API version 2022-11-15; its newest charge came first.
    charge_id: Id | None = _Field(None, validation_alias=_from("latest_charge", "charges.data.0"))
    payment_method_id: Id | None = _Field(None, validation_alias=_from("payment_method"))
    payment_method_types: list[str] | None = None


class PaymentFailedEvent(PaymentEvent):
    """An attempt failed; the payment may be tried again."""

    code: str | None = _Field(None, validation_alias=_from("last_payment_error.code"))
    decline_code: str | None = _Field(
        None, validation_alias=_from("last_payment_error.decline_code")
    )
    advice_code: str | None = _Field(None, validation_alias=_from("last_payment_error.advice_code"))


class PaymentCanceledEvent(PaymentEvent):
    """The payment was canceled. Final."""

    cancellation_reason: str | None = None


class StripeEventUnreadable(BaseModel):
    """A genuine event of a mapped type whose shape can't be read; only what identifies it."""

    model_config = ConfigDict(frozen=True)

    stripe_event_id: str
    stripe_event_type: str
    stripe_api_version: str | None
    reason: str
    occurred_at: str | None
