"""Transfers from a payment's charge to connected accounts: requests and responses."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.fields import AccountId, Amount, Metadata, OptionalAmount, absent
from paycli.models.requests import ListRequest, RequestModel


class CreateTransfer(RequestModel):
    """Transfers a part of a payment to a connected account."""

    destination: AccountId = Field(
        description="The connected account that receives the amount.",
        examples=["acct_1032D82eZvKYlo2C"],
    )
    amount: Amount = Field(
        description="The amount in Stripe's unit of the payment's currency. All transfers of a "
        "payment together are at most its captured amount.",
        examples=[1800],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the transfer and included in its events. Do not "
        "store personal data in it.",
        examples=[{"room": "7"}],
    )


class ListTransfers(ListRequest):
    """Lists the transfers of a payment, newest first."""


class ReverseTransfer(RequestModel):
    """Takes a transfer back, in full or in part."""

    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The amount to take back, in Stripe's unit of the currency. At most the amount "
        "that is not yet reversed, which is also the default.",
        examples=[500],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the reversal. Do not store personal data in it.",
        examples=[{"ticket": "7"}],
    )


@dataclass(frozen=True, slots=True)
class TransferSource:
    """A payment with the charge that its transfers come from; `group` is their transfer group."""

    payment_id: str
    charge_id: str
    group: str | None


@dataclass(frozen=True, slots=True)
class TransferTerms:
    """The connected account that a transfer went to, and its currency."""

    destination: str | None
    currency: str


class Transfer(BaseModel):
    """A transfer from a payment's charge, in its current state."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The transfer's id, `tr_…`.")
    amount: int = Field(description="The transferred amount, in Stripe's unit of the currency.")
    amount_reversed: int = Field(description="What was taken back of it so far.")
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    destination: str | None = Field(description="The connected account that received it.")
    payment_id: str = Field(
        description="The id of the PaymentIntent whose charge it comes from, `pi_…`."
    )
    transfer_group: str | None = Field(
        description="The label of payments and transfers that belong together; Stripe assigns one "
        "where the payment has none."
    )
    reference: str | None = Field(
        description="The payment's reference, if this service created the transfer."
    )
    metadata: dict[str, str] = Field(description="The metadata, without `reference`.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class TransferPage(BaseModel):
    """A page of a payment's transfers, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Transfer, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )


class TransferReversal(BaseModel):
    """What was taken back of a transfer."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The reversal's id, `trr_…`.")
    transfer_id: str = Field(description="The id of the transfer, `tr_…`.")
    amount: int = Field(description="What was taken back, in Stripe's unit of the currency.")
    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
