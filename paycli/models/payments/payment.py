"""A payment as it is returned, and the request for a list of them."""

from pydantic import BaseModel, ConfigDict, Field

from paycli.models.fields import PaymentStatus, Reference, Timestamp
from paycli.models.payments.hold import GrantedHold
from paycli.models.requests import ListRequest


class ListPayments(ListRequest):
    """Lists payments, newest first."""

    reference: Reference | None = Field(
        default=None,
        description="Only payments with exactly this reference.",
        examples=["booking-42"],
    )
    status: PaymentStatus | None = Field(
        default=None, description="Only payments with this status."
    )
    created_from: Timestamp | None = Field(
        default=None,
        description="Only payments created at or after this time.",
        examples=["2026-01-31T00:00:00Z"],
    )
    created_to: Timestamp | None = Field(
        default=None,
        description="Only payments created before this time.",
        examples=["2026-02-01T00:00:00Z"],
    )


class Payment(BaseModel):
    """A payment in its current state: a PaymentIntent or, for checkout, a Checkout Session.

    Pass `client_secret` to the customer's browser only.
    """

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(
        description="The id of the PaymentIntent, `pi_…`, or of the Checkout Session, `cs_…`."
    )
    status: str = Field(description="Stripe's status of the PaymentIntent or Checkout Session.")
    amount: int | None = Field(
        description="The amount, in Stripe's unit of the currency; null for a Checkout Session "
        "without a payment."
    )
    currency: str | None = Field(
        description="Three-letter ISO 4217 code, in lower case; null if the amount is null."
    )
    reference: str | None = Field(description="Your own identifier of the payment.")
    client_secret: str | None = Field(
        repr=False,
        description="The secret for the payment form or embedded Checkout page in the customer's "
        "browser; null in lists, and for a hosted Checkout page.",
    )
    payment_url: str | None = Field(
        repr=False,
        description="The URL of the hosted Checkout page while it is open; else null.",
    )
    livemode: bool = Field(description="Whether the payment is in live mode.")
    created_at: str = Field(
        description="When it was created (RFC 3339, UTC).",
        json_schema_extra={"format": "date-time"},
    )
    payment_id: str | None = Field(
        default=None,
        description="The id of the PaymentIntent, `pi_…`, which is the key of its events; null "
        "while a Checkout Session has none.",
    )
    description: str | None = Field(default=None, description="The description.")
    metadata: dict[str, str] = Field(
        default_factory=dict, description="The metadata, without `reference`."
    )
    capture_method: str | None = Field(
        default=None, description="`automatic` or `manual`; null for a Checkout Session."
    )
    amount_capturable: int | None = Field(
        default=None,
        description="The authorized amount that can be captured; null for a Checkout Session.",
    )
    amount_received: int | None = Field(
        default=None, description="The amount received; null for a Checkout Session."
    )
    hold: GrantedHold | None = Field(
        default=None,
        description="What was granted for the hold of a card, with `capture_method` `manual`: null "
        "before the customer has paid, and for a Checkout Session.",
    )
    cancellation_reason: str | None = Field(
        default=None, description="Why the payment was canceled."
    )
    application_fee: int | None = Field(
        default=None,
        description="The platform's cut, in Stripe's unit of the currency; null without one. This "
        "field and the next three are also null for a Checkout Session that is not paid.",
    )
    destination: str | None = Field(
        default=None, description="The connected account that receives the rest, `acct_…`."
    )
    on_behalf_of: str | None = Field(
        default=None, description="The connected account of settlement, `acct_…`."
    )
    transfer_group: str | None = Field(
        default=None, description="The label of the payment's transfers."
    )
    customer: str | None = Field(default=None, description="The id of the customer, `cus_…`.")
    payment_method: str | None = Field(
        default=None,
        description="The id of the payment method, `pm_…`; null before there is one and after a "
        "refusal.",
    )


class PaymentPage(BaseModel):
    """A page of payments, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Payment, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
