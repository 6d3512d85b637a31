"""What happens to a Checkout Session; its payment has events of its own.

https://docs.stripe.com/api/checkout/sessions/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_ID = "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJ"


class CheckoutEvent(EventData):
    """Something happened to a Checkout Session.

    `payment_id` is null for a Session without a payment, such as one that expired unused.
    """

    payment_id: Id | None = optional(
        "The PaymentIntent's id; null before there is one.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str | None = optional(
        "The Session's status: `open`, `complete` or `expired`.", example="complete"
    )
    amount: int | None = optional(
        "The Session's total, in Stripe's unit.", "amount_total", example=2000
    )
    session_id: str = required("The Session's id.", "id", example=_ID)


class CheckoutCompletedEvent(CheckoutEvent):
    """The customer has gone through Checkout. Fulfil on PaymentSucceededEvent, not on this."""

    payment_status: str = required(
        "`paid`, `unpaid` (the money may come later) or `no_payment_required`.", example="paid"
    )


class CheckoutPaymentSucceededEvent(CheckoutEvent):
    """A payment that was still under way when Checkout was completed has succeeded."""


class CheckoutPaymentFailedEvent(CheckoutEvent):
    """A payment that was still under way when Checkout was completed has failed."""


class CheckoutExpiredEvent(CheckoutEvent):
    """The Session can't be used any longer."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _ID,
        "payment_id": None,
        "status": "expired",
    }
