"""Who shares the amount of a new payment: https://docs.stripe.com/connect/charges."""

from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli.models.fields import AccountId, OptionalAmount, absent
from paycli.models.payments.amounts import check_amount
from paycli.models.requests import RequestModel


class ConnectFields(RequestModel):
    """Connected accounts and their shares. The fields of AmountFields must come before."""

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
            check_amount(fee, code)
        return fee
