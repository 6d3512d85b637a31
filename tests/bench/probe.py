"""Who says that a record is persisted while the broker can't even have seen it?

Under load a queued record reaches the broker moments after an early answer, so nobody would notice.
Here the broker is frozen, and the contestant is killed before it goes on.
"""

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import end_offsets, stream_records
from harness.sender import Delivery, send
from service import EVENTS, SECRET

from . import webhook
from .contestants import Place
from .oracle import judge
from .running import Running

WEBHOOKS = 8
TIMEOUT_SECONDS = 1.0


def answers_early(broker: KafkaBroker, place: Place, server: Running) -> str | None:
    """Return what it answered 2xx and then did not keep, in a sentence; None if it is honest.

    It is dead afterwards.
    """
    before = end_offsets(place.bootstrap_servers, place.topic)
    names = [f"probe{number:015d}" for number in range(WEBHOOKS)]
    body = webhook.body()
    deliveries = [
        Delivery(name, body.replace(webhook.NAME, name).encode(), secret=SECRET) for name in names
    ]
    broker.pause()
    try:
        outcomes = send(
            deliveries,
            f"http://{server.address}{EVENTS}",
            clients=WEBHOOKS,
            timeout_seconds=TIMEOUT_SECONDS,
        )
        server.kill()
    finally:
        broker.resume()
    accepted = [each.event_id for each in outcomes if each.status is not None and each.status < 300]
    records = stream_records(place.bootstrap_servers, place.topic, from_offsets=before)
    reason = judge(accepted, records).reason
    return reason and f"with a frozen broker {reason}"
