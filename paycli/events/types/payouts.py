"""Events of a payout to a bank account.

https://docs.stripe.com/api/payouts/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, optional, required
from paycli.models.fields import UnixTime

_PAYOUT_ID = "po_1MtwBwLkdIwHu7ixUEbTjxN3"


class PayoutEvent(EventData):
    """Base class of events of a payout to a bank account."""

    status: str = required("The payout's status at the time of the event.", example="paid")
    amount: int = required(
        "The amount of the payout, in Stripe's unit of the currency.", example=110000
    )
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    payout_id: str = required("The id of the payout.", "id", example=_PAYOUT_ID)
    arrival_date: UnixTime | None = optional(
        "When the payout is expected to arrive at the bank (RFC 3339, UTC).",
        example="2026-02-03T00:00:00Z",
    )
    failure_code: str | None = optional("Why the payout failed.", example="account_closed")

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _PAYOUT_ID,
        "payment_id": None,
        "reference": None,
        "metadata": {},
        "failure_code": None,
    }


class PayoutPaidEvent(PayoutEvent):
    """A payout was paid. It may still fail within a few days."""


class PayoutFailedEvent(PayoutEvent):
    """A payout failed. The amount was returned to the Stripe balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "failed",
        "failure_code": "account_closed",
    }


class PayoutReconciledEvent(PayoutEvent):
    """The balance transactions of an automatic payout are available."""
