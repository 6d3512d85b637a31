"""Events of a refund. Consumers that move money must drop duplicates by `refund_id`.

https://docs.stripe.com/api/refunds/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required


class RefundEvent(EventData):
    """Base class of events of a refund; `reference` and `metadata` are those of the refund."""

    payment_id: Id | None = optional(
        "The id of the refunded PaymentIntent.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str | None = optional(
        "The refund's status at the time of the event.", example="succeeded"
    )
    amount: int = required("The refunded amount, in Stripe's unit of the currency.", example=2000)
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    refund_id: str = required("The id of the refund.", "id", example="re_3MtwBwLkdIwHu7ix0hXkQ1Zy")
    charge_id: Id | None = optional(
        "The id of the refunded charge.", "charge", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
    reason: str | None = optional("The reason for the refund.", example="requested_by_customer")
    failure_reason: str | None = optional(
        "Why the refund failed.", example="expired_or_canceled_card"
    )
    # https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
    destination_type: str | None = optional(
        "How a card is refunded: `refund`, `reversal` or `pending`; null for other payment "
        "methods. In API versions before 2025-03-31 the release of an uncaptured amount is a "
        "refund with `reversal` too, which gives back nothing that was received.",
        "destination_details.card.type",
        example="refund",
    )

    example: ClassVar[Mapping[str, JsonValue]] = {"failure_reason": None}


class RefundCreatedEvent(RefundEvent):
    """A refund was created and has not succeeded yet."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "pending"}


class RefundSucceededEvent(RefundEvent):
    """A refund succeeded, on creation or later."""


class RefundUpdatedEvent(RefundEvent):
    """A refund changed, for example its reference number at the bank."""


class RefundFailedEvent(RefundEvent):
    """A refund failed. The amount was returned to the Stripe balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
    }
