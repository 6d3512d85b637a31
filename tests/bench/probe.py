"""Detects a contestant that responds with 2xx before the broker has acknowledged the record.

Under load a queued record reaches the broker moments after an early response, so comparing records
does not detect it. Here the broker is suspended first: any 2xx is then wrong.
"""

from harness.kafka_broker import KafkaBroker
from harness.sender import Delivery, send
from service import EVENTS, SECRET

from . import webhook
from .running import Running

WEBHOOKS = 8
TIMEOUT_SECONDS = 1.0


def responds_early(broker: KafkaBroker, server: Running) -> str | None:
    """Return the problem, or None if no response was early."""
    names = [f"probe{number:015d}" for number in range(WEBHOOKS)]
    body = webhook.body()
    deliveries = [
        Delivery(name, body.replace(webhook.NAME, name).encode(), secret=SECRET) for name in names
    ]
    broker.pause()
    try:
        url = f"http://{server.address}{EVENTS}"
        outcomes = send(deliveries, url, clients=WEBHOOKS, timeout_seconds=TIMEOUT_SECONDS)
    finally:
        broker.resume()
    early = sum(outcome.accepted for outcome in outcomes)
    return f"{early} of {WEBHOOKS} got 2xx while the broker was suspended" if early else None
