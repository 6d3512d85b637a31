"""The amount of a new payment, and what is sold for it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli import money
from paycli.models.fields import Amount, Currency, OptionalAmount, absent
from paycli.models.requests import RequestModel, StrictModel

MAX_LINE_ITEMS = 100
"""https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items"""
MAX_QUANTITY = 999_999


def check_amount(amount: int, code: str, where: str = "") -> None:
    """Raises PydanticCustomError if the amount is invalid in its currency."""
    try:
        money.check_amount(amount, money.currency(code))
    except money.WrongAmount as error:
        raise PydanticCustomError("amount", "{detail}", {"detail": f"{where}{error}"}) from error


def only_for_checkout(value: object, info: ValidationInfo) -> object:
    """Raises PydanticCustomError if there is a value, but no checkout."""
    if value is not None and info.data.get("flow") == "payment_intent":
        raise PydanticCustomError("unexpected", 'is only allowed with "flow": "checkout"')
    return value


def not_for_checkout(value: object, info: ValidationInfo) -> object:
    """Raises PydanticCustomError if there is a value, and checkout."""
    if value and info.data.get("flow") == "checkout":
        raise PydanticCustomError("unexpected", "is not possible with checkout")
    return value


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


class AmountFields(RequestModel):
    """The fields that most others are checked against."""

    flow: Literal["payment_intent", "checkout"] = Field(
        default="payment_intent",
        description="`payment_intent`: the customer pays in a payment form on your page. "
        "`checkout`: the customer pays on a page of Stripe's, hosted at `payment_url` or, with "
        "`ui` `embedded`, embedded in yours.",
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

    _items_only_for_checkout = field_validator("line_items")(only_for_checkout)

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
                check_amount(item.amount, code, f"item {number}: ")
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
            check_amount(amount, code)
        if total is not None and amount != total:
            raise PydanticCustomError(
                "amount",
                "the line items add up to {total}: use that amount or omit it",
                {"total": total},
            )
        return amount
