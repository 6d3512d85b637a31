"""The activity of one payment: its events, webhook deliveries, and Kafka records."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping

from paycli.sandbox.standin.http.messages import to_json
from paycli.sandbox.standin.resources.payment_objects import (
    CheckoutSessionState,
    PaymentIntentState,
    SetupIntentState,
)
from paycli.sandbox.standin.store.events import EmittedEvent
from paycli.sandbox.standin.store.store import Store

MAX_PAYMENTS = 1000
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 1000


class PaymentActivity:
    """The activity of all payments, as JSON and as a stream of Server-Sent Events.

    A `payment_id` is the id of a PaymentIntent or SetupIntent, or of its Checkout Session.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records: OrderedDict[str, list[dict[str, object]]] = OrderedDict()
        self._watchers: dict[str, set[asyncio.Event]] = {}

    def add_record(self, payment_id: str, record: Mapping[str, object]) -> None:
        """Adds a Kafka record of a payment.

        The page shows its `topic`, `partition`, `offset` and `type`, next to the Stripe event with
        the id `event_id`. If that is known, it decides which payment the record belongs to: a
        transfer's record, for example, does not name its payment.
        """
        event = self._store.objects.get(str(record.get("event_id")))
        if isinstance(event, EmittedEvent):
            payment_id = event.subject
        self._records.setdefault(payment_id, []).append(dict(record))
        while len(self._records) > MAX_PAYMENTS:
            self._records.popitem(last=False)
        self.notify(payment_id)

    def notify(self, payment_id: str) -> None:
        """Wakes the streams of a payment, and of the Session that created it."""
        if not self._watchers:
            return
        payment = self._store.objects.get(payment_id)
        session_id = ""
        if isinstance(payment, PaymentIntentState | SetupIntentState) and payment.session:
            session_id = payment.session.id
        for name in (payment_id, session_id):
            for watcher in self._watchers.get(name, ()):
                watcher.set()

    def as_json(self, payment_id: str) -> dict[str, object]:
        """The payment's status, its events with their deliveries, and its records."""
        ids = self._ids(payment_id)
        payment = self._store.objects.get(payment_id)
        status = None
        if isinstance(payment, PaymentIntentState | SetupIntentState | CheckoutSessionState):
            status = payment.status
        return {
            "id": payment_id,
            "status": status,
            "payment_intent": next((name for name in ids if name.startswith("pi_")), None),
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
        """The payment's events, oldest first."""
        by_subject = self._store.events_by_subject
        events = [event for name in self._ids(payment_id) for event in by_subject.get(name, ())]
        return sorted(events, key=lambda event: event.number)

    def records_of(self, payment_id: str) -> list[dict[str, object]]:
        """The payment's Kafka records, in the order they were added."""
        ids = self._ids(payment_id)
        return [record for name in ids for record in self._records.get(name, ())]

    async def stream(self, payment_id: str) -> AsyncIterator[bytes]:
        """The JSON as `data:` after each change; a comment as a heartbeat."""
        watcher = asyncio.Event()
        watchers = self._watchers.setdefault(payment_id, set())
        watchers.add(watcher)
        previous = b""
        try:
            yield b"retry: %d\n\n" % RECONNECT_MILLISECONDS
            while True:
                watcher.clear()
                current = to_json(self.as_json(payment_id))
                yield b": no change\n\n" if current == previous else b"data: %b\n\n" % current
                previous = current
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await watcher.wait()
                except TimeoutError:
                    continue
        finally:
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[payment_id]

    def _ids(self, payment_id: str) -> list[str]:
        payment = self._store.objects.get(payment_id)
        if isinstance(payment, CheckoutSessionState) and payment.intent:
            return [payment.id, payment.intent.id]
        return [payment_id]
