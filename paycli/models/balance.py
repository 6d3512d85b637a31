"""The balance of an account at Stripe."""

from pydantic import BaseModel, ConfigDict, Field


class BalanceAmount(BaseModel):
    """What an account has in one currency."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    currency: str = Field(description="Three-letter ISO 4217 code, in lower case.")
    amount: int = Field(
        description="The amount in Stripe's unit of the currency; negative if the account owes it."
    )


class Balance(BaseModel):
    """What an account has at Stripe, by currency."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    available: tuple[BalanceAmount, ...] = Field(
        description="What can be paid out, transferred and refunded."
    )
    pending: tuple[BalanceAmount, ...] = Field(
        description="What is not available yet; charges become available after some days."
    )
