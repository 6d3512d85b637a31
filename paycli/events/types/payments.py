"""What happens to a PaymentIntent, and to the charge that holds its money.

https://docs.stripe.com/api/payment_intents/object, https://docs.stripe.com/api/charges/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required


class PaymentEvent(EventData):
    """Something happened to a PaymentIntent."""

    payment_id: str = required(
        "The PaymentIntent's id.", "id", example="pi_3MtwBwLkdIwHu7ix28a3tqPa", min_length=1
    )
    status: str = required("The PaymentIntent's status then.", example="succeeded")
    amount: int = required("What is to be paid, in Stripe's unit.", example=2000)
    currency: str = required("ISO 4217, in lower case.", example="eur")


class PaymentCreatedEvent(PaymentEvent):
    """A payment was created; the customer has not paid yet."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_payment_method"}

    capture_method: str | None = optional(
        "`automatic`, or `manual`: the money is only reserved at first.", example="automatic"
    )
    payment_method_types: list[str] | None = optional("How it may be paid.", example=["card"])


class PaymentProcessingEvent(PaymentEvent):
    """The payment is under way at the bank or network."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "processing"}


class PaymentActionRequiredEvent(PaymentEvent):
    """The customer has to do something, such as a 3-D Secure step."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_action"}

    next_action_type: str | None = optional(
        "What the customer has to do.", "next_action.type", example="use_stripe_sdk"
    )


class PaymentAuthorizedEvent(PaymentEvent):
    """The money is reserved and can be captured."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_capture"}

    amount_capturable: int | None = optional("The money that is reserved.", example=2000)


class PaymentPartiallyFundedEvent(PaymentEvent):
    """A bank transfer paid a part."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_action"}

    amount_remaining: int | None = optional(
        "What is still to be paid.",
        "next_action.display_bank_transfer_instructions.amount_remaining",
        example=500,
    )


class PaymentSucceededEvent(PaymentEvent):
    """The payment is paid. Final."""

    amount_received: int | None = optional("What was paid.", example=2000)
    # `charges` left the PaymentIntent in API version 2022-11-15; its newest charge came first.
    charge_id: Id | None = optional(
        "The charge that paid it.",
        "latest_charge",
        "charges.data.0",
        example="ch_3MtwBwLkdIwHu7ix0C1dKpZs",
    )
    payment_method_id: Id | None = optional(
        "What it was paid with.", "payment_method", example="pm_1MtwBwLkdIwHu7ixMQxYzAbC"
    )
    payment_method_types: list[str] | None = optional("How it might be paid.", example=["card"])


class PaymentFailedEvent(PaymentEvent):
    """An attempt failed; the payment may be tried again."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_payment_method"}

    code: str | None = optional(
        "Stripe's error code.", "last_payment_error.code", example="card_declined"
    )
    decline_code: str | None = optional(
        "The bank's reason.", "last_payment_error.decline_code", example="insufficient_funds"
    )
    advice_code: str | None = optional(
        "What Stripe advises.", "last_payment_error.advice_code", example="try_again_later"
    )


class PaymentCanceledEvent(PaymentEvent):
    """The payment was canceled. Final."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "canceled"}

    cancellation_reason: str | None = optional(
        "Why it was canceled.", example="requested_by_customer"
    )


class PaymentAuthorizationExpiredEvent(EventData):
    """The reserved money was given back, since it was not captured in time.

    `status`, `amount`, `reference` and `metadata` are the charge's.
    """

    status: str = required("The charge's status.", example="succeeded")
    amount: int = required("What had been reserved, in Stripe's unit.", example=2000)
    currency: str = required("ISO 4217, in lower case.", example="eur")
    charge_id: str = required(
        "The charge that had reserved it.", "id", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
