"""The webhook that is sent, with `{name}` where each one differs, and its expected record.

The expectation is written by hand from the contract; it uses no code of the service.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.deliveries import API_VERSION, payment_intent_event

NAME = "{name}"
AMOUNT = 2_000
CREATED = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
OCCURRED_AT = "2026-01-31T12:00:00Z"
METADATA = {"nights": "2", "reference": f"booking-{NAME}"}

_DATA = {
    "payment_id": f"pi_{NAME}",
    "account": None,
    "status": "succeeded",
    "amount": AMOUNT,
    "currency": "eur",
    "reference": f"booking-{NAME}",
    "metadata": METADATA,
    "occurred_at": OCCURRED_AT,
    "amount_received": AMOUNT,
    "charge_id": f"ch_{NAME}",
    "payment_method_id": f"pm_{NAME}",
    "payment_method_types": ["card"],
}
_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": f"evt_{NAME}",
    "ce_type": "payments.PaymentSucceededEvent.v1",
    "ce_source": "/stripe/self/test",
    "ce_subject": f"pi_{NAME}",
    "ce_time": OCCURRED_AT,
    "content-type": "application/json",
    "__TypeId__": "PaymentSucceededEvent",
    "stripe_event_type": "payment_intent.succeeded",
    "stripe_api_version": API_VERSION,
    "livemode": "false",
    "origin": "webhook",
}
_EXPECTED = json.dumps([f"pi_{NAME}", _HEADERS, _DATA])


@dataclass(frozen=True)
class Expected:
    """The expected record of a webhook: its key, its headers, and the data in its value."""

    key: str
    headers: Mapping[str, str]
    data: Mapping[str, object]


def body(size_bytes: int = 0) -> str:
    """Return the webhook's body, indented as Stripe sends it, of about a size from 1 KB on.

    Larger bodies have an additional field that is not used; smaller ones lack empty fields.
    """
    event = json.loads(
        payment_intent_event(
            f"evt_{NAME}", f"pi_{NAME}", amount=AMOUNT, metadata=METADATA, created=CREATED
        )
    )
    text = json.dumps(event, indent=2)
    intent = event["data"]["object"]
    if len(text) < size_bytes:
        intent["padding"] = ["x" * 60] * ((size_bytes - len(text)) // 72)
    elif size_bytes:
        event["data"]["object"] = {name: value for name, value in intent.items() if value}
    return json.dumps(event, indent=2)


def expected(name: str) -> Expected:
    """Return the expected record of the webhook with this name."""
    return Expected(*json.loads(_EXPECTED.replace(NAME, name)))
