"""Events of a dispute.

https://docs.stripe.com/api/disputes/object
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, JsonValue

from paycli.events.types.base import EventData, Id, Metadata, optional, required
from paycli.models.fields import UnixTime

# Final statuses: https://docs.stripe.com/disputes/how-disputes-work
_FINAL = ("won", "lost", "warning_closed", "prevented", "charge_refunded")


def _outcome(status: object) -> object:
    return status if status in _FINAL else None


def _none_if_empty(metadata: object) -> object:
    """Maps empty metadata, which almost all disputes have, to null."""
    return metadata or None if isinstance(metadata, dict) else metadata


class DisputeEvent(EventData):
    """Base class of events of a dispute, which has its own metadata, not the payment's."""

    payment_id: Id | None = optional(
        "The id of the disputed PaymentIntent.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str = required(
        "The dispute's status at the time of the event.", example="needs_response"
    )
    amount: int = required("The disputed amount, in Stripe's unit of the currency.", example=2000)
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    metadata: Annotated[Metadata, BeforeValidator(_none_if_empty)] = optional(
        "The metadata of the dispute; null if it is empty.", example=None
    )
    dispute_id: str = required(
        "The id of the dispute.", "id", example="dp_1MtwBwLkdIwHu7ixqXzPvNkc"
    )
    reason: str | None = optional("The reason given by the cardholder.", example="fraudulent")
    evidence_due_by: UnixTime | None = optional(
        "The deadline for evidence (RFC 3339, UTC).",
        "evidence_details.due_by",
        example="2026-02-14T23:59:59Z",
    )
    outcome: Annotated[str | None, BeforeValidator(_outcome)] = optional(
        "`won`, `lost`, `warning_closed` or `prevented`; null while the dispute is open.",
        "status",
        example="won",
    )

    example: ClassVar[Mapping[str, JsonValue]] = {"reference": None, "outcome": None}


class DisputeOpenedEvent(DisputeEvent):
    """A cardholder disputed a payment."""


class DisputeUpdatedEvent(DisputeEvent):
    """A dispute changed, for example its evidence."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "under_review"}


class DisputeFundsWithdrawnEvent(DisputeEvent):
    """The disputed amount was withdrawn from the Stripe balance."""


class DisputeFundsReinstatedEvent(DisputeEvent):
    """The disputed amount was returned to the Stripe balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "won", "outcome": "won"}


class DisputeClosedEvent(DisputeEvent):
    """A dispute was closed. Final."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "lost", "outcome": "lost"}
