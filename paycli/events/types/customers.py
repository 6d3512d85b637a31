"""Events of a customer. They have no personal data.

https://docs.stripe.com/api/customers/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, required

_CUSTOMER_ID = "cus_NffrFeUfNV2Hib"


class CustomerDeletedEvent(EventData):
    """A customer was deleted, with its saved payment methods."""

    customer_id: str = required("The id of the customer.", "id", example=_CUSTOMER_ID)

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _CUSTOMER_ID,
        **dict.fromkeys(("payment_id", "status", "amount", "currency")),
        "reference": "guest-7",
        "metadata": {"reference": "guest-7"},
    }
