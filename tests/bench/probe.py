"""Who says that a record is persisted while the broker can't even have seen it?

Under load a queued record reaches the broker moments after an early answer, so nobody would notice.
Here the broker is frozen first: whatever 2xx comes then is a lie.
"""

from harness.kafka_broker import KafkaBroker
from harness.sender import Delivery, send
from service import EVENTS, SECRET

from . import webhook
from .running import Running

WEBHOOKS = 8
TIMEOUT_SECONDS = 1.0


def answers_early(broker: KafkaBroker, server: Running) -> str | None:
    """Return what it does, in a sentence; None if it is honest."""
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
    lies = sum(outcome.accepted for outcome in outcomes)
    return f"{lies} of {WEBHOOKS} answered 2xx while the broker was frozen" if lies else None
