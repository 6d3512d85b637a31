"""The same events in four API versions are translated to the same bytes.

The golden events are described in tests/golden/README.md.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.tools import ROOT
from paycli.events import catalogue
from paycli.events.stripe_event import parse_event
from paycli.models import InternalEvent

VERSIONS = ("2020-08-27", "2022-11-15", "2024-04-10", "2026-08-26.dahlia")
GOLDEN = ROOT / "tests/golden"
NULL = dict.fromkeys(
    ("payment_id", "account", "status", "amount", "currency", "reference", "metadata")
)
MONEY = {"amount": 2000, "currency": "eur"}
OURS = {"reference": "booking-42", "metadata": {"nights": "2", "reference": "booking-42"}}
PAYMENT = {**MONEY, **OURS, "payment_id": "pi_1", "account": None}

TRANSFER = {
    **NULL,
    **OURS,
    "amount": 1800,
    "currency": "eur",
    "transfer_id": "tr_1",
    "destination": "acct_1",
}
FEE = {
    **NULL,
    "amount": 200,
    "currency": "eur",
    "application_fee_id": "fee_1",
    "charge_id": "ch_1",
}
SAVED_CARD = {
    **NULL,
    **OURS,
    "payment_method_id": "pm_1",
    "customer_id": "cus_1",
    "exp_month": 1,
    "exp_year": 2030,
}

# By Stripe event type: the name, the key, and the value without its time.
EXPECTED: dict[str, tuple[str, str, dict[str, object]]] = {
    "payment_intent.succeeded": (
        "PaymentSucceededEvent",
        "pi_1",
        {
            **PAYMENT,
            "status": "succeeded",
            "amount_received": 2000,
            "charge_id": "ch_1",
            "payment_method_id": "pm_1",
            "payment_method_types": ["card"],
        },
    ),
    "payment_intent.payment_failed": (
        "PaymentFailedEvent",
        "pi_1",
        {
            **PAYMENT,
            "status": "requires_payment_method",
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "advice_code": "try_again_later",
        },
    ),
    "charge.expired": (
        "PaymentAuthorizationExpiredEvent",
        "pi_1",
        {**PAYMENT, "status": "succeeded", "charge_id": "ch_1"},
    ),
    "checkout.session.completed": (
        "CheckoutCompletedEvent",
        "pi_1",
        {
            **PAYMENT,
            "status": "complete",
            "session_id": "cs_1",
            "mode": "payment",
            "payment_status": "paid",
        },
    ),
    "refund.updated": (
        "RefundSucceededEvent",
        "pi_1",
        {
            **PAYMENT,
            "status": "succeeded",
            "refund_id": "re_1",
            "charge_id": "ch_1",
            "reason": "requested_by_customer",
            "failure_reason": None,
            "destination_type": "reversal",
        },
    ),
    "charge.dispute.closed": (
        "DisputeClosedEvent",
        "pi_1",
        {
            **NULL,
            **MONEY,
            "payment_id": "pi_1",
            "status": "won",
            "dispute_id": "dp_1",
            "reason": "fraudulent",
            "evidence_due_by": "2026-02-14T23:59:59Z",
            "outcome": "won",
        },
    ),
    "radar.early_fraud_warning.created": (
        "FraudWarningEvent",
        "pi_1",
        {
            **NULL,
            "payment_id": "pi_1",
            "charge_id": "ch_1",
            "fraud_type": "made_with_stolen_card",
            "actionable": True,
        },
    ),
    "review.closed": (
        "ReviewClosedEvent",
        "pi_1",
        {**NULL, "payment_id": "pi_1", "charge_id": "ch_1", "closed_reason": "approved"},
    ),
    "setup_intent.succeeded": (
        "PaymentMethodSetupSucceededEvent",
        "seti_1",
        {
            **NULL,
            **OURS,
            "status": "succeeded",
            "setup_intent_id": "seti_1",
            "payment_method_id": "pm_1",
            "customer_id": "cus_1",
        },
    ),
    "payout.paid": (
        "PayoutPaidEvent",
        "po_1",
        {
            **NULL,
            "amount": 110000,
            "currency": "eur",
            "metadata": {},
            "status": "paid",
            "payout_id": "po_1",
            "arrival_date": "2026-02-03T00:00:00Z",
            "failure_code": None,
        },
    ),
    "transfer.created": ("TransferCreatedEvent", "tr_1", {**TRANSFER, "amount_reversed": 0}),
    "transfer.reversed": ("TransferReversedEvent", "tr_1", {**TRANSFER, "amount_reversed": 500}),
    "application_fee.created": (
        "ApplicationFeeCreatedEvent",
        "fee_1",
        {**FEE, "amount_refunded": 0},
    ),
    "application_fee.refunded": (
        "ApplicationFeeRefundedEvent",
        "fee_1",
        {**FEE, "amount_refunded": 100},
    ),
    "account.application.deauthorized": (
        "ConnectedAccountDeauthorizedEvent",
        "acct_1",
        {**NULL, "account": "acct_1"},
    ),
    "payment_method.attached": ("PaymentMethodAttachedEvent", "pm_1", SAVED_CARD),
    "payment_method.automatically_updated": ("PaymentMethodUpdatedEvent", "pm_1", SAVED_CARD),
    # Whose it was is in `previous_attributes`.
    "payment_method.detached": ("PaymentMethodDetachedEvent", "pm_1", SAVED_CARD),
    "customer.deleted": (
        "CustomerDeletedEvent",
        "cus_1",
        {**NULL, "currency": "usd", "metadata": {}, "customer_id": "cus_1"},
    ),
    "account.updated": (
        "ConnectedAccountUpdatedEvent",
        "acct_1",
        {
            **NULL,
            "account": "acct_1",
            "metadata": {},
            "charges_enabled": True,
            "payouts_enabled": True,
        },
    ),
}


def golden(version: str, event_type: str) -> bytes:
    """Return the body of a golden event."""
    return (GOLDEN / version / f"{event_type}.json").read_bytes()


def translate(body: bytes) -> InternalEvent:
    """Translate a body into an internal event."""
    result = catalogue.translate(parse_event(body))
    assert result is not None
    return result


@pytest.mark.parametrize("event_type", EXPECTED)
@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_translated_to_the_expected_event(version: str, event_type: str) -> None:
    """In every version, the event has the name, key and value of the table above."""
    event = parse_event(golden(version, event_type))
    assert (event.api_version, event.type) == (version, event_type)
    result = translate(golden(version, event_type))
    name, key, value = EXPECTED[event_type]
    assert (result.name, result.subject) == (name, key)
    assert json.loads(result.value) == {**value, "occurred_at": "2026-01-31T12:00:00Z"}


@pytest.mark.parametrize("event_type", EXPECTED)
def test_all_versions_give_the_same_bytes(event_type: str) -> None:
    """The value of the record does not depend on the API version of an endpoint."""
    assert len({translate(golden(version, event_type)).value for version in VERSIONS}) == 1


def test_every_golden_event_is_in_the_table() -> None:
    """Each file in each directory is in the table above."""
    files = {(path.parent.name, path.stem) for path in GOLDEN.glob("*/*.json")}
    assert files == {(version, event_type) for version in VERSIONS for event_type in EXPECTED}


@pytest.mark.parametrize("event_type", ["payment_intent.succeeded", "checkout.session.completed"])
def test_the_versions_have_different_fields(event_type: str) -> None:
    """The control: Stripe's object has a different set of fields in each version."""
    shapes = {frozenset(fields(golden(version, event_type))) for version in VERSIONS}
    assert len(shapes) == len(VERSIONS)


def fields(body: bytes) -> dict[str, Any]:
    """Return the object of an event."""
    result: dict[str, Any] = json.loads(body)["data"]["object"]
    return result


def test_the_oldest_version_has_the_charge_in_another_field() -> None:
    """The control: without the list of charges, the value has no charge."""
    event = json.loads(golden("2020-08-27", "payment_intent.succeeded"))
    assert "latest_charge" not in event["data"]["object"]
    del event["data"]["object"]["charges"]
    assert json.loads(translate(json.dumps(event).encode()).value)["charge_id"] is None


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.json")), ids=lambda p: p.parent.name)
def test_no_version_publishes_a_secret(path: Path) -> None:
    """The client secrets in the events of all versions are in no value."""
    assert b"unspeakable" not in translate(path.read_bytes()).value
