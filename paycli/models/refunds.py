"""Refunds: what callers ask for, and what they see."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.fields import Amount
from paycli.models.requests import ListRequest, RequestModel


class RefundPayment(RequestModel):
    """Gives money of a payment back."""

    amount: Amount | None = Field(
        default=None,
        description="In Stripe's unit, at most what is not refunded yet; else all of that.",
        examples=[500],
    )
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        default=None, description="Kept with the refund; `fraudulent` also blocks the card."
    )


class ListRefunds(ListRequest):
    """Which page of a payment's refunds is wanted, newest first."""


class Refund(BaseModel):
    """A refund as callers see it, in its state of the call."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="`re_…`, or `pyr_…` where money goes back by another way.")
    status: str | None = Field(description="Stripe's: pending, succeeded, failed, canceled, ….")
    amount: int = Field(description="In Stripe's unit of the currency.")
    currency: str = Field(description="Three letters, lower case.")
    payment_id: str | None = Field(description="The `pi_…` of the payment.")
    reference: str | None = Field(description="That of the payment, if the refund was made here.")
    reason: str | None = Field(description="Why, if it was said.")
    failure_reason: str | None = Field(description="Why it failed.")
    created_at: str = Field(description="RFC 3339, UTC.", json_schema_extra={"format": "date-time"})


class RefundPage(BaseModel):
    """A page of a payment's refunds, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Refund, ...]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
