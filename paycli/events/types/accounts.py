"""Events of a connected account.

https://docs.stripe.com/api/accounts/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, required


class ConnectedAccountUpdatedEvent(EventData):
    """A connected account changed, for example its capabilities."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": "acct_1MtwBwLkdIwHu7ix",
        "account": "acct_1MtwBwLkdIwHu7ix",
        **dict.fromkeys(("payment_id", "status", "amount", "currency", "reference")),
        "metadata": {},
    }

    charges_enabled: bool = required("Whether the account can accept payments.", example=True)
    payouts_enabled: bool = required("Whether the account receives payouts.", example=True)
