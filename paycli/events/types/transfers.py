"""Events of a transfer to a connected account.

https://docs.stripe.com/api/transfers/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_TRANSFER_ID = "tr_1MiN3gLkdIwHu7ixNCZvFdgA"


class TransferEvent(EventData):
    """Base class of events of a transfer. Its object has no PaymentIntent."""

    amount: int = required("The transferred amount, in Stripe's unit.", example=1800)
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    transfer_id: str = required("The id of the transfer.", "id", example=_TRANSFER_ID)
    destination: Id | None = optional(
        "The connected account that received the amount.", example="acct_1MtwBwLkdIwHu7ix"
    )
    amount_reversed: int | None = optional(
        "The amount that was taken back so far, in Stripe's unit.", example=0
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _TRANSFER_ID,
        **dict.fromkeys(("payment_id", "status", "reference")),
        "metadata": {},
    }


class TransferCreatedEvent(TransferEvent):
    """An amount was transferred to a connected account."""


class TransferReversedEvent(TransferEvent):
    """A transfer was reversed, in full or in part."""

    example: ClassVar[Mapping[str, JsonValue]] = {"amount_reversed": 500}
