"""Events of a PaymentIntent and of its charge.

https://docs.stripe.com/api/payment_intents/object, https://docs.stripe.com/api/charges/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required


class PaymentEvent(EventData):
    """Base class of events of a PaymentIntent."""

    payment_id: str = required(
        "The id of the PaymentIntent.", "id", example="pi_3MtwBwLkdIwHu7ix28a3tqPa", min_length=1
    )
    status: str = required(
        "The PaymentIntent's status at the time of the event.", example="succeeded"
    )
    amount: int = required("The amount to be paid, in Stripe's unit of the currency.", example=2000)
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")


class PaymentCreatedEvent(PaymentEvent):
    """A payment was created. The customer has not paid yet."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_payment_method"}

    capture_method: str | None = optional(
        "`automatic`, or `manual`: the payment is authorized first and captured later.",
        example="automatic",
    )
    payment_method_types: list[str] | None = optional(
        "The allowed types of payment method.", example=["card"]
    )


class PaymentProcessingEvent(PaymentEvent):
    """The payment is being processed by the bank or network."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "processing"}


class PaymentActionRequiredEvent(PaymentEvent):
    """The customer must complete an action, such as 3D Secure."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_action"}

    next_action_type: str | None = optional(
        "The type of the required action.", "next_action.type", example="use_stripe_sdk"
    )


class PaymentAuthorizedEvent(PaymentEvent):
    """The payment is authorized and can be captured."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_capture"}

    amount_capturable: int | None = optional("The amount that can be captured.", example=2000)


class PaymentPartiallyFundedEvent(PaymentEvent):
    """A bank transfer paid a part of the amount."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_action"}

    amount_remaining: int | None = optional(
        "The amount that remains to be paid.",
        "next_action.display_bank_transfer_instructions.amount_remaining",
        example=500,
    )


class PaymentSucceededEvent(PaymentEvent):
    """The payment succeeded. Final."""

    amount_received: int | None = optional("The amount received.", example=2000)
    # API version 2022-11-15 removed `charges`, whose first charge was the latest.
    charge_id: Id | None = optional(
        "The id of the successful charge.",
        "latest_charge",
        "charges.data.0",
        example="ch_3MtwBwLkdIwHu7ix0C1dKpZs",
    )
    payment_method_id: Id | None = optional(
        "The id of the payment method.", "payment_method", example="pm_1MtwBwLkdIwHu7ixMQxYzAbC"
    )
    payment_method_types: list[str] | None = optional(
        "The allowed types of payment method.", example=["card"]
    )


class PaymentFailedEvent(PaymentEvent):
    """An attempt to pay failed. The customer may try again."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "requires_payment_method"}

    code: str | None = optional(
        "Stripe's error code.", "last_payment_error.code", example="card_declined"
    )
    decline_code: str | None = optional(
        "The reason given by the card issuer.",
        "last_payment_error.decline_code",
        example="insufficient_funds",
    )
    advice_code: str | None = optional(
        "Stripe's advice on how to proceed.",
        "last_payment_error.advice_code",
        example="try_again_later",
    )


class PaymentCanceledEvent(PaymentEvent):
    """The payment was canceled. Final."""

    example: ClassVar[Mapping[str, JsonValue]] = {"status": "canceled"}

    cancellation_reason: str | None = optional(
        "Why the payment was canceled.", example="requested_by_customer"
    )


class PaymentAuthorizationExpiredEvent(EventData):
    """The authorization expired because the payment was not captured in time.

    `status`, `amount`, `reference` and `metadata` are those of the charge.
    """

    status: str = required("The charge's status.", example="succeeded")
    amount: int = required(
        "The amount that was authorized, in Stripe's unit of the currency.", example=2000
    )
    currency: str = required("Three-letter ISO 4217 code, in lower case.", example="eur")
    charge_id: str = required(
        "The id of the expired charge.", "id", example="ch_3MtwBwLkdIwHu7ix0C1dKpZs"
    )
