"""Refunds: requests and responses."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.fields import Metadata, OptionalAmount, absent
from paycli.models.requests import ListRequest, RequestModel


class RefundPayment(RequestModel):
    """Refunds a payment, in full or in part."""

    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The amount to refund, in Stripe's unit of the currency. At most the amount "
        "that is not yet refunded, which is also the default.",
        examples=[500],
    )
    reverse_transfer: bool | None = Field(
        default=None,
        description="Whether the connected account gives back its share of the refunded amount. "
        "Required if the payment has a `destination`: with false, the platform pays all of it.",
    )
    refund_application_fee: bool | None = Field(
        default=None,
        description="Whether the platform gives back its cut of the refunded amount. Required if "
        "the payment has an `application_fee`.",
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the refund and included in its events. Do not "
        "store personal data in it.",
        examples=[{"ticket": "7"}],
    )
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = Field(
        default=None,
        description="Stored with the refund. `fraudulent` also adds the card to the block list.",
    )


class ListRefunds(ListRequest):
    """Lists a payment's refunds, newest first."""


class Refund(BaseModel):
    """A refund, in its current state."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(
        description="The refund's id: `re_…`, or `pyr_…` for some other payment methods."
    )
    status: str | None = Field(
        description="Stripe's status of the refund: `pending`, `requires_action`, `succeeded`, "
        "`failed` or `canceled`."
    )
    amount: int = Field(description="The refunded amount, in Stripe's unit of the currency.")
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    payment_id: str | None = Field(description="The id of the refunded PaymentIntent, `pi_…`.")
    reference: str | None = Field(
        description="The payment's reference, if this service created the refund."
    )
    reason: str | None = Field(description="The reason for the refund, if one was given.")
    failure_reason: str | None = Field(description="Why the refund failed.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class RefundPage(BaseModel):
    """A page of a payment's refunds, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Refund, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
