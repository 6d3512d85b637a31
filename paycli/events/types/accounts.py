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


class ConnectedAccountDeauthorizedEvent(EventData):
    """A connected account removed the platform's access: nothing can be charged there any more.

    https://docs.stripe.com/api/events/types#event_types-account.application.deauthorized
    """

    # Stripe's object is the platform's application.
    account: str = required(
        "The connected account that is not connected any more.", example="acct_1MtwBwLkdIwHu7ix"
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": "acct_1MtwBwLkdIwHu7ix",
        **dict.fromkeys(("payment_id", "status", "amount", "currency", "reference", "metadata")),
    }

    @property
    def key(self) -> str:
        """The record key: the account."""
        return self.account
