"""Requests to send: signed Stripe events, tampered ones, and new payments."""

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import urljoin

from . import fixtures
from .processes import Process
from .sender import DEFAULT_CLIENTS, Delivery, Outcome, send, stripe_signature

API_VERSION = "2026-10-28.endive"
DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "message": "Your card has insufficient funds.",
}


def payment_intent_event(  # noqa: PLR0913 - one parameter per field of the event
    event_id: str,
    payment_id: str,
    type: str = "payment_intent.succeeded",  # noqa: A002 - Stripe's name
    *,
    amount: int = 2_000,
    currency: str = "eur",
    metadata: Mapping[str, str] | None = None,
    created: int | None = None,
    livemode: bool = False,
    api_version: str = API_VERSION,
    changes: Mapping[str, object] | None = None,
) -> bytes:
    """Return a complete Stripe event as JSON, with a PaymentIntent in the state the type implies.

    Args:
        event_id: The event's id.
        payment_id: The PaymentIntent's id.
        type: The event's type.
        amount: In the currency's minor unit.
        currency: In lower case.
        metadata: Of the PaymentIntent.
        created: In Unix seconds; now by default.
        livemode: Of the event and the PaymentIntent.
        api_version: The API version that renders the event.
        changes: Fields of the PaymentIntent to set in addition.
    """
    created = int(time.time()) if created is None else created
    intent = fixtures.payment_intent() | {
        "id": payment_id,
        "amount": amount,
        "currency": currency,
        "client_secret": f"{payment_id}_secret_unspeakable",
        "created": created,
        "livemode": livemode,
        "metadata": dict(metadata or {}),
    }
    event = {
        "id": event_id,
        "object": "event",
        "api_version": api_version,
        "created": created,
        "data": {"object": intent | _state(type, payment_id, amount) | dict(changes or {})},
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def _state(type_: str, payment_id: str, amount: int) -> dict[str, object]:
    suffix = payment_id.removeprefix("pi_")
    paid = {"latest_charge": f"ch_{suffix}", "payment_method": f"pm_{suffix}"}
    states: dict[str, dict[str, object]] = {
        "processing": {"status": "processing", **paid},
        "requires_action": {
            "status": "requires_action",
            "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}},
        },
        "amount_capturable_updated": {
            "status": "requires_capture",
            "amount_capturable": amount,
            "capture_method": "manual",
            **paid,
        },
        "partially_funded": {"status": "requires_action"},
        "succeeded": {"status": "succeeded", "amount_received": amount, **paid},
        "payment_failed": {"status": "requires_payment_method", "last_payment_error": DECLINED},
        "canceled": {"status": "canceled", "cancellation_reason": "requested_by_customer"},
    }
    return states.get(type_.removeprefix("payment_intent."), {})


def payment_deliveries(count: int, secret: str, *, seed: int = 0) -> Iterator[Delivery]:
    """Yield signed `payment_intent.succeeded` deliveries, each for another payment.

    The same seed gives the same event ids, payment ids and amounts.
    """
    numbers = random.Random(seed)
    for number in range(count):
        name = f"{numbers.getrandbits(64):016x}{number:08d}"
        body = payment_intent_event(
            f"evt_{name}",
            f"pi_{name}",
            amount=numbers.randint(50, 999_999),
            metadata={"reference": f"booking-{name}"},
        )
        yield Delivery(f"evt_{name}", body, secret=secret)


def run_during(
    action: Callable[[], object], after: int, deliveries: Iterable[Delivery]
) -> Iterator[Delivery]:
    """Yield the deliveries; after `after` of them, start `action` on another thread."""
    for number, delivery in enumerate(deliveries):
        if number == after:
            threading.Thread(target=action).start()
        yield delivery


def stop_during(process: Process, after: int, deliveries: Iterable[Delivery]) -> Iterator[Delivery]:
    """Yield deliveries, terminate the process after `after`, and stop one after it has exited."""
    stop = partial(process.signal, signal.SIGTERM)
    for delivery in run_during(stop, after, deliveries):
        has_exited = process.exit_code() is not None
        yield delivery
        if has_exited:
            return


def unsigned(delivery: Delivery) -> Delivery:
    """Return the delivery without a signature."""
    return Delivery(delivery.event_id, delivery.body)


def altered(delivery: Delivery) -> Delivery:
    """Return the delivery with another amount and the signature of the original body."""
    changed = delivery.body.replace(b'"amount": ', b'"amount": 9', 1)
    assert changed != delivery.body, "the body has no amount to alter"
    signature = stripe_signature(delivery.body, _secret(delivery))
    return Delivery(delivery.event_id, changed, {"Stripe-Signature": signature})


def stale(delivery: Delivery, age_seconds: float = 301) -> Delivery:
    """Return the delivery with a valid signature that is `age_seconds` old."""
    return _signed_at(delivery, time.time() - age_seconds)


def future(delivery: Delivery, ahead_seconds: float = 3600) -> Delivery:
    """Return the delivery with a valid signature that is `ahead_seconds` in the future.

    The default exceeds the tolerance of 300 seconds however long a slow machine takes to send it.
    """
    return _signed_at(delivery, time.time() + ahead_seconds)


TAMPERINGS: tuple[Callable[[Delivery], Delivery], ...] = (unsigned, altered, stale, future)


def create_payments(
    url: str,
    token: str,
    count: int,
    *,
    clients: int = DEFAULT_CLIENTS,
    seed: int = 0,
    prefix: str = "payment",
) -> list[Outcome]:
    """Create `count` payments at the service on `url`, each with its own idempotency key.

    The outcome's `event_id` is the idempotency key, which is also the payment's reference.
    """
    numbers = random.Random(seed)

    def requests() -> Iterator[Delivery]:
        for number in range(count):
            key = f"{prefix}-{seed}-{number}"
            payment = {
                "amount": numbers.randint(50, 999_999),
                "currency": "eur",
                "reference": key,
            }
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
            yield Delivery(key, json.dumps(payment).encode(), headers)

    return send(requests(), urljoin(url, "/api/v1/payments"), clients=clients, seed=seed)


def _signed_at(delivery: Delivery, at_seconds: float) -> Delivery:
    signature = stripe_signature(delivery.body, _secret(delivery), at_seconds)
    return Delivery(delivery.event_id, delivery.body, {"Stripe-Signature": signature})


def _secret(delivery: Delivery) -> str:
    assert delivery.secret is not None, "only a signed delivery can be tampered with"
    return delivery.secret
