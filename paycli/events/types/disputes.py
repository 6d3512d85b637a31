"""What happens to a dispute.

https://docs.stripe.com/api/disputes/object
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, JsonValue

from paycli.events.types.base import EventData, Id, Metadata, UnixTime, optional, required

# https://docs.stripe.com/disputes/how-disputes-work: a dispute stays in one of these.
_FINAL = ("won", "lost", "warning_closed", "prevented", "charge_refunded")


def _outcome(status: object) -> object:
    return status if status in _FINAL else None


def _none_if_empty(metadata: object) -> object:
    """A dispute's metadata is empty unless somebody fills it in by hand."""
    return metadata or None if isinstance(metadata, dict) else metadata


class DisputeEvent(EventData):
    """Something happened to a dispute; it never has the payment's reference or metadata."""

    payment_id: Id | None = optional(
        "The id of the PaymentIntent that is disputed.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str = required("The dispute's status then.", example="needs_response")
    amount: int = required("What is disputed, in Stripe's unit.", example=2000)
    currency: str = required("ISO 4217, in lower case.", example="eur")
    metadata: Annotated[Metadata, BeforeValidator(_none_if_empty)] = optional(
        "The dispute's own metadata; null if it has none.", example=None
    )
    dispute_id: str = required("The dispute's id.", "id", example="dp_1MtwBwLkdIwHu7ixqXzPvNkc")
    reason: str | None = optional("What the cardholder says.", example="fraudulent")
    evidence_due_by: UnixTime | None = optional(
        "Until when evidence may be sent, RFC 3339 in UTC.",
        "evidence_details.due_by",
        example="2026-02-14T23:59:59Z",
    )
    outcome: Annotated[str | None, BeforeValidator(_outcome)] = optional(
        "`won`, `lost`, `warning_closed` or `prevented`; null while it is open.",
        "status",
        example="won",
    )

    example: ClassVar[Mapping[str, JsonValue]] = {"reference": None, "outcome": None}


class DisputeOpenedEvent(DisputeEvent):
    """A cardholder disputes a payment."""


class DisputeUpdatedEvent(DisputeEvent):
    """Something about a dispute has changed, such as its evidence."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "under_review"}


class DisputeFundsWithdrawnEvent(DisputeEvent):
    """The disputed money was taken from Stripe's balance."""


class DisputeFundsReinstatedEvent(DisputeEvent):
    """The disputed money is back on Stripe's balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "won", "outcome": "won"}


class DisputeClosedEvent(DisputeEvent):
    """A dispute is over. Final."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "lost", "outcome": "lost"}
