"""Payments: what callers ask for, and what they see."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from paycli import money
from paycli.models.fields import (
    Amount,
    Currency,
    Description,
    Metadata,
    MetadataChanges,
    Moment,
    PaymentStatus,
    Reference,
    Url,
)
from paycli.models.requests import ListRequest, RequestModel

MAX_LINE_ITEMS = 100
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items"""
MAX_QUANTITY = 999_999


def _check_amount(amount: int, code: str, where: str = "") -> None:
    """Raises what Pydantic tells at the field if the amount does not fit its currency."""
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise PydanticCustomError("amount", "{said}", {"said": f"{where}{error}"}) from error


class LineItem(BaseModel):
    """One line of a checkout: `quantity` pieces at `amount` each."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=250)] = Field(
        description="What the customer reads.", examples=["Night in a double room"]
    )
    quantity: int = Field(default=1, ge=1, le=MAX_QUANTITY, description="How many pieces.")
    amount: Amount = Field(
        description="The price of one piece, in Stripe's unit of the currency.", examples=[1000]
    )


class CreatePayment(RequestModel):
    """A payment to be made; `amount` in Stripe's unit of `currency`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["amount"]}, {"required": ["line_items"]}]}
    )

    # Fields that others are checked against come first.
    flow: Literal["payment_intent", "checkout"] = Field(
        default="payment_intent",
        description="`payment_intent`: your page shows Stripe's payment form; `checkout`: Stripe's "
        "page does, at `payment_url`.",
    )
    currency: Currency = Field(
        description="Three letters (ISO 4217), one of Stripe's currencies.", examples=["eur"]
    )
    line_items: Annotated[list[LineItem], Field(min_length=1, max_length=MAX_LINE_ITEMS)] | None = (
        Field(default=None, description="What Stripe's page lists; only for checkout.")
    )
    amount: Amount | None = Field(
        default=None,
        description="A whole number in Stripe's unit: 2000 is 20.00 EUR. With `line_items` it may "
        "be left out, or is their sum.",
        examples=[2000],
    )
    reference: Reference | None = Field(
        default=None,
        description="Your own id for it; required for checkout. It comes back in every event.",
        examples=["booking-42"],
    )
    description: Description | None = Field(default=None, description="Shown in the Dashboard.")
    customer: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None, description="A customer at Stripe.", examples=["cus_NffrFeUfNV2Hib"]
    )
    receipt_email: Annotated[str, StringConstraints(min_length=3, max_length=800)] | None = Field(
        default=None, description="Where Stripe sends a receipt.", examples=["guest@example.com"]
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Kept with the payment and told in its events: no personal data.",
        examples=[{"room": "12"}],
    )
    capture_method: Literal["automatic", "manual"] = Field(
        default="automatic", description="`manual` only reserves the money, to be captured later."
    )
    success_url: Url | None = Field(
        default=None,
        description="Where checkout leads when paid; required for checkout, and only for it.",
        examples=["https://example.com/paid"],
    )
    cancel_url: Url | None = Field(
        default=None,
        description="Where checkout leads else; only for checkout.",
        examples=["https://example.com/back"],
    )

    @property
    def total(self) -> int:
        """The amount, given or summed, in Stripe's unit."""
        assert self.amount is not None  # its validator has made sure
        return self.amount

    @field_validator("line_items")
    @classmethod
    def _items_fit_currency(
        cls, items: list[LineItem] | None, info: ValidationInfo
    ) -> list[LineItem] | None:
        if code := info.data.get("currency"):
            for number, item in enumerate(items or [], start=1):
                _check_amount(item.amount, code, f"item {number}: ")
        return items

    @field_validator("amount")
    @classmethod
    def _amount_fits(cls, amount: int | None, info: ValidationInfo) -> int | None:
        items: list[LineItem] | None = info.data.get("line_items")
        total = sum(item.quantity * item.amount for item in items) if items else None
        if amount is None:
            # Wrong items are told at their own place.
            if total is None and "line_items" in info.data:
                raise PydanticCustomError("missing", "is required: a whole number in Stripe's unit")
            return total
        if code := info.data.get("currency"):
            _check_amount(amount, code)
        if total is not None and amount != total:
            raise PydanticCustomError(
                "amount", "the line items make {total}: give that or no amount", {"total": total}
            )
        return amount

    @field_validator("reference", "success_url")
    @classmethod
    def _required_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("flow") == "checkout":
            raise PydanticCustomError("missing", "is required for checkout")
        return value

    @field_validator("line_items", "success_url", "cancel_url")
    @classmethod
    def _only_for_checkout(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and info.data.get("flow") == "payment_intent":
            raise PydanticCustomError("unexpected", 'goes with "flow": "checkout"')
        return value


class UpdatePayment(RequestModel):
    """Changes to a payment: what is absent stays, what is null goes."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    description: Description | None = Field(default=None, description="null takes it away.")
    metadata: MetadataChanges = Field(
        default_factory=dict,
        description="Merged into what is there: a key with null is taken away, others stay.",
        examples=[{"room": "14", "bed": None}],
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "UpdatePayment":
        if not self.model_fields_set & {"description", "metadata"}:
            raise PydanticCustomError("missing", "give a description or metadata to change")
        return self


class CapturePayment(RequestModel):
    """Takes money that was reserved."""

    amount: Amount | None = Field(
        default=None,
        description="In Stripe's unit, at most what is reserved; else all of it. What is not "
        "captured is released.",
        examples=[1500],
    )


class CancelPayment(RequestModel):
    """Ends a payment that has not succeeded; an open checkout is expired."""

    reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = Field(
        default=None, description="Kept with the payment; a checkout that is expired keeps none."
    )


class ListPayments(ListRequest):
    """Which payments are to be listed, newest first."""

    reference: Reference | None = Field(
        default=None, description="Only those with this reference.", examples=["booking-42"]
    )
    status: PaymentStatus | None = Field(default=None, description="Only those in this status.")
    created_from: Moment | None = Field(
        default=None,
        description="Only those made then or later.",
        examples=["2026-01-31T00:00:00Z"],
    )
    created_to: Moment | None = Field(
        default=None, description="Only those made before.", examples=["2026-02-01T00:00:00Z"]
    )


class Payment(BaseModel):
    """A payment as callers see it: a PaymentIntent or, for checkout, a Session; state of the call.

    `client_secret` is for the customer's browser and for nobody else.
    """

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    id: str = Field(description="`pi_…` of a PaymentIntent, or `cs_…` of a Checkout Session.")
    status: str = Field(description="Stripe's own status of that object.")
    amount: int | None = Field(
        description="In Stripe's unit of the currency; null for a Session that takes no payment."
    )
    currency: str | None = Field(description="Three letters, lower case; null like the amount.")
    reference: str | None = Field(description="Your own id for it.")
    client_secret: str | None = Field(
        repr=False,
        description="For Stripe's payment form in the customer's browser; null in lists.",
    )
    payment_url: str | None = Field(description="With checkout: where to send the customer.")
    livemode: bool = Field(description="Whether real money moves.")
    created_at: str = Field(description="RFC 3339, UTC.", json_schema_extra={"format": "date-time"})
    payment_id: str | None = Field(
        default=None,
        description="The `pi_…` that events are told under; null while a checkout has none yet.",
    )
    description: str | None = Field(default=None, description="As given.")
    metadata: dict[str, str] = Field(
        default_factory=dict, description="As given, without `reference`."
    )
    capture_method: str | None = Field(default=None, description="null for a Session.")
    amount_capturable: int | None = Field(
        default=None, description="What is reserved and can be captured; null for a Session."
    )
    amount_received: int | None = Field(
        default=None, description="What has been taken; null for a Session."
    )
    cancellation_reason: str | None = Field(default=None, description="Why it was cancelled.")


class PaymentPage(BaseModel):
    """A page of payments, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Payment, ...]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
