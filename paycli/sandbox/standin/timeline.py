"""What happened to one payment: its events, the webhooks sent for them, the records in Kafka."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping

from paycli.sandbox.standin.messages import to_json
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    EmittedEvent,
    PaymentIntentState,
)
from paycli.sandbox.standin.world import World

MAX_PAYMENTS = 1000
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 1000


class Timeline:
    """Tells it as a list, and as a stream of Server-Sent Events.

    `payment_id` is that of the PaymentIntent, or of the Checkout Session that makes it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._records: OrderedDict[str, list[dict[str, object]]] = OrderedDict()
        self._watchers: dict[str, set[asyncio.Event]] = {}

    def add_record(self, payment_id: str, record: Mapping[str, object]) -> None:
        """Notes a Kafka record of a payment; `record` is told as it is.

        A page shows its `topic`, `partition`, `offset` and `type`, beside the event of Stripe's
        that `event_id` names.
        """
        self._records.setdefault(payment_id, []).append(dict(record))
        while len(self._records) > MAX_PAYMENTS:
            self._records.popitem(last=False)
        self.happened(payment_id)

    def happened(self, payment_id: str) -> None:
        """Wakes whoever watches a payment, or the Session that made it."""
        if not self._watchers:
            return
        it = self._world.objects.get(payment_id)
        session = it.session.id if isinstance(it, PaymentIntentState) and it.session else ""
        for name in (payment_id, session):
            for watcher in self._watchers.get(name, ()):
                watcher.set()

    def of(self, payment_id: str) -> dict[str, object]:
        """All that is known: its status, events, the webhooks sent for each, its records."""
        names = self._names(payment_id)
        it = self._world.objects.get(payment_id)
        return {
            "id": payment_id,
            "status": it.status
            if isinstance(it, PaymentIntentState | CheckoutSessionState)
            else None,
            "payment_intent": next((name for name in names if name.startswith("pi_")), None),
            "events": [
                {
                    "id": event.id,
                    "type": event.type,
                    "created": event.created,
                    "pending_webhooks": event.pending,
                    "webhooks": [attempt._asdict() for attempt in event.attempts],
                }
                for event in self.events_of(payment_id)
            ],
            "records": self.records_of(payment_id),
        }

    def events_of(self, payment_id: str) -> list[EmittedEvent]:
        """Stripe's events of a payment, the oldest first."""
        names = self._names(payment_id)
        events = [event for name in names for event in self._world.events_of.get(name, ())]
        return sorted(events, key=lambda event: event.number)

    def records_of(self, payment_id: str) -> list[dict[str, object]]:
        """The Kafka records of a payment that have been told of."""
        names = self._names(payment_id)
        return [record for name in names for record in self._records.get(name, ())]

    async def stream(self, payment_id: str) -> AsyncIterator[bytes]:
        """The list as `data:` each time that it has changed; a comment when nothing happens."""
        watcher = asyncio.Event()
        watchers = self._watchers.setdefault(payment_id, set())
        watchers.add(watcher)
        last = b""
        try:
            yield b"retry: %d\n\n" % RECONNECT_MILLISECONDS
            while True:
                watcher.clear()
                told = to_json(self.of(payment_id))
                yield b": nothing new\n\n" if told == last else b"data: %b\n\n" % told
                last = told
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await watcher.wait()
                except TimeoutError:
                    continue
        finally:
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[payment_id]

    def _names(self, payment_id: str) -> list[str]:
        it = self._world.objects.get(payment_id)
        if isinstance(it, CheckoutSessionState) and it.intent:
            return [it.id, it.intent.id]
        return [payment_id]
