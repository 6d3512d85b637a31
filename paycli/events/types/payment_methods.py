"""Events of a saved payment method.

https://docs.stripe.com/api/payment_methods/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_PAYMENT_METHOD_ID = "pm_1MtwBwLkdIwHu7ixMQxYzAbC"
_CUSTOMER_ID = "cus_NffrFeUfNV2Hib"


class PaymentMethodEvent(EventData):
    """Base class of events of a saved payment method. Of its card it has only the expiry."""

    payment_method_id: str = required(
        "The id of the payment method.", "id", example=_PAYMENT_METHOD_ID
    )
    customer_id: Id | None = optional(
        "The id of the customer that the payment method belongs to.",
        "customer",
        example=_CUSTOMER_ID,
    )
    exp_month: int | None = optional(
        "The month in which the card expires, 1 to 12; null for other payment methods.",
        "card.exp_month",
        example=8,
    )
    exp_year: int | None = optional(
        "The year in which the card expires, four digits; null for other payment methods.",
        "card.exp_year",
        example=2030,
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _PAYMENT_METHOD_ID,
        **dict.fromkeys(("payment_id", "status", "amount", "currency", "reference")),
        "metadata": {},
    }


class PaymentMethodAttachedEvent(PaymentMethodEvent):
    """A payment method was saved for a customer."""


class PaymentMethodDetachedEvent(PaymentMethodEvent):
    """A payment method was removed from a customer. It can't be charged any more."""

    # Stripe's object has no customer any more.
    customer_id: Id | None = optional(
        "The id of the customer that the payment method belonged to.",
        "previous_attributes.customer",
        "customer",
        example=_CUSTOMER_ID,
    )


class PaymentMethodUpdatedEvent(PaymentMethodEvent):
    """The bank renewed a card: it has a new expiry date or number, and can still be charged."""
