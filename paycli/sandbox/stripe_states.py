"""What Stripe's objects are like at each event, on top of Stripe's own example of the object.

https://docs.stripe.com/api/events/types, https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

Fields = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: Stripe's example of it, how its ids begin, and what all events share.

    `days_later` has times, by path, that lie so many days after the event.
    """

    fixture: str
    prefix: str
    fields: Fields
    days_later: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """An object at an event; `previous` is what `previous_attributes` says it was before."""

    kind: Kind
    fields: Fields = field(default_factory=dict)
    previous: Fields | None = None


_MONEY: Fields = {"amount": 2000, "currency": "eur"}
_OF_OURS: Fields = {"metadata": {"reference": "booking-42"}}
_OF_A_PAYMENT: Fields = {"charge": "ch_sandbox", "payment_intent": "pi_sandbox"}

_INTENT = Kind(
    "payment_intent",
    "pi_",
    {
        **_MONEY,
        **_OF_OURS,
        "canceled_at": None,
        "last_payment_error": None,
        "next_action": None,
        "processing": None,
        "shipping": None,
        "transfer_data": None,
    },
)
_CHARGE = Kind("charge", "ch_", {**_MONEY, **_OF_OURS, "payment_intent": "pi_sandbox"})
_SESSION = Kind(
    "checkout_session",
    "cs_test_",
    {
        **_OF_OURS,
        "amount_subtotal": 2000,
        "amount_total": 2000,
        "currency": "eur",
        "payment_intent": "pi_sandbox",
        "status": "complete",
        "url": None,
    },
    {"expires_at": 1},
)
_REFUND = Kind(
    "refund",
    "re_",
    {**_MONEY, **_OF_OURS, **_OF_A_PAYMENT, "reason": "requested_by_customer"},
)
_DISPUTE = Kind(
    "dispute",
    "dp_",
    {**_MONEY, **_OF_A_PAYMENT, "reason": "fraudulent", "status": "needs_response"},
    {"evidence_details.due_by": 14},
)
_WARNING = Kind("radar_early_fraud_warning", "issfr_", {**_OF_A_PAYMENT, "fraud_type": "misc"})
_REVIEW = Kind("review", "prv_", {**_OF_A_PAYMENT, "reason": "rule"})
_SETUP = Kind(
    "setup_intent",
    "seti_",
    {
        **_OF_OURS,
        "customer": "cus_sandbox",
        "last_setup_error": None,
        "next_action": None,
    },
)
_PAYOUT = Kind(
    "payout", "po_", {"amount": 110000, "currency": "eur", "status": "paid"}, {"arrival_date": 2}
)
_ACCOUNT = Kind(
    "account",
    "acct_",
    {"charges_enabled": True, "payouts_enabled": True, "details_submitted": True},
)

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
_ARN_UNKNOWN: JsonValue = {"card": {"type": "refund", "reference_status": "pending"}}
_ARN_KNOWN: JsonValue = {
    "type": "card",
    "card": {
        "type": "refund",
        "reference": "123456789012",
        "reference_status": "available",
        "reference_type": "acquirer_reference_number",
    },
}

STATES: Mapping[str, State] = {
    "payment_intent.created": State(_INTENT, {"status": "requires_payment_method"}),
    "payment_intent.processing": State(
        _INTENT, {"status": "processing", "payment_method": "pm_sandbox"}
    ),
    "payment_intent.requires_action": State(
        _INTENT,
        {
            "status": "requires_action",
            "payment_method": "pm_sandbox",
            "next_action": {"type": "use_stripe_sdk"},
        },
    ),
    "payment_intent.amount_capturable_updated": State(
        _INTENT,
        {
            "status": "requires_capture",
            "capture_method": "manual",
            "amount_capturable": 2000,
            **_PAID,
        },
    ),
    "payment_intent.partially_funded": State(
        _INTENT, {"status": "requires_action", "next_action": _BANK_TRANSFER}
    ),
    "payment_intent.succeeded": State(
        _INTENT, {"status": "succeeded", "amount_received": 2000, **_PAID}
    ),
    "payment_intent.payment_failed": State(
        _INTENT, {"status": "requires_payment_method", "last_payment_error": _DECLINED}
    ),
    "payment_intent.canceled": State(
        _INTENT, {"status": "canceled", "cancellation_reason": "requested_by_customer"}
    ),
    "charge.expired": State(
        _CHARGE,
        {"amount_refunded": 2000, "refunded": True, "payment_method": "pm_sandbox"},
        {"amount_refunded": 0, "refunded": False},
    ),
    "checkout.session.completed": State(_SESSION, {"payment_status": "paid"}),
    "checkout.session.async_payment_succeeded": State(_SESSION, {"payment_status": "paid"}),
    "checkout.session.async_payment_failed": State(_SESSION, {"payment_status": "unpaid"}),
    "checkout.session.expired": State(
        _SESSION, {"status": "expired", "payment_status": "unpaid", "payment_intent": None}
    ),
    "refund.created": State(_REFUND, {"status": "pending"}),
    "refund.updated": State(
        _REFUND,
        {"status": "succeeded", "destination_details": _ARN_KNOWN},
        {"destination_details": _ARN_UNKNOWN},
    ),
    "refund.failed": State(
        _REFUND,
        {"status": "failed", "failure_reason": "expired_or_canceled_card"},
        {"status": "pending"},
    ),
    "charge.dispute.created": State(_DISPUTE),
    "charge.dispute.updated": State(
        _DISPUTE, {"status": "under_review"}, {"status": "needs_response"}
    ),
    "charge.dispute.funds_withdrawn": State(_DISPUTE),
    "charge.dispute.funds_reinstated": State(_DISPUTE, {"status": "won"}),
    "charge.dispute.closed": State(_DISPUTE, {"status": "lost"}, {"status": "under_review"}),
    "radar.early_fraud_warning.created": State(_WARNING),
    "review.opened": State(_REVIEW),
    "review.closed": State(
        _REVIEW,
        {"open": False, "reason": "approved", "closed_reason": "approved"},
        {"open": True, "reason": "rule", "closed_reason": None},
    ),
    "setup_intent.succeeded": State(
        _SETUP, {"status": "succeeded", "payment_method": "pm_sandbox"}
    ),
    "setup_intent.setup_failed": State(_SETUP, {"last_setup_error": _SETUP_DECLINED}),
    "payout.paid": State(_PAYOUT),
    "payout.failed": State(
        _PAYOUT,
        {
            "status": "failed",
            "failure_code": "account_closed",
            "failure_message": "The bank account has been closed.",
        },
        {"status": "paid", "failure_code": None, "failure_message": None},
    ),
    "payout.reconciliation_completed": State(_PAYOUT),
    "account.updated": State(_ACCOUNT, {}, {"charges_enabled": False, "payouts_enabled": False}),
}
