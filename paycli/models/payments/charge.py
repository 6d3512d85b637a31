"""The charge of a payment: what Stripe collected, and what it costs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.payments.payment import Payment
from paycli.models.requests import RequestModel


class GetPayment(RequestModel):
    """Retrieves a payment."""

    include: Literal["charge"] | None = Field(
        default=None, description="`charge` adds the payment's charge to the response."
    )


class ChargedCard(BaseModel):
    """The card that was charged."""

    model_config = ConfigDict(frozen=True)

    brand: str | None = Field(description="The brand, such as `visa`; null if Stripe has none.")
    last4: str | None = Field(
        repr=False, description="The last four digits; null if Stripe has none."
    )
    wallet: str | None = Field(
        description="The wallet that the card is in, such as `apple_pay`; null without one."
    )


class Charge(BaseModel):
    """The latest attempt to collect a payment. `receipt_url` is for the customer only."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="The id of the Charge, `ch_…` or `py_…`.")
    amount_captured: int = Field(
        description="The amount captured so far, in Stripe's unit of the currency; 0 while it is "
        "only held, and for a failed attempt."
    )
    amount_refunded: int = Field(description="The amount refunded so far.")
    payment_method_type: str | None = Field(
        description="The type of the payment method, such as `card`; null if Stripe has none."
    )
    card: ChargedCard | None = Field(description="The card; null for other payment methods.")
    receipt_url: str | None = Field(
        repr=False,
        description="The page of the receipt, which anyone with the URL can open. Null until the "
        "charge has succeeded.",
    )
    capture_before: str | None = Field(
        description="When an uncaptured hold ends (RFC 3339, UTC). Null if the payment is captured "
        "automatically.",
        json_schema_extra={"format": "date-time"},
    )
    fee: int | None = Field(
        description="What Stripe and, with Connect, the platform kept, in Stripe's unit of "
        "`settlement_currency`; of the first capture if there are several. Null until the amount "
        "is captured, for a moment afterwards, and for a failed attempt."
    )
    net: int | None = Field(
        description="What was added to the account's balance, in Stripe's unit of "
        "`settlement_currency`; null as `fee` is."
    )
    settlement_currency: str | None = Field(
        description="The currency of `fee` and `net`, which can differ from the payment's; null as "
        "`fee` is."
    )
    available_on: str | None = Field(
        description="When `net` becomes available for payouts (RFC 3339, UTC); null as `fee` is.",
        json_schema_extra={"format": "date-time"},
    )
    disputed: bool = Field(description="Whether the charge has been disputed.")
    failure_code: str | None = Field(
        description="Stripe's code of the failure, such as `card_declined`; null for an attempt "
        "that has not failed."
    )


class PaymentWithCharge(Payment):
    """A payment in its current state: a PaymentIntent or, for checkout, a Checkout Session.

    Pass `client_secret` to the customer's browser only.
    """

    model_config = ConfigDict(json_schema_extra=lambda schema: schema["required"].remove("charge"))

    charge: Charge | None = Field(
        default=None,
        description="The latest charge; null before the customer has tried to pay. Only present "
        "with `include=charge`.",
    )
