"""Changes of a payment: update, increment, capture, cancel."""

from typing import Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from paycli.models.fields import Amount, Description, MetadataChanges, OptionalAmount, absent
from paycli.models.requests import RequestModel


class UpdatePayment(RequestModel):
    """Updates a payment: absent fields are unchanged, null or an empty text removes a value."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The new amount, in Stripe's unit of the currency. Only before the customer "
        "pays, and not for a Checkout Session.",
        examples=[2500],
    )
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
        if not self.model_fields_set & {"amount", "description", "metadata"}:
            raise PydanticCustomError(
                "missing", "set at least one of amount, description and metadata"
            )
        return self


class IncrementPayment(RequestModel):
    """Increases the held amount of a payment whose hold is `incremental`."""

    amount: Amount = Field(
        description="The new total, in Stripe's unit of the currency: more than what is held now.",
        examples=[2500],
    )


class CapturePayment(RequestModel):
    """Captures an authorized payment, in full or in part."""

    amount: OptionalAmount = Field(
        default_factory=absent,
        description="The amount to capture, in Stripe's unit of the currency. Defaults to all that "
        "is held, and is at most that, or `maximum_capturable` where `overcapture` was granted. "
        "The remainder is released, unless `final` is false.",
        examples=[1500],
    )
    final: bool = Field(
        default=True,
        description="False keeps the remainder held for further captures. Only where "
        "`multicapture` was granted; requires `amount`.",
    )
    application_fee: OptionalAmount = Field(
        default_factory=absent,
        description="The platform's cut of what is captured, in Stripe's unit of the currency. "
        "Defaults to that of the payment.",
        examples=[150],
    )

    @field_validator("final")
    @classmethod
    def _leaves_a_remainder(cls, final: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (Pydantic's signature)
        if not final and "amount" in info.data and info.data["amount"] is None:
            raise PydanticCustomError("unexpected", "requires amount: without it all is captured")
        return final


class CancelPayment(RequestModel):
    """Cancels a payment that has not succeeded; expires an open Checkout Session."""

    reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = Field(
        default=None,
        description="The reason, stored with the payment. Not stored when a Checkout Session "
        "expires.",
    )
