"""Disputes of payments: requests and responses."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from paycli.models.evidence import Evidence
from paycli.models.fields import Timestamp
from paycli.models.requests import ListRequest, RequestModel

PaymentId = Annotated[str, StringConstraints(pattern=r"^(pi|cs)_[A-Za-z0-9_]{1,250}$")]
DisputeStatus = Literal[
    "warning_needs_response",
    "warning_under_review",
    "warning_closed",
    "needs_response",
    "under_review",
    "won",
    "lost",
    "prevented",
]
"""https://docs.stripe.com/api/disputes/object#dispute_object-status"""


class ListDisputes(ListRequest):
    """Lists disputes, newest first."""

    payment: PaymentId | None = Field(
        default=None,
        description="Only disputes of this payment, `pi_…` or `cs_…`.",
        examples=["pi_3MtwBwLkdIwHu7ix28a3tqPa"],
    )
    status: DisputeStatus | None = Field(
        default=None, description="Only disputes with this status."
    )
    created_from: Timestamp | None = Field(
        default=None,
        description="Only disputes created at or after this time.",
        examples=["2026-01-31T00:00:00Z"],
    )
    created_to: Timestamp | None = Field(
        default=None,
        description="Only disputes created before this time.",
        examples=["2026-02-01T00:00:00Z"],
    )


class RespondToDispute(RequestModel):
    """Stages evidence for a dispute, or submits it, which is final."""

    # Validators see only earlier fields, so the one that others are checked against comes first.
    submit: bool = Field(
        description="`false` stages the evidence, so that it can still be changed. `true` submits "
        "it, with what was staged before, to the bank: this is final and possible once."
    )
    evidence: Evidence = Field(
        default_factory=Evidence,
        repr=False,
        description="Texts by the names of Stripe's fields. What was staged before and is absent "
        "here is unchanged. At least one text, unless staged evidence is submitted.",
    )

    @field_validator("evidence")
    @classmethod
    def _stages_something(cls, evidence: Evidence, info: ValidationInfo) -> Evidence:
        if not evidence.model_fields_set and info.data.get("submit") is False:
            raise PydanticCustomError("missing", "must have at least one field to stage")
        return evidence


class AcceptDispute(RequestModel):
    """Accepts a dispute, which is then lost. Final."""


class Dispute(BaseModel):
    """A dispute in its current state. It contains no text of its evidence."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The dispute's id, `du_…` or `dp_…`.")
    status: str = Field(
        description="Stripe's status: `needs_response`, `under_review`, `won`, `lost` or "
        "`prevented`; of an inquiry `warning_needs_response`, `warning_under_review` or "
        "`warning_closed`."
    )
    amount: int = Field(description="The disputed amount, in Stripe's unit of the currency.")
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    reason: str = Field(
        description="The cardholder's reason as Stripe names it, such as `fraudulent`."
    )
    payment_id: str | None = Field(
        description="The id of the PaymentIntent, `pi_…`; null for a charge without one."
    )
    charge_id: str = Field(description="The id of the disputed charge, `ch_…`.")
    evidence_due_by: str | None = Field(
        description="The deadline for evidence (RFC 3339, UTC); null if the bank takes none.",
        json_schema_extra={"format": "date-time"},
    )
    evidence_fields: tuple[str, ...] = Field(
        description="The names of Stripe's evidence fields, also those for files, that have a "
        "value. Stripe fills some of them in. Until they are submitted they are staged."
    )
    submission_count: int = Field(
        description="How often evidence was submitted: 0 or, as it is final, 1."
    )
    livemode: bool = Field(description="Whether the dispute is in live mode.")
    created_at: str = Field(
        description="When it was opened (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class DisputePage(BaseModel):
    """A page of disputes, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Dispute, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
