"""Payments: requests and responses."""

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
    OptionalAmount,
    PaymentStatus,
    Reference,
    Timestamp,
    Url,
    absent,
)
from paycli.models.requests import ListRequest, RequestModel, StrictModel

MAX_LINE_ITEMS = 100
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items"""
MAX_QUANTITY = 999_999


def _check_amount(amount: int, code: str, where: str = "") -> None:
    """Raises PydanticCustomError if the amount is invalid in its currency."""
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise PydanticCustomError("amount", "{detail}", {"detail": f"{where}{error}"}) from error


class LineItem(StrictModel):
    """A line item of a Checkout Session: `quantity` units at `amount` each."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=250)] = Field(
        description="The name shown to the customer.", examples=["Night in a double room"]
    )
    quantity: int = Field(default=1, ge=1, le=MAX_QUANTITY, description="The number of units.")
    amount: Amount = Field(
        description="The price of one unit, in Stripe's unit of the currency.", examples=[1000]
    )


class CreatePayment(RequestModel):
    """Creates a payment; `amount` is in Stripe's unit of `currency`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["amount"]}, {"required": ["line_items"]}]}
    )

    # Validators see only earlier fields, so fields that others are checked against come first.
    flow: Literal["payment_intent", "checkout"] = Field(
        default="payment_intent",
        description="`payment_intent`: the customer pays in a payment form on your page. "
        "`checkout`: the customer pays on a page hosted by Stripe, at `payment_url`.",
    )
    currency: Currency = Field(
        description="Three-letter ISO 4217 code of a currency that Stripe supports.",
        examples=["eur"],
    )
    line_items: Annotated[list[LineItem], Field(min_length=1, max_length=MAX_LINE_ITEMS)] | None = (
        Field(
            default=None,
            description="The line items shown by Checkout. Only with `flow: checkout`.",
        )
    )
    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The amount to collect: an integer in Stripe's unit of the currency, so 2000 "
        "is 20.00 EUR. With `line_items` it is optional and must equal their sum.",
        examples=[2000],
    )
    reference: Reference | None = Field(
        default=None,
        description="Your own identifier of the payment, which its events contain. Required for "
        "checkout.",
        examples=["booking-42"],
    )
    description: Description | None = Field(
        default=None, description="A description shown in Stripe's Dashboard."
    )
    customer: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None, description="The id of a Stripe customer.", examples=["cus_NffrFeUfNV2Hib"]
    )
    receipt_email: Annotated[str, StringConstraints(min_length=3, max_length=800)] | None = Field(
        default=None,
        description="The email address that Stripe sends the receipt to.",
        examples=["guest@example.com"],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the payment and included in its events, except "
        "those with an empty value. Do not store personal data in it.",
        examples=[{"room": "12"}],
    )
    capture_method: Literal["automatic", "manual"] = Field(
        default="automatic",
        description="`automatic` captures the money immediately; `manual` only authorizes it, to "
        "be captured later.",
    )
    success_url: Url | None = Field(
        default=None,
        description="The URL that Checkout redirects to after payment. Required for checkout, and "
        "only allowed there.",
        examples=["https://example.com/paid"],
    )
    cancel_url: Url | None = Field(
        default=None,
        description="The URL that Checkout links to for customers who go back. Only for checkout.",
        examples=["https://example.com/back"],
    )

    @property
    def total(self) -> int:
        """The amount in Stripe's unit; the sum of the line items if it was omitted."""
        assert self.amount is not None  # set by its validator
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
            # Invalid items are already reported, under their own pointers.
            if total is None and "line_items" in info.data:
                raise PydanticCustomError("missing", "is required: an integer in Stripe's unit")
            return total
        if code := info.data.get("currency"):
            _check_amount(amount, code)
        if total is not None and amount != total:
            raise PydanticCustomError(
                "amount",
                "the line items add up to {total}: use that amount or omit it",
                {"total": total},
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
            raise PydanticCustomError("unexpected", 'is only allowed with "flow": "checkout"')
        return value


class UpdatePayment(RequestModel):
    """Updates a payment: absent fields are unchanged, null or an empty text removes a value."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    description: Description | None = Field(
        default=None, description="The new description; null or an empty one removes it."
    )
    metadata: MetadataChanges = Field(
        default_factory=dict,
        description="Merged into the existing metadata. A null or empty value removes its key; "
        "other keys are unchanged.",
        examples=[{"room": "14", "bed": None}],
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "UpdatePayment":
        if not self.model_fields_set & {"description", "metadata"}:
            raise PydanticCustomError("missing", "set at least one of description and metadata")
        return self


class CapturePayment(RequestModel):
    """Captures an authorized payment, in full or in part."""

    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The amount to capture, in Stripe's unit of the currency. At most the "
        "authorized amount, which is also the default. The remainder is released.",
        examples=[1500],
    )


class CancelPayment(RequestModel):
    """Cancels a payment that has not succeeded; expires an open Checkout Session."""

    reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = Field(
        default=None,
        description="The reason, stored with the payment. Not stored when a Checkout Session "
        "expires.",
    )


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
        description="The secret for the payment form in the customer's browser; null in lists.",
    )
    payment_url: str | None = Field(
        description="The URL of the Checkout page; null without checkout."
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
    cancellation_reason: str | None = Field(
        default=None, description="Why the payment was canceled."
    )


class PaymentPage(BaseModel):
    """A page of payments, newest first."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    data: tuple[Payment, ...]
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
