"""The webhooks of a run and their expected records, both derived from the seed alone.

The expectation is written by hand from the contract of the two event types; it uses no code of the
service.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.deliveries import payment_intent_event
from harness.sender import Delivery

from .oracle import ExpectedEvent, fingerprint

FIRST_CREATED = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
FAILED_EVERY = 4


@dataclass(frozen=True, slots=True)
class Webhook:
    """A delivery and the record that must then be on the topic."""

    delivery: Delivery
    expected: ExpectedEvent


def webhooks(count: int, secret: str, seed: int) -> Iterator[Webhook]:
    """Yield `count` webhooks, each of another event and payment.

    The same seed gives the same bytes. Three of four payments succeed, one fails.
    """
    numbers = random.Random(seed)
    for number in range(count):
        name = f"{numbers.getrandbits(64):016x}{number:08d}"
        failed = number % FAILED_EVERY == FAILED_EVERY - 1
        yield _webhook(name, FIRST_CREATED + number, numbers.randint(50, 999_999), failed, secret)


def _webhook(name: str, created: int, amount: int, failed: bool, secret: str) -> Webhook:  # noqa: FBT001 - a value, not a switch
    event_id, payment_id, reference = f"evt_{name}", f"pi_{name}", f"booking-{name}"
    body = payment_intent_event(
        event_id,
        payment_id,
        "payment_intent.payment_failed" if failed else "payment_intent.succeeded",
        amount=amount,
        metadata={"reference": reference},
        created=created,
    )
    own = (
        {
            "status": "requires_payment_method",
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "advice_code": "try_again_later",
        }
        if failed
        else {
            "status": "succeeded",
            "amount_received": amount,
            "charge_id": f"ch_{name}",
            "payment_method_id": f"pm_{name}",
            "payment_method_types": ["card"],
        }
    )
    data = {
        "payment_id": payment_id,
        "account": None,
        "amount": amount,
        "currency": "eur",
        "reference": reference,
        "metadata": {"reference": reference},
        "occurred_at": datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **own,
    }
    type_ = "PaymentFailedEvent" if failed else "PaymentSucceededEvent"
    expected = ExpectedEvent(event_id, fingerprint(payment_id, type_, data))
    return Webhook(Delivery(event_id, body, secret=secret), expected)
