"""Events of saved payment methods, payouts and connected accounts.

https://docs.stripe.com/api/setup_intents/object, https://docs.stripe.com/api/payouts/object,
https://docs.stripe.com/api/accounts/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, optional, required
from paycli.models.fields import UnixTime

_SETUP_ID = "seti_1MtwBwLkdIwHu7ixGjhsWv8p"
_PAYOUT_ID = "po_1MtwBwLkdIwHu7ixUEbTjxN3"


class PaymentMethodSetupEvent(EventData):
    """Base class of events of a SetupIntent, which saves a payment method for later."""

    status: str = required(
        "The SetupIntent's status at the time of the event.", example="succeeded"
    )
    setup_intent_id: str = required("The id of the SetupIntent.", "id", example=_SETUP_ID)
    payment_method_id: Id | None = optional(
        "The id of the payment method.", "payment_method", example="pm_1MtwBwLkdIwHu7ixMQxYzAbC"
    )
    customer_id: Id | None = optional(
        "The id of the customer that the payment method belongs to.",
        "customer",
        example="cus_NffrFeUfNV2Hib",
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _SETUP_ID,
        "payment_id": None,
        "amount": None,
        "currency": None,
    }


class PaymentMethodSetupSucceededEvent(PaymentMethodSetupEvent):
    """A payment method was saved."""


class PaymentMethodSetupFailedEvent(PaymentMethodSetupEvent):
    """An attempt to save a payment method failed. The customer may try again."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "requires_payment_method",
        "payment_method_id": None,
    }


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
