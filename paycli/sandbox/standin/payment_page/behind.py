"""What happens behind the page: Stripe's events, their webhooks, the records in Kafka."""

import json
import time
from collections.abc import Mapping

from paycli.sandbox.standin.payment_page.bill import Bill
from paycli.sandbox.standin.payment_page.markup import NOTHING, Markup, fill
from paycli.sandbox.standin.resources.payment_objects import Attempt, EmittedEvent
from paycli.sandbox.standin.timeline import Timeline

_SUCCESS = range(200, 300)


def panel(bill: Bill, timeline: Timeline) -> Markup:
    """All that has happened so far, and the address of the stream that says when there is more."""
    events = timeline.events_of(bill.it.id)
    records = timeline.records_of(bill.it.id)
    known = {event.id for event in events}
    items: list[Markup] = []
    status: str | None = None
    for event in events:
        before, status = status, _status_after(event, status)
        mine = [record for record in records if record.get("event_id") == event.id]
        items.append(_event(event, status if status != before else None, mine))
    items += [_lone(record) for record in records if record.get("event_id") not in known]
    return fill(
        "behind",
        stream=bill.address("events"),
        objects=_objects(bill),
        summary=_summary(events, records),
        items=items,
    )


def _objects(bill: Bill) -> list[Markup]:
    shown = []
    if bill.session:
        shown.append(("Checkout CheckoutSessionState", bill.session.id, bill.session.status))
    if bill.intent:
        shown.append(("PaymentIntent", bill.intent.id, bill.intent.status))
    return [fill("behind.object", kind=kind, id=id_, status=status) for kind, id_, status in shown]


def _summary(events: list[EmittedEvent], records: list[dict[str, object]]) -> str:
    if not events:
        return "Nothing has happened yet. Stripe's PaymentIntent is made with the first try to pay."
    taken = sum(any(attempt.status in _SUCCESS for attempt in event.attempts) for event in events)
    return (
        f"{_count(len(events), 'event')} at Stripe, {_count(taken, 'webhook')} taken, "
        f"{_count(len(records), 'record')} in Kafka"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _event(event: EmittedEvent, status: str | None, records: list[dict[str, object]]) -> Markup:
    waits = event.pending and (not event.attempts or event.attempts[-1].status not in _SUCCESS)
    hops = [*map(_attempt, event.attempts)]
    if waits:
        hops.append(
            fill("behind.waiting", told="sent again soon" if event.attempts else "on its way")
        )
    elif not event.attempts:
        hops.append(fill("behind.waiting", told="none: no endpoint asks for it"))
    return fill(
        "behind.event",
        id=event.id,
        type=event.type,
        moment=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.created)),
        clock=time.strftime("%H:%M:%S", time.gmtime(event.created)),
        status=fill("behind.status", status=status) if status else NOTHING,
        hops=hops + [_record(record) for record in records],
    )


def _attempt(attempt: Attempt) -> Markup:
    return fill(
        "behind.attempt",
        tone="good" if attempt.status in _SUCCESS else "bad",
        status="no answer" if attempt.status is None else str(attempt.status),
        detail=attempt.detail,
    )


def _record(record: Mapping[str, object]) -> Markup:
    told = {name: str(record.get(name, "?")) for name in ("topic", "partition", "offset", "type")}
    return fill("behind.record", **told)


def _lone(record: Mapping[str, object]) -> Markup:
    place = "-".join(str(record.get(name, "")) for name in ("topic", "partition", "offset"))
    return fill("behind.lone", id=f"record-{place}", hop=_record(record))


def _status_after(event: EmittedEvent, before: str | None) -> str | None:
    """The payment's status after an event: that of the PaymentIntent in it, if it has one."""
    told = json.loads(event.render())["data"]["object"]
    return str(told["status"]) if told["object"] == "payment_intent" else before
