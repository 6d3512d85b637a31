"""Events of early fraud warnings and manual reviews.

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
    """The card issuer suspects fraud. A refund may prevent a dispute."""

    example: ClassVar[Mapping[str, JsonValue]] = _NONE

    charge_id: Id = required(
        "The id of the suspected charge.", "charge", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
    fraud_type: str | None = optional(
        "The type of fraud that the issuer suspects.", example="made_with_stolen_card"
    )
    actionable: bool | None = optional(
        "Whether action is possible: false if the charge is refunded or disputed.", example=True
    )


class ReviewEvent(EventData):
    """Base class of events of a manual review."""

    example: ClassVar[Mapping[str, JsonValue]] = _NONE

    charge_id: Id | None = optional(
        "The id of the charge under review; null if there is none.",
        "charge",
        example="ch_3MtwBwLkdIwHu7ix0C1dKpZs",
    )


class ReviewOpenedEvent(ReviewEvent):
    """A review of a payment was opened."""

    reason: str | None = optional("Why the review was opened: `rule` or `manual`.", example="rule")


class ReviewClosedEvent(ReviewEvent):
    """A review was closed."""

    closed_reason: str | None = optional("Why the review was closed.", example="approved")
