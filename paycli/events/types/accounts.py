"""What happens to customers' saved payment methods, to payouts and to connected accounts.

https://docs.stripe.com/api/setup_intents/object, https://docs.stripe.com/api/payouts/object,
https://docs.stripe.com/api/accounts/object
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from paycli.events.types.base import EventData, Id, UnixTime, optional, required

_SETUP_ID = "seti_1MtwBwLkdIwHu7ixGjhsWv8p"
_PAYOUT_ID = "po_1MtwBwLkdIwHu7ixUEbTjxN3"


class PaymentMethodSetupEvent(EventData):
    """Something happened to a SetupIntent, which saves a payment method for later."""

    status: str = required("The SetupIntent's status then.", example="succeeded")
    setup_intent_id: str = required("The SetupIntent's id.", "id", example=_SETUP_ID)
    payment_method_id: Id | None = optional(
        "The payment method.", "payment_method", example="pm_1MtwBwLkdIwHu7ixMQxYzAbC"
    )
    customer_id: Id | None = optional(
        "Whose payment method it is.", "customer", example="cus_NffrFeUfNV2Hib"
    )

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _SETUP_ID,
        "payment_id": None,
        "amount": None,
        "currency": None,
    }


class PaymentMethodSetupSucceededEvent(PaymentMethodSetupEvent):
    """A payment method is saved."""


class PaymentMethodSetupFailedEvent(PaymentMethodSetupEvent):
    """An attempt to save a payment method failed; it may be tried again."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "requires_payment_method",
        "payment_method_id": None,
    }


class PayoutEvent(EventData):
    """Something happened to a payout to a bank account."""

    status: str = required("The payout's status then.", example="paid")
    amount: int = required("What is paid out, in Stripe's unit.", example=110000)
    currency: str = required("ISO 4217, in lower case.", example="eur")
    payout_id: str = required("The payout's id.", "id", example=_PAYOUT_ID)
    arrival_date: UnixTime | None = optional(
        "When the money is expected at the bank, RFC 3339 in UTC.", example="2026-02-03T00:00:00Z"
    )
    failure_code: str | None = optional("Why it failed.", example="account_closed")

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": _PAYOUT_ID,
        "payment_id": None,
        "reference": None,
        "metadata": {},
        "failure_code": None,
    }


class PayoutPaidEvent(PayoutEvent):
    """A payout should be at the bank; it may still fail within some days."""


class PayoutFailedEvent(PayoutEvent):
    """A payout failed; the money is back on Stripe's balance."""

    example: ClassVar[Mapping[str, JsonValue]] = {
        "status": "failed",
        "failure_code": "account_closed",
    }


class PayoutReconciledEvent(PayoutEvent):
    """It is known which payments and refunds an automatic payout consists of."""


class ConnectedAccountUpdatedEvent(EventData):
    """What a connected account may do has changed, or something else about it.

    Which account it is stands in `ce_subject` and `ce_source`.
    """

    example: ClassVar[Mapping[str, JsonValue]] = {
        "object_id": "acct_1MtwBwLkdIwHu7ix",
        **dict.fromkeys(("payment_id", "status", "amount", "currency", "reference")),
        "metadata": {},
    }

    charges_enabled: bool = required("Whether it can be paid.", example=True)
    payouts_enabled: bool = required("Whether it is paid out.", example=True)
