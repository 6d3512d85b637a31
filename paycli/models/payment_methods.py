"""Saved payment methods of a customer: requests and responses."""

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.requests import ListRequest


class ListPaymentMethods(ListRequest):
    """Lists a customer's saved payment methods, newest first."""


class SavedCard(BaseModel):
    """What identifies a saved card to its owner."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    brand: str = Field(description="The card's brand, such as `visa`.")
    last4: str | None = Field(description="The last four digits of the card's number.")
    exp_month: int = Field(description="The month of expiry, 1 to 12.")
    exp_year: int = Field(description="The year of expiry, four digits.")
    wallet: str | None = Field(
        description="The wallet that the card is in, such as `apple_pay`; null without one."
    )


class PaymentMethod(BaseModel):
    """A payment method that a customer has saved."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="The payment method's id, `pm_…`; older ones have other prefixes.")
    type: str = Field(description="Stripe's type, such as `card` or `sepa_debit`.")
    card: SavedCard | None = Field(description="The card; null for other types.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )


class PaymentMethodPage(BaseModel):
    """A page of a customer's saved payment methods, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[PaymentMethod, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
