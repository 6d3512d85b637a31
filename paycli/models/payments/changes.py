"""Changes of a payment: update, capture, cancel."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from paycli.models.fields import Description, MetadataChanges, OptionalAmount, absent
from paycli.models.requests import RequestModel


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
    application_fee: OptionalAmount = Field(
        default_factory=absent,
        description="The platform's cut of what is captured, in Stripe's unit of the currency. "
        "Defaults to that of the payment.",
        examples=[150],
    )


class CancelPayment(RequestModel):
    """Cancels a payment that has not succeeded; expires an open Checkout Session."""

    reason: Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None = Field(
        default=None,
        description="The reason, stored with the payment. Not stored when a Checkout Session "
        "expires.",
    )
