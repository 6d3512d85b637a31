"""The saved payment methods of a new payment: charged, or saved for later."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli.models.payments.amounts import not_for_checkout
from paycli.models.requests import RequestModel


class SavedMethodFields(RequestModel):
    """The customer and their payment method. The fields of AmountFields must come before."""

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

    _methods_not_for_checkout = field_validator("off_session", "payment_method")(not_for_checkout)

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
