"""Warnings of fraud, and reviews by people.

https://docs.stripe.com/api/radar/early_fraud_warnings/object, https://docs.stripe.com/api/radar/reviews/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

# Neither object has a status, an amount, a currency or metadata.
_NONE: Mapping[str, JsonValue] = dict.fromkeys(
    ("status", "amount", "currency", "reference", "metadata")
)


class FraudWarningEvent(EventData):
    """A card's issuer suspects fraud; a refund now may spare a dispute."""

    example: ClassVar[Mapping[str, JsonValue]] = _NONE

    charge_id: Id = required(
        "The charge that is suspected.", "charge", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
    fraud_type: str | None = optional("What the issuer suspects.", example="made_with_stolen_card")
    actionable: bool | None = optional(
        "Whether anything can still be done: not if refunded or disputed already.", example=True
    )


class ReviewEvent(EventData):
    """Something happened to the review of a payment by people."""

    example: ClassVar[Mapping[str, JsonValue]] = _NONE

    charge_id: Id | None = optional(
        "The charge under review; null while there is none.",
        "charge",
        example="ch_3MtwBwLkdIwHu7ix0C1dKpZs",
    )


class ReviewOpenedEvent(ReviewEvent):
    """Somebody is to look at a payment."""

    reason: str | None = optional("Why: `rule` or `manual`.", example="rule")


class ReviewClosedEvent(ReviewEvent):
    """A review is over."""

    closed_reason: str | None = optional("How it ended.", example="approved")
