"""The panel with a payment's activity: Stripe's events, webhook deliveries, Kafka records."""

import json
import time
from collections.abc import Mapping

from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.payment_page.markup import EMPTY, Markup, fill
from paycli.sandbox.standin.payment_page.payment_view import PaymentView
from paycli.sandbox.standin.store.events import DeliveryAttempt, EmittedEvent

_SUCCESS = range(200, 300)
_INTENTS = ("payment_intent", "setup_intent")


def panel(view: PaymentView, activity: PaymentActivity) -> Markup:
    """All activity so far, and the URL of the stream that reports changes."""
    events = activity.events_of(view.payment.id)
    records = activity.records_of(view.payment.id)
    event_ids = {event.id for event in events}
    items: list[Markup] = []
    status: str | None = None
    for event in events:
        previous, status = status, _status_after(event, status)
        own_records = [record for record in records if record.get("event_id") == event.id]
        items.append(_event(event, status if status != previous else None, own_records))
    items += [
        _other_record(record) for record in records if record.get("event_id") not in event_ids
    ]
    return fill(
        "activity",
        stream=view.url("events"),
        objects=_objects(view),
        summary=_summary(events, records),
        items=items,
    )


def _objects(view: PaymentView) -> list[Markup]:
    objects = []
    if view.session:
        objects.append(("Checkout Session", view.session.id, view.session.status))
    if view.intent:
        objects.append((view.intent.NAME, view.intent.id, view.intent.status))
    return [
        fill("activity.object", kind=kind, id=id_, status=status) for kind, id_, status in objects
    ]


def _summary(events: list[EmittedEvent], records: list[dict[str, object]]) -> str:
    if not events:
        return "No events yet. The first payment attempt creates the PaymentIntent."
    delivered = sum(
        any(attempt.status in _SUCCESS for attempt in event.attempts) for event in events
    )
    return (
        f"{_count(len(events), 'Stripe event')}, {_count(delivered, 'webhook')} delivered, "
        f"{_count(len(records), 'Kafka record')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _event(event: EmittedEvent, status: str | None, records: list[dict[str, object]]) -> Markup:
    delivered = bool(event.attempts) and event.attempts[-1].status in _SUCCESS
    steps = [*map(_attempt, event.attempts)]
    if event.pending and not delivered:
        text = "will be retried" if event.attempts else "pending"
        steps.append(fill("activity.undelivered", text=text))
    elif not event.attempts:
        steps.append(fill("activity.undelivered", text="not sent: no endpoint is subscribed"))
    return fill(
        "activity.event",
        id=event.id,
        type=event.type,
        datetime=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.created)),
        time=time.strftime("%H:%M:%S", time.gmtime(event.created)),
        status=fill("activity.status", status=status) if status else EMPTY,
        steps=steps + [_record(record) for record in records],
    )


def _attempt(attempt: DeliveryAttempt) -> Markup:
    return fill(
        "activity.attempt",
        tone="good" if attempt.status in _SUCCESS else "bad",
        status="no response" if attempt.status is None else str(attempt.status),
        detail=attempt.detail,
    )


def _record(record: Mapping[str, object]) -> Markup:
    names = ("topic", "partition", "offset", "type")
    return fill("activity.record", **{name: str(record.get(name, "?")) for name in names})


def _other_record(record: Mapping[str, object]) -> Markup:
    """A record that belongs to none of the events."""
    position = "-".join(str(record.get(name, "")) for name in ("topic", "partition", "offset"))
    return fill("activity.other_record", id=f"record-{position}", step=_record(record))


def _status_after(event: EmittedEvent, previous: str | None) -> str | None:
    """The intent's status in the event; the previous one if it is about another object."""
    data = json.loads(event.render())["data"]["object"]
    return str(data["status"]) if data["object"] in _INTENTS else previous
