"""Payouts to a bank account and their lines: requests and responses."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.fields import Timestamp
from paycli.models.requests import ListRequest

PayoutStatus = Literal["pending", "in_transit", "paid", "failed", "canceled"]
"""https://docs.stripe.com/api/payouts/object#payout_object-status"""


class ListPayouts(ListRequest):
    """Lists payouts, newest first."""

    status: PayoutStatus | None = Field(
        default=None, description="Only payouts with this status.", examples=["paid"]
    )
    created_from: Timestamp | None = Field(
        default=None,
        description="Only payouts created at or after this time.",
        examples=["2026-01-31T00:00:00Z"],
    )
    created_to: Timestamp | None = Field(
        default=None,
        description="Only payouts created before this time.",
        examples=["2026-02-01T00:00:00Z"],
    )


class ListPayoutTransactions(ListRequest):
    """Lists the lines of a payout, newest first."""


class Payout(BaseModel):
    """A payout to a bank account, in its current state."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The payout's id, `po_…`.")
    status: str = Field(
        description="Stripe's status: `pending`, `in_transit`, `paid`, `failed` or `canceled`. A "
        "payout that is `paid` can still fail within a few days."
    )
    amount: int = Field(
        description="The amount in Stripe's unit of the currency; negative if Stripe collects it."
    )
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    arrival_date: str = Field(
        description="When it is expected to arrive at the bank (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
    automatic: bool = Field(
        description="Whether Stripe made it by the account's schedule. Only such a "
        "payout has lines."
    )
    failure_code: str | None = Field(description="Why the payout failed.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class PayoutPage(BaseModel):
    """A page of payouts, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Payout, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )


class PayoutTransaction(BaseModel):
    """A line of a payout: what changed the balance, and the booking that it belongs to."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The id of the balance transaction, `txn_…`.")
    type: str = Field(
        description="Stripe's type, such as `charge`, `refund`, `adjustment` (disputes), "
        "`transfer`, `application_fee`. Stripe adds types."
    )
    amount: int = Field(
        description="The gross amount in Stripe's unit of the currency; negative if it left the "
        "balance."
    )
    fee: int = Field(description="The fees that Stripe and the platform took of it.")
    net: int = Field(
        description="`amount` less `fee`. The nets of all lines sum to the payout's amount."
    )
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    payment_id: str | None = Field(
        description="The PaymentIntent that it belongs to, `pi_…`, of the account that charged the "
        "guest; null where it belongs to no payment."
    )
    refund_id: str | None = Field(description="The refund, `re_…` or `pyr_…`; else null.")
    dispute_id: str | None = Field(description="The dispute, `du_…` or `dp_…`; else null.")
    reference: str | None = Field(description="The payment's reference, if it has one.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
    available_on: str = Field(
        description="When the amount became available (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class PayoutTransactionPage(BaseModel):
    """A page of a payout's lines, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[PayoutTransaction, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
