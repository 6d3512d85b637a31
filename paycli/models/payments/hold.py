"""Holds: amounts that are authorized first and captured later.

https://docs.stripe.com/payments/flexible-payments
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from paycli.models.payments.amounts import not_for_checkout
from paycli.models.requests import RequestModel, StrictModel


class Hold(StrictModel):
    """What to request for the hold. The customer's bank and card decide what is granted."""

    extended: bool = Field(
        default=False, description="Requests more days until the amount must be captured."
    )
    incremental: bool = Field(
        default=False, description="Requests that the held amount can be increased later."
    )
    overcapture: bool = Field(
        default=False, description="Requests that more than the held amount can be captured."
    )
    multicapture: bool = Field(
        default=False, description="Requests that parts can be captured, the rest remaining held."
    )


class GrantedHold(BaseModel):
    """What was granted for the hold, whatever was requested."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    extended: bool = Field(description="Whether there is more time to capture the amount.")
    incremental: bool = Field(description="Whether the held amount can be increased.")
    overcapture: bool = Field(
        description="Whether more than the held amount can be captured, up to `maximum_capturable`."
    )
    multicapture: bool = Field(
        description="Whether parts can be captured with `final` false, the rest remaining held."
    )
    maximum_capturable: int | None = Field(
        description="The most that can be captured, in Stripe's unit of the currency; null where "
        "Stripe gives none."
    )
    capture_before: str | None = Field(
        description="When the hold ends: what is not captured by then is released (RFC 3339, UTC); "
        "null where Stripe gives no time.",
        json_schema_extra={"format": "date-time"},
    )


class HoldFields(RequestModel):
    """When the money is captured. The fields of AmountFields must come before."""

    capture_method: Literal["automatic", "manual"] = Field(
        default="automatic",
        description="`automatic` captures the money immediately; `manual` only authorizes it, to "
        "be captured later.",
    )
    hold: Hold | None = Field(
        default=None,
        description="What to request for the hold. Only with `capture_method: manual`, and not "
        "with checkout. The payment shows what was granted.",
        examples=[{"incremental": True, "extended": True}],
    )

    _hold_not_for_checkout = field_validator("hold")(not_for_checkout)

    @field_validator("hold")
    @classmethod
    def _only_if_manual(cls, hold: Hold | None, info: ValidationInfo) -> Hold | None:
        if hold is not None and info.data.get("capture_method") == "automatic":
            raise PydanticCustomError(
                "unexpected", 'is only allowed with "capture_method": "manual"'
            )
        return hold
