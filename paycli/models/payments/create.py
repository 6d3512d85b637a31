"""The creation of a payment: all its fields, most of them grouped by topic."""

import re
from typing import Annotated

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from paycli.models.fields import Description, Metadata, Reference
from paycli.models.payments.amounts import AmountFields, LineItem
from paycli.models.payments.checkout import CheckoutFields
from paycli.models.payments.connect import ConnectFields
from paycli.models.payments.hold import HoldFields
from paycli.models.payments.saved_methods import SavedMethodFields

__all__ = ["CreatePayment", "LineItem"]

_STATEMENT_SUFFIX = re.compile(r"""[^<>\\'"*]*[A-Za-z][^<>\\'"*]*""")


def _statement_suffix(text: str) -> str:
    """https://docs.stripe.com/get-started/account/statement-descriptors."""
    if not _STATEMENT_SUFFIX.fullmatch(text):
        raise PydanticCustomError(
            "text", "must have at least one letter, and none of the characters < > \\ ' \" *"
        )
    return text


StatementSuffix = Annotated[
    str,
    StringConstraints(min_length=1, max_length=22),
    AfterValidator(_statement_suffix),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 22,
            "pattern": f"^{_STATEMENT_SUFFIX.pattern}$",
        }
    ),
]


# Validators see only earlier fields, and those of the last base class come first.
class CreatePayment(CheckoutFields, HoldFields, ConnectFields, SavedMethodFields, AmountFields):
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

    reference: Reference | None = Field(
        default=None,
        description="Your own identifier of the payment, which its events contain. Required for "
        "checkout.",
        examples=["booking-42"],
    )
    description: Description | None = Field(
        default=None, description="A description shown in Stripe's Dashboard."
    )
    statement_descriptor_suffix: StatementSuffix | None = Field(
        default=None,
        description="The end of the text on the customer's statement, after your account's own "
        "prefix: 1 to 22 characters, at least one letter. For card payments only; Stripe shortens "
        "the whole text to 22 characters.",
        examples=["BOOKING 42"],
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

    @field_validator("reference")
    @classmethod
    def _required_for_checkout(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("flow") == "checkout":
            raise PydanticCustomError("missing", "is required for checkout")
        return value
