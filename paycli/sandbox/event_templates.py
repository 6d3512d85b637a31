"""The object of each event type: Stripe's example object, with the fields that the type sets.

https://docs.stripe.com/api/events/types, https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

Fields = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ObjectTemplate:
    """An object: its example, the prefix of its ids, and the fields that all its events share.

    `days_later` has the timestamps, by path, that are a number of days after the event.
    """

    fixture: str
    prefix: str
    fields: Fields
    days_later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventTemplate:
    """The object's fields in an event of this type, and the event's `previous_attributes`.

    `account` is the connected account that the event comes from.
    """

    object: ObjectTemplate
    fields: Fields = field(default_factory=dict)
    previous: Fields | None = None
    account: str | None = None


_MONEY: Fields = {"amount": 2000, "currency": "eur"}
_METADATA: Fields = {"metadata": {"reference": "booking-42"}}
_PAYMENT_IDS: Fields = {"charge": "ch_sandbox", "payment_intent": "pi_sandbox"}

_INTENT = ObjectTemplate(
    "payment_intent",
    "pi_",
    {
        **_MONEY,
        **_METADATA,
        "canceled_at": None,
        "last_payment_error": None,
        "next_action": None,
        "processing": None,
        "shipping": None,
        "transfer_data": None,
    },
)
_CHARGE = ObjectTemplate("charge", "ch_", {**_MONEY, **_METADATA, "payment_intent": "pi_sandbox"})
_SESSION = ObjectTemplate(
    "checkout_session",
    "cs_test_",
    {
        **_METADATA,
        "amount_subtotal": 2000,
        "amount_total": 2000,
        "currency": "eur",
        "payment_intent": "pi_sandbox",
        "status": "complete",
        "url": None,
    },
    {"expires_at": 1},
)
_REFUND = ObjectTemplate(
    "refund",
    "re_",
    {**_MONEY, **_METADATA, **_PAYMENT_IDS, "reason": "requested_by_customer"},
)
_DISPUTE = ObjectTemplate(
    "dispute",
    "dp_",
    {**_MONEY, **_PAYMENT_IDS, "reason": "fraudulent", "status": "needs_response"},
    {"evidence_details.due_by": 14},
)
_WARNING = ObjectTemplate(
    "radar_early_fraud_warning", "issfr_", {**_PAYMENT_IDS, "fraud_type": "misc"}
)
_REVIEW = ObjectTemplate("review", "prv_", {**_PAYMENT_IDS, "reason": "rule"})
_SETUP = ObjectTemplate(
    "setup_intent",
    "seti_",
    {
        **_METADATA,
        "customer": "cus_sandbox",
        "last_setup_error": None,
        "next_action": None,
    },
)
_METHOD = ObjectTemplate(
    "payment_method",
    "pm_",
    {"customer": "cus_sandbox", "metadata": {}},
)
_CUSTOMER = ObjectTemplate(
    "customer",
    "cus_",
    {"metadata": {"reference": "guest-7"}, "discount": None, "shipping": None},
)
_PAYOUT = ObjectTemplate(
    "payout", "po_", {"amount": 110000, "currency": "eur", "status": "paid"}, {"arrival_date": 2}
)
_ACCOUNT = ObjectTemplate(
    "account",
    "acct_",
    {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True},
)

_APPLICATION = ObjectTemplate("application", "ca_", {})
_TRANSFER = ObjectTemplate(
    "transfer", "tr_", {**_MONEY, "metadata": {}, "source_transaction": "ch_sandbox"}
)
_FEE = ObjectTemplate("application_fee", "fee_", {"amount": 200, "currency": "eur"})

_PAID: Fields = {"latest_charge": "ch_sandbox", "payment_method": "pm_sandbox"}
_DECLINED: JsonValue = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "message": "Your card has insufficient funds.",
}
_BANK_TRANSFER: JsonValue = {
    "type": "display_bank_transfer_instructions",
    "display_bank_transfer_instructions": {"amount_remaining": 500},
}
_SETUP_DECLINED: JsonValue = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "generic_decline",
    "message": "Your card was declined.",
}
_ARN_PENDING: JsonValue = {"card": {"type": "refund", "reference_status": "pending"}}
_ARN_AVAILABLE: JsonValue = {
    "type": "card",
    "card": {
        "type": "refund",
        "reference": "123456789012",
        "reference_status": "available",
        "reference_type": "acquirer_reference_number",
    },
}

EVENT_TEMPLATES: Mapping[str, EventTemplate] = {
    "payment_intent.created": EventTemplate(_INTENT, {"status": "requires_payment_method"}),
    "payment_intent.processing": EventTemplate(
        _INTENT, {"status": "processing", "payment_method": "pm_sandbox"}
    ),
    "payment_intent.requires_action": EventTemplate(
        _INTENT,
        {
            "status": "requires_action",
            "payment_method": "pm_sandbox",
            "next_action": {"type": "use_stripe_sdk"},
        },
    ),
    "payment_intent.amount_capturable_updated": EventTemplate(
        _INTENT,
        {
            "status": "requires_capture",
            "capture_method": "manual",
            "amount_capturable": 2000,
            **_PAID,
        },
    ),
    "payment_intent.partially_funded": EventTemplate(
        _INTENT, {"status": "requires_action", "next_action": _BANK_TRANSFER}
    ),
    "payment_intent.succeeded": EventTemplate(
        _INTENT, {"status": "succeeded", "amount_received": 2000, **_PAID}
    ),
    "payment_intent.payment_failed": EventTemplate(
        _INTENT, {"status": "requires_payment_method", "last_payment_error": _DECLINED}
    ),
    "payment_intent.canceled": EventTemplate(
        _INTENT, {"status": "canceled", "cancellation_reason": "requested_by_customer"}
    ),
    "charge.expired": EventTemplate(
        _CHARGE,
        {"amount_refunded": 2000, "refunded": True, "payment_method": "pm_sandbox"},
        {"amount_refunded": 0, "refunded": False},
    ),
    "checkout.session.completed": EventTemplate(_SESSION, {"payment_status": "paid"}),
    "checkout.session.async_payment_succeeded": EventTemplate(_SESSION, {"payment_status": "paid"}),
    "checkout.session.async_payment_failed": EventTemplate(_SESSION, {"payment_status": "unpaid"}),
    "checkout.session.expired": EventTemplate(
        _SESSION, {"status": "expired", "payment_status": "unpaid", "payment_intent": None}
    ),
    "refund.created": EventTemplate(_REFUND, {"status": "pending"}),
    "refund.updated": EventTemplate(
        _REFUND,
        {"status": "succeeded", "destination_details": _ARN_AVAILABLE},
        {"destination_details": _ARN_PENDING},
    ),
    "refund.failed": EventTemplate(
        _REFUND,
        {"status": "failed", "failure_reason": "expired_or_canceled_card"},
        {"status": "pending"},
    ),
    "charge.dispute.created": EventTemplate(_DISPUTE),
    "charge.dispute.updated": EventTemplate(
        _DISPUTE, {"status": "under_review"}, {"status": "needs_response"}
    ),
    "charge.dispute.funds_withdrawn": EventTemplate(_DISPUTE),
    "charge.dispute.funds_reinstated": EventTemplate(_DISPUTE, {"status": "won"}),
    "charge.dispute.closed": EventTemplate(
        _DISPUTE, {"status": "lost"}, {"status": "under_review"}
    ),
    "radar.early_fraud_warning.created": EventTemplate(_WARNING),
    "review.opened": EventTemplate(_REVIEW),
    "review.closed": EventTemplate(
        _REVIEW,
        {"open": False, "reason": "approved", "closed_reason": "approved"},
        {"open": True, "reason": "rule", "closed_reason": None},
    ),
    "setup_intent.succeeded": EventTemplate(
        _SETUP, {"status": "succeeded", "payment_method": "pm_sandbox"}
    ),
    "setup_intent.setup_failed": EventTemplate(_SETUP, {"last_setup_error": _SETUP_DECLINED}),
    "payment_method.attached": EventTemplate(_METHOD),
    "payment_method.detached": EventTemplate(
        _METHOD, {"customer": None}, {"customer": "cus_sandbox"}
    ),
    "payment_method.automatically_updated": EventTemplate(
        _METHOD, {}, {"card": {"exp_month": 2, "exp_year": 2027}}
    ),
    "customer.deleted": EventTemplate(_CUSTOMER),
    "payout.paid": EventTemplate(_PAYOUT),
    "payout.failed": EventTemplate(
        _PAYOUT,
        {
            "status": "failed",
            "failure_code": "account_closed",
            "failure_message": "The bank account has been closed.",
        },
        {"status": "paid", "failure_code": None, "failure_message": None},
    ),
    "payout.reconciliation_completed": EventTemplate(_PAYOUT),
    "account.application.deauthorized": EventTemplate(_APPLICATION, account="acct_sandbox"),
    "transfer.created": EventTemplate(_TRANSFER),
    "transfer.reversed": EventTemplate(_TRANSFER, {"amount_reversed": 2000, "reversed": True}),
    "application_fee.created": EventTemplate(_FEE),
    "application_fee.refunded": EventTemplate(_FEE, {"amount_refunded": 200, "refunded": True}),
    "account.updated": EventTemplate(
        _ACCOUNT, {}, {"charges_enabled": False, "payouts_enabled": False}
    ),
}
