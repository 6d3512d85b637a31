"""The creation of a payment, with what its fields require of each other."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli import money
from paycli.models.fields import (
    AccountId,
    Amount,
    Currency,
    Description,
    Metadata,
    OptionalAmount,
    Reference,
    Url,
    absent,
)
from paycli.models.requests import RequestModel, StrictModel

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
        repr=False,
        description="The name shown to the customer.",
        examples=["Night in a double room"],
    )
    quantity: int = Field(default=1, ge=1, le=MAX_QUANTITY, description="The number of units.")
    amount: Amount = Field(
        description="The price of one unit, in Stripe's unit of the currency.", examples=[1000]
    )


class CreatePayment(RequestModel):
    """Creates a payment; `amount` is in Stripe's unit of `currency`."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["amount"]}, {"required": ["line_items"]}],
            "dependentRequired": {
                "payment_method": ["customer"],
                "save_payment_method": ["customer"],
            },
        }
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
    off_session: bool = Field(
        default=False,
        description="Charges `payment_method` now, without the customer, and so requires it. A "
        "refusal is 402 with the `payment_id` of the payment that it left behind.",
    )
    payment_method: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None,
        description="A saved payment method of `customer`, which is then required. Not with "
        "checkout, whose page lets the customer choose.",
        examples=["pm_1MtwBwLkdIwHu7ixMQxYzAbC"],
    )
    save_payment_method: Literal["off_session", "on_session"] | None = Field(
        default=None,
        description="Saves the payment method that the customer pays with, for later charges "
        "without the customer (`off_session`) or for the customer's own later payments "
        "(`on_session`). Requires `customer`; not with `off_session: true`.",
    )
    customer: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None, description="The id of a Stripe customer.", examples=["cus_NffrFeUfNV2Hib"]
    )
    receipt_email: Annotated[str, StringConstraints(min_length=3, max_length=800)] | None = Field(
        default=None,
        repr=False,
        description="The email address that Stripe sends the receipt to.",
        examples=["guest@example.com"],
    )
    metadata: Metadata = Field(
        default_factory=dict,
        description="Key-value pairs stored with the payment and included in its events, except "
        "those with an empty value. Do not store personal data in it.",
        examples=[{"room": "12"}],
    )
    destination: AccountId | None = Field(
        default=None,
        description="The connected account that receives the amount, less `application_fee`. The "
        "payment remains your own; not with `account`.",
        examples=["acct_1032D82eZvKYlo2C"],
    )
    application_fee: OptionalAmount = Field(
        default_factory=absent,
        description="The platform's cut, in Stripe's unit of the currency: at most the amount. "
        "Requires `destination`, or `account` for a payment of the connected account's own.",
        examples=[200],
    )
    on_behalf_of: AccountId | None = Field(
        default=None,
        description="The connected account that is the business of record: its country decides on "
        "settlement, and its name is on statements. Not with `account`.",
        examples=["acct_1032D82eZvKYlo2C"],
    )
    transfer_group: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = Field(
        default=None,
        description="A label that the payment and its transfers have in common. Not with "
        "`account`.",
        examples=["booking-42"],
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

    @field_validator("destination", "on_behalf_of", "transfer_group")
    @classmethod
    def _not_for_account(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("account") is not None:
            raise PydanticCustomError(
                "unexpected", "is not possible with account: its payments are not passed on"
            )
        return value

    @field_validator("application_fee")
    @classmethod
    def _fee_fits(cls, fee: int | None, info: ValidationInfo) -> int | None:
        """https://docs.stripe.com/connect/marketplace/tasks/app-fees."""
        if fee is None:
            return None
        names = ("destination", "account")
        if all(name in info.data and info.data[name] is None for name in names):
            raise PydanticCustomError("missing", "requires destination or account")
        amount = info.data.get("amount")
        if amount is not None and fee > amount:
            raise PydanticCustomError(
                "amount", "must be at most the amount, {amount}", {"amount": amount}
            )
        if code := info.data.get("currency"):
            _check_amount(fee, code)
        return fee

    @field_validator("off_session", "payment_method")
    @classmethod
    def _not_for_checkout(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("flow") == "checkout":
            raise PydanticCustomError("unexpected", "is not possible with checkout")
        return value

    @field_validator("payment_method")
    @classmethod
    def _required_off_session(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("off_session"):
            raise PydanticCustomError("missing", "is required with off_session")
        return value

    @field_validator("save_payment_method")
    @classmethod
    def _not_off_session(cls, value: str | None, info: ValidationInfo) -> str | None:
        """https://docs.stripe.com/api/payment_intents/create#create_payment_intent-off_session."""
        if value is not None and info.data.get("off_session"):
            raise PydanticCustomError(
                "unexpected", "contradicts off_session: a saved payment method is charged"
            )
        return value

    @field_validator("customer")
    @classmethod
    def _required_with_saved_methods(cls, value: str | None, info: ValidationInfo) -> str | None:
        names = ("off_session", "payment_method", "save_payment_method")
        for name in names:
            if value is None and info.data.get(name):
                raise PydanticCustomError("missing", "is required with {name}", {"name": name})
        return value
