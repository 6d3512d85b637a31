"""The release of a hold, which API versions before 2025-03-31 report as a refund too.

https://docs.stripe.com/changelog/basil/2025-03-31/remove-refund-from-partial-capture-and-payment-cancellation-flow
"""

import json
from typing import Any

import pytest

from harness.stripe_objects import stripe_event
from paycli.events import catalogue
from paycli.events.stripe_event import parse_event

VERSION = "2024-10-28.acacia"
HOLD = {
    "id": "pi_hold1",
    "object": "payment_intent",
    "status": "canceled",
    "amount": 4000,
    "amount_received": 0,
    "currency": "eur",
    "capture_method": "manual",
    "metadata": {"reference": "bk-hold"},
}
RELEASE = {
    "id": "re_rev1",
    "object": "refund",
    "status": "succeeded",
    "amount": 4000,
    "currency": "eur",
    "charge": "ch_hold1",
    "payment_intent": "pi_hold1",
    "reason": None,
    "balance_transaction": None,
    "metadata": {},
    "destination_details": {"type": "card", "card": {"type": "reversal"}},
}


def translated(event_type: str, object_: dict[str, object]) -> tuple[str, dict[str, Any]]:
    """Returns name and value of the event of an object."""
    body = json.dumps(stripe_event(event_type, object_, api_version=VERSION)).encode()
    result = catalogue.translate(parse_event(body))
    assert result is not None
    return result.name, json.loads(result.value)


def test_a_released_hold_differs_from_a_refund() -> None:
    """The payment is canceled, and the refund of its whole amount is a `reversal`."""
    name, canceled = translated("payment_intent.canceled", HOLD)
    assert (name, canceled["reference"]) == ("PaymentCanceledEvent", "bk-hold")
    name, released = translated("refund.created", RELEASE)
    assert (name, released["destination_type"]) == ("RefundSucceededEvent", "reversal")
    assert (released["payment_id"], released["amount"]) == ("pi_hold1", 4000)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"type": "card", "card": {"type": "refund"}}, "refund"),
        ({"type": "card", "card": {"type": "pending"}}, "pending"),
        ({"type": "us_bank_transfer", "us_bank_transfer": {"reference": None}}, None),
        ({"type": "card", "card": None}, None),
        ({}, None),
        (None, None),
    ],
)
@pytest.mark.parametrize("event_type", ["refund.created", "refund.updated", "refund.failed"])
def test_every_event_of_a_refund_has_its_destination_type(
    event_type: str, details: object, expected: str | None
) -> None:
    """It is that of the card, and null for other payment methods."""
    _, value = translated(event_type, {**RELEASE, "destination_details": details})
    assert value["destination_type"] == expected
