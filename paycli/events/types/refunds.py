"""What happens to a refund. Whoever moves money drops duplicates by `refund_id`.

https://docs.stripe.com/api/refunds/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required


class RefundEvent(EventData):
    """Something happened to a refund; `reference` and `metadata` are the refund's own."""

    payment_id: Id | None = optional(
        "The id of the PaymentIntent that is refunded.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str | None = optional("The refund's status then.", example="succeeded")
    amount: int = required("What is refunded, in Stripe's unit.", example=2000)
    currency: str = required("ISO 4217, in lower case.", example="eur")
    refund_id: str = required("The refund's id.", "id", example="re_3MtwBwLkdIwHu7ix0hXkQ1Zy")
    charge_id: Id | None = optional(
        "The charge that is refunded.", "charge", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
    reason: str | None = optional("Why it is refunded.", example="requested_by_customer")
    failure_reason: str | None = optional(
        "Why the refund failed.", example="expired_or_canceled_card"
    )

    example: ClassVar[Mapping[str, JsonValue]] = {"failure_reason": None}


class RefundCreatedEvent(RefundEvent):
    """A refund was made and is not through yet."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "pending"}


class RefundSucceededEvent(RefundEvent):
    """A refund is through: at once when it was made, or later."""


class RefundUpdatedEvent(RefundEvent):
    """Something else about a refund has changed, such as its number at the bank."""


class RefundFailedEvent(RefundEvent):
    """A refund failed; the money is back on Stripe's balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
    }
