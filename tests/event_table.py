"""The documented events, written by hand: Stripe events with their expected translation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.stripe_objects import example, stripe_event

WHEN = "2026-01-31T12:00:00Z"
COMMON = (
    *("payment_id", "account", "status", "amount", "currency", "reference", "metadata"),
    "occurred_at",
)
METADATA = {"reference": "booking-42", "k": "v"}
OURS = {"reference": "booking-42", "metadata": METADATA}
MONEY = {"amount": 2000, "currency": "eur"}
PAID = {"payment_intent": "pi_1", "charge": "ch_1"}
NOTHING = dict.fromkeys(COMMON)


@dataclass(frozen=True)
class Case:
    """A Stripe event and its expected translation.

    `changes` are applied to Stripe's example of the object. `expected` is the value without
    `occurred_at`. `required` are the fields of the object without which it is unreadable.
    `account` is the connected account of the event.
    """

    stripe_type: str
    fixture: str
    changes: Mapping[str, object]
    name: str
    key: str
    expected: Mapping[str, object]
    required: tuple[str, ...]
    previous: Mapping[str, object] | None = field(default=None)
    account: str | None = None

    def event(self, **envelope: object) -> dict[str, Any]:
        """Return the Stripe event."""
        object_ = {**example(self.fixture), **self.changes}
        return stripe_event(
            self.stripe_type, object_, self.previous, **{"account": self.account, **envelope}
        )

    def value(self) -> dict[str, object]:
        """Return the complete value of the record."""
        return {**NOTHING, "account": self.account, **self.expected, "occurred_at": WHEN}

    def __str__(self) -> str:
        return f"{self.stripe_type}-{self.name}"


def intent(
    stripe_type: str, name: str, status: str, changes: Mapping[str, object], **own: object
) -> Case:
    """Return a case of a PaymentIntent."""
    return Case(
        f"payment_intent.{stripe_type}",
        "payment_intent",
        {**MONEY, "id": "pi_1", "metadata": METADATA, "status": status, **changes},
        name,
        "pi_1",
        {**MONEY, **OURS, "payment_id": "pi_1", "status": status, **own},
        ("id", "status", "amount", "currency"),
    )


def checkout(
    stripe_type: str, name: str, status: str, payment: str | None = "pi_1", **own: object
) -> Case:
    """Return a case of a Checkout Session."""
    return Case(
        f"checkout.session.{stripe_type}",
        "checkout_session",
        {
            "id": "cs_1",
            "amount_total": 2000,
            "currency": "eur",
            "metadata": METADATA,
            "payment_intent": payment,
            "status": status,
            "mode": "payment",
            **own,
        },
        name,
        payment or "cs_1",
        {
            **MONEY,
            **OURS,
            "payment_id": payment,
            "status": status,
            "session_id": "cs_1",
            "mode": "payment",
            **own,
        },
        ("id", *own),
    )


def refund(
    stripe_type: str,
    name: str,
    status: str,
    previous: Mapping[str, object] | None = None,
    **own: object,
) -> Case:
    """Return a case of a refund."""
    return Case(
        f"refund.{stripe_type}",
        "refund",
        {
            **MONEY,
            **PAID,
            "id": "re_1",
            "metadata": METADATA,
            "reason": "duplicate",
            "status": status,
            "destination_details": {"type": "card", "card": {"type": "reversal"}},
            **own,
        },
        name,
        "pi_1",
        {
            **MONEY,
            **OURS,
            "payment_id": "pi_1",
            "status": status,
            "refund_id": "re_1",
            "charge_id": "ch_1",
            "reason": "duplicate",
            "failure_reason": None,
            "destination_type": "reversal",
            **own,
        },
        ("id", "amount", "currency"),
        previous,
    )


def dispute(stripe_type: str, name: str, status: str, outcome: str | None) -> Case:
    """Return a case of a dispute."""
    return Case(
        f"charge.dispute.{stripe_type}",
        "dispute",
        {
            **MONEY,
            **PAID,
            "id": "dp_1",
            "status": status,
            "reason": "fraudulent",
            "evidence_details": {"due_by": 1_771_113_599, "has_evidence": False},
        },
        name,
        "pi_1",
        {
            **MONEY,
            "payment_id": "pi_1",
            "status": status,
            "dispute_id": "dp_1",
            "reason": "fraudulent",
            "evidence_due_by": "2026-02-14T23:59:59Z",
            "outcome": outcome,
        },
        ("id", "status", "amount", "currency"),
    )


def setup(stripe_type: str, name: str, status: str, method: str | None) -> Case:
    """Return a case of a SetupIntent."""
    return Case(
        f"setup_intent.{stripe_type}",
        "setup_intent",
        {
            "id": "seti_1",
            "status": status,
            "metadata": METADATA,
            "payment_method": method,
            "customer": "cus_1",
        },
        name,
        "seti_1",
        {
            **OURS,
            "status": status,
            "setup_intent_id": "seti_1",
            "payment_method_id": method,
            "customer_id": "cus_1",
        },
        ("id", "status"),
    )


def method(
    stripe_type: str,
    name: str,
    customer: str | None,
    previous: Mapping[str, object] | None = None,
) -> Case:
    """Return a case of a saved card of the customer `cus_1`."""
    card = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030}
    return Case(
        f"payment_method.{stripe_type}",
        "payment_method",
        {"id": "pm_1", "type": "card", "card": card, "customer": customer, "metadata": METADATA},
        name,
        "pm_1",
        {
            **OURS,
            "payment_method_id": "pm_1",
            "customer_id": "cus_1",
            "exp_month": 8,
            "exp_year": 2030,
        },
        ("id",),
        previous,
    )


def payout(stripe_type: str, name: str, status: str, failure_code: str | None = None) -> Case:
    """Return a case of a payout."""
    return Case(
        f"payout.{stripe_type}",
        "payout",
        {
            **MONEY,
            "id": "po_1",
            "status": status,
            "arrival_date": 1_770_076_800,
            "failure_code": failure_code,
        },
        name,
        "po_1",
        {
            **MONEY,
            "metadata": {},
            "status": status,
            "payout_id": "po_1",
            "arrival_date": "2026-02-03T00:00:00Z",
            "failure_code": failure_code,
        },
        ("id", "status", "amount", "currency"),
    )


def transfer(stripe_type: str, name: str, amount_reversed: int) -> Case:
    """Return a case of a transfer."""
    own = {"destination": "acct_1", "amount_reversed": amount_reversed}
    return Case(
        f"transfer.{stripe_type}",
        "transfer",
        {**MONEY, **own, "id": "tr_1", "metadata": METADATA, "source_transaction": "ch_1"},
        name,
        "tr_1",
        {**MONEY, **OURS, **own, "transfer_id": "tr_1"},
        ("id", "amount", "currency"),
    )


def fee(stripe_type: str, name: str, amount_refunded: int) -> Case:
    """Return a case of an application fee."""
    own = {"amount_refunded": amount_refunded}
    return Case(
        f"application_fee.{stripe_type}",
        "application_fee",
        {**MONEY, **own, "id": "fee_1", "charge": "ch_1", "account": "acct_1"},
        name,
        "fee_1",
        {**MONEY, **own, "application_fee_id": "fee_1", "charge_id": "ch_1"},
        ("id", "amount", "currency"),
    )


TABLE = (
    intent(
        "created",
        "PaymentCreatedEvent",
        "requires_payment_method",
        {"capture_method": "manual"},
        capture_method="manual",
        payment_method_types=["card"],
    ),
    intent("processing", "PaymentProcessingEvent", "processing", {}),
    intent(
        "requires_action",
        "PaymentActionRequiredEvent",
        "requires_action",
        {"next_action": {"type": "redirect_to_url"}},
        next_action_type="redirect_to_url",
    ),
    intent(
        "amount_capturable_updated",
        "PaymentAuthorizedEvent",
        "requires_capture",
        {"amount_capturable": 1900},
        amount_capturable=1900,
    ),
    intent(
        "partially_funded",
        "PaymentPartiallyFundedEvent",
        "requires_action",
        {"next_action": {"display_bank_transfer_instructions": {"amount_remaining": 500}}},
        amount_remaining=500,
    ),
    intent(
        "succeeded",
        "PaymentSucceededEvent",
        "succeeded",
        {"amount_received": 1999, "latest_charge": "ch_1", "payment_method": "pm_1"},
        amount_received=1999,
        charge_id="ch_1",
        payment_method_id="pm_1",
        payment_method_types=["card"],
    ),
    intent(
        "payment_failed",
        "PaymentFailedEvent",
        "requires_payment_method",
        {
            "last_payment_error": {
                "code": "card_declined",
                "decline_code": "insufficient_funds",
                "advice_code": "try_again_later",
            }
        },
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
    ),
    intent(
        "canceled",
        "PaymentCanceledEvent",
        "canceled",
        {"cancellation_reason": "abandoned"},
        cancellation_reason="abandoned",
    ),
    Case(
        "charge.expired",
        "charge",
        {**MONEY, "id": "ch_1", "metadata": METADATA, "payment_intent": "pi_1"},
        "PaymentAuthorizationExpiredEvent",
        "pi_1",
        {**MONEY, **OURS, "payment_id": "pi_1", "status": "succeeded", "charge_id": "ch_1"},
        ("id", "status", "amount", "currency"),
    ),
    checkout("completed", "CheckoutCompletedEvent", "complete", payment_status="unpaid"),
    checkout("async_payment_succeeded", "CheckoutPaymentSucceededEvent", "complete"),
    checkout("async_payment_failed", "CheckoutPaymentFailedEvent", "complete"),
    checkout("expired", "CheckoutExpiredEvent", "expired", None),
    refund("created", "RefundCreatedEvent", "pending"),
    refund("created", "RefundSucceededEvent", "succeeded"),
    refund("updated", "RefundSucceededEvent", "succeeded", {"status": "pending"}),
    refund("updated", "RefundUpdatedEvent", "succeeded", {"destination_details": {}}),
    refund("updated", "RefundUpdatedEvent", "requires_action", {"status": "pending"}),
    refund("failed", "RefundFailedEvent", "failed", failure_reason="lost_or_stolen_card"),
    dispute("created", "DisputeOpenedEvent", "needs_response", None),
    dispute("updated", "DisputeUpdatedEvent", "under_review", None),
    dispute("funds_withdrawn", "DisputeFundsWithdrawnEvent", "needs_response", None),
    dispute("funds_reinstated", "DisputeFundsReinstatedEvent", "won", "won"),
    dispute("closed", "DisputeClosedEvent", "lost", "lost"),
    dispute("closed", "DisputeClosedEvent", "warning_closed", "warning_closed"),
    Case(
        "radar.early_fraud_warning.created",
        "radar_early_fraud_warning",
        {**PAID, "id": "issfr_1", "fraud_type": "made_with_stolen_card"},
        "FraudWarningEvent",
        "pi_1",
        {
            "payment_id": "pi_1",
            "charge_id": "ch_1",
            "fraud_type": "made_with_stolen_card",
            "actionable": True,
        },
        ("id", "charge"),
    ),
    Case(
        "review.opened",
        "review",
        {**PAID, "id": "prv_1", "reason": "rule"},
        "ReviewOpenedEvent",
        "pi_1",
        {"payment_id": "pi_1", "charge_id": "ch_1", "reason": "rule"},
        ("id",),
    ),
    Case(
        "review.closed",
        "review",
        {**PAID, "id": "prv_1", "reason": "approved", "closed_reason": "approved"},
        "ReviewClosedEvent",
        "pi_1",
        {"payment_id": "pi_1", "charge_id": "ch_1", "closed_reason": "approved"},
        ("id",),
    ),
    method("attached", "PaymentMethodAttachedEvent", "cus_1"),
    method("automatically_updated", "PaymentMethodUpdatedEvent", "cus_1"),
    method("detached", "PaymentMethodDetachedEvent", None, {"customer": "cus_1"}),
    Case(
        "customer.deleted",
        "customer",
        {"id": "cus_1", "email": "guest@example.com", "currency": "eur", "metadata": METADATA},
        "CustomerDeletedEvent",
        "cus_1",
        {**OURS, "currency": "eur", "customer_id": "cus_1"},
        ("id",),
    ),
    setup("succeeded", "PaymentMethodSetupSucceededEvent", "succeeded", "pm_1"),
    setup("setup_failed", "PaymentMethodSetupFailedEvent", "requires_payment_method", None),
    payout("paid", "PayoutPaidEvent", "paid"),
    payout("failed", "PayoutFailedEvent", "failed", "account_closed"),
    payout("reconciliation_completed", "PayoutReconciledEvent", "paid"),
    Case(
        "account.application.deauthorized",
        "application",
        {"id": "ca_1", "name": "Booking"},
        "ConnectedAccountDeauthorizedEvent",
        "acct_1",
        {},
        ("id",),
        account="acct_1",
    ),
    transfer("created", "TransferCreatedEvent", 0),
    transfer("reversed", "TransferReversedEvent", 500),
    fee("created", "ApplicationFeeCreatedEvent", 0),
    fee("refunded", "ApplicationFeeRefundedEvent", 200),
    Case(
        "account.updated",
        "account",
        {"id": "acct_1", "charges_enabled": True},
        "ConnectedAccountUpdatedEvent",
        "acct_1",
        {"metadata": {}, "charges_enabled": True, "payouts_enabled": False},
        ("id", "charges_enabled", "payouts_enabled"),
    ),
)
