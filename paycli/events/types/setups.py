"""Events of a SetupIntent, which saves a payment method for later.

https://docs.stripe.com/api/setup_intents/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_SETUP_ID = "seti_1MtwBwLkdIwHu7ixGjhsWv8p"


class PaymentMethodSetupEvent(EventData):
    """Base class of events of a SetupIntent, which saves a payment method for later."""

    status: str = required(
        "The SetupIntent's status at the time of the event.", example="succeeded"
    )
    setup_intent_id: str = required("The id of the SetupIntent.", "id", example=_SETUP_ID)
    payment_method_id: Id | None = optional(
        "The id of the payment method.", "payment_method", example="pm_1MtwBwLkdIwHu7ixMQxYzAbC"
    )
    customer_id: Id | None = optional(
        "The id of the customer that the payment method belongs to.",
        "customer",
        example="cus_NffrFeUfNV2Hib",
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _SETUP_ID,
        "payment_id": None,
        "amount": None,
        "currency": None,
    }


class PaymentMethodSetupSucceededEvent(PaymentMethodSetupEvent):
    """A payment method was saved."""


class PaymentMethodSetupFailedEvent(PaymentMethodSetupEvent):
    """An attempt to save a payment method failed. The customer may try again."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "requires_payment_method",
        "payment_method_id": None,
    }
