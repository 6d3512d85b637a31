"""The webhook endpoint of the service, implemented with FastAPI; uvicorn runs it.

Settings come from the environment: SECRET, SERVERS, TOPIC.
"""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import stripe
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from fastapi import FastAPI, HTTPException, Request

SECRET = os.environ["SECRET"]
TOPIC = os.environ["TOPIC"]
MAX_BODY_BYTES = 1 << 20
ACK_TIMEOUT_SECONDS = 5
TOLERANCE_SECONDS = 300

Headers = list[tuple[str, str | bytes | None]]


class Publisher:
    """One producer per process; one thread passes its delivery reports to the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._producer = Producer(
            {
                "bootstrap.servers": os.environ["SERVERS"],
                "enable.idempotence": True,
                "linger.ms": 0,
                "partitioner": "murmur2_random",
            }
        )
        threading.Thread(target=self._poll, daemon=True).start()

    def _poll(self) -> None:
        while True:
            self._producer.poll(1)

    async def publish(self, key: str, value: bytes, headers: Headers) -> None:
        """Return once the broker has acknowledged it, or raise KafkaException or TimeoutError."""
        report: asyncio.Future[None] = self._loop.create_future()

        def settle(error: KafkaError | None) -> None:
            if report.done():
                return
            if error is None:
                report.set_result(None)
            else:
                report.set_exception(KafkaException(error))

        def delivered(error: KafkaError | None, _message: Message) -> None:
            self._loop.call_soon_threadsafe(settle, error)

        self._producer.produce(TOPIC, value, key, headers=headers, on_delivery=delivered)
        await asyncio.wait_for(report, ACK_TIMEOUT_SECONDS)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the producer in the process that serves."""
    app.state.publisher = Publisher()
    yield


async def receive(request: Request) -> dict[str, str]:
    """Handle Stripe's webhook: 200 once the broker has acknowledged the event's record."""
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise HTTPException(413)
    try:
        event = stripe.Webhook.construct_event(
            body, request.headers.get("Stripe-Signature", ""), SECRET, TOLERANCE_SECONDS
        )
    except (ValueError, stripe.SignatureVerificationError):
        raise HTTPException(400) from None
    if event.livemode:
        raise HTTPException(503)
    if event.type != "payment_intent.succeeded":
        return {"event_id": event.id, "outcome": "ignored"}
    key, value, headers = record_of(event)
    try:
        await request.app.state.publisher.publish(key, value, headers)
    except (KafkaException, BufferError, TimeoutError):
        raise HTTPException(503) from None
    return {"event_id": event.id, "outcome": "published"}


def record_of(event: Any) -> tuple[str, bytes, Headers]:  # noqa: ANN401 - the SDK's type is Any
    """Return key, value and headers of the event's record."""
    intent = event.data.object
    metadata = intent.metadata.to_dict()
    occurred_at = datetime.fromtimestamp(event.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = {
        "payment_id": intent.id,
        "account": getattr(event, "account", None),
        "status": intent.status,
        "amount": intent.amount,
        "currency": intent.currency,
        "reference": metadata.get("reference"),
        "metadata": metadata,
        "occurred_at": occurred_at,
        "amount_received": intent.amount_received,
        "charge_id": intent.latest_charge,
        "payment_method_id": intent.payment_method,
        "payment_method_types": intent.payment_method_types,
    }
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": "payments.PaymentSucceededEvent.v1",
        "ce_source": f"/stripe/{getattr(event, 'account', None) or 'self'}/test",
        "ce_subject": intent.id,
        "ce_time": occurred_at,
        "content-type": "application/json",
        "__TypeId__": "PaymentSucceededEvent",
        "stripe_event_type": event.type,
        "stripe_api_version": event.api_version,
        "livemode": "false",
        "origin": "webhook",
    }
    value = json.dumps(data, separators=(",", ":")).encode()
    return intent.id, value, [(name, text.encode()) for name, text in headers.items()]


def health() -> None:
    """Respond with 200."""


app = FastAPI(lifespan=lifespan)
app.add_api_route("/api/v1/stripe/events", receive, methods=["POST"])
app.add_api_route("/healthz", health, methods=["GET"])
