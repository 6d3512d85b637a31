"""Events of an application fee, the cut of the platform.

https://docs.stripe.com/api/application_fees/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_FEE_ID = "fee_1B73DOKbnvuxQXGuhY8Aw0TN"


class ApplicationFeeEvent(EventData):
    """Base class of events of an application fee. Its object has a charge alone."""

    amount: int = required("The amount of the fee, in Stripe's unit.", example=200)
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    application_fee_id: str = required("The id of the application fee.", "id", example=_FEE_ID)
    charge_id: Id | None = optional(
        "The id of the charge that the fee was taken from; that of the connected account, `py_…`, "
        "for a payment with a `destination`.",
        "charge",
        example="ch_3MtwBwLkdIwHu7ix0C1dKpZs",
    )
    amount_refunded: int | None = optional(
        "The amount that was given back so far, in Stripe's unit.", example=0
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _FEE_ID,
        **dict.fromkeys(("payment_id", "status", "reference", "metadata")),
    }


class ApplicationFeeCreatedEvent(ApplicationFeeEvent):
    """The platform received its cut of a charge."""


class ApplicationFeeRefundedEvent(ApplicationFeeEvent):
    """The platform gave back its cut, in full or in part."""

    example: ClassVar[Mapping[str, JsonValue]] = {"amount_refunded": 200}
