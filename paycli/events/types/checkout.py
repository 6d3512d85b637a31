"""Events of a Checkout Session. Its PaymentIntent has separate events.

https://docs.stripe.com/api/checkout/sessions/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required

_ID = "cs_test_a1YS1URlnyQCN5fUUduORoQ7Pw41PJqDWkIVQCpJ"


class CheckoutEvent(EventData):
    """Base class of events of a Checkout Session.

    `payment_id` is null for a Session without a PaymentIntent, such as one that expired unpaid.
    """

    payment_id: Id | None = optional(
        "The id of the PaymentIntent; null if the Session has none.",
        "payment_intent",
        example="pi_3MtwBwLkdIwHu7ix28a3tqPa",
    )
    status: str | None = optional(
        "The Session's status at the time of the event: `open`, `complete` or `expired`.",
        example="complete",
    )
    amount: int | None = optional(
        "The Session's total, in Stripe's unit of the currency.", "amount_total", example=2000
    )
    session_id: str = required("The id of the Checkout Session.", "id", example=_ID)
    mode: str | None = optional(
        "`payment`, or `setup` for a Session that only saved a payment method; `subscription` for "
        "one that was created elsewhere.",
        example="payment",
    )


class CheckoutCompletedEvent(CheckoutEvent):
    """The customer completed Checkout. Fulfill orders on PaymentSucceededEvent, not on this.

    Except with the `payment_status` `no_payment_required` and the `mode` `payment`: a free checkout
    has no payment.
    """

    # https://docs.stripe.com/payments/checkout/no-cost-orders
    payment_status: str = required(
        "`paid`, `unpaid` (a delayed payment may follow) or `no_payment_required`: there is no "
        "payment, and with the `mode` `payment` this is the event to fulfill on.",
        example="paid",
    )


class CheckoutPaymentSucceededEvent(CheckoutEvent):
    """A delayed payment of a completed Checkout Session succeeded."""


class CheckoutPaymentFailedEvent(CheckoutEvent):
    """A delayed payment of a completed Checkout Session failed."""


class CheckoutExpiredEvent(CheckoutEvent):
    """A Checkout Session expired."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _ID,
        "payment_id": None,
        "status": "expired",
    }
