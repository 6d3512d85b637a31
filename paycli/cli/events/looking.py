"""`paycli events list` and `show`: what is on the topic already."""

import heapq
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import output
from paycli.cli.events.choosing import Payments, Types, check_types
from paycli.cli.explained import exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until, span
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.ops.stored_event import StoredEvent


@exits(3, 5)
@with_settings
def list_(
    *,
    payment: Payments = None,
    reference: Annotated[str | None, typer.Option(help="Only those with this reference.")] = None,
    event_type: Types = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1)] = 100,
    unreadable: Annotated[
        bool, typer.Option("--unreadable", help="The topic of events that can't be read.")
    ] = False,
    how: output.Output = None,
    json: output.Json = False,
    kafka: KafkaSettings,
) -> None:
    """Lists events on the topic, the newest last. Times are when it happened at Stripe.

    Examples:
        paycli events list --reference booking-42
        paycli events list --type PaymentFailedEvent --since 24h -o ndjson
    """
    format_ = output.chosen(how, json)
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.timeline import Wanted, events

    begin, end = span(since, until)
    wanted = Wanted(
        payments=frozenset(payment or ()),
        types=frozenset(check_types(event_type)),
        reference=reference,
        since=begin,
        until=end,
    )
    topic = kafka.unreadable_topic if unreadable else kafka.topic
    with bootstrap.reader(kafka, topic) as reader, ProgressLine() as progress:
        numbered = enumerate(event for _, event in events(reader, wanted, progress))
        newest = heapq.nlargest(limit, numbered, key=lambda it: (it[1].time or "", it[0]))
    found = [event for _, event in reversed(newest)]
    as_table = format_ is output.Format.TABLE
    output.print_many(list(map(_row if as_table else asdict, found)), format_)
    if not found:
        output.say(f"there are none on {topic}")


@exits({1: "there is no record of it"}, 3, 5)
@with_settings
def show(
    event_id: Annotated[str, typer.Argument(help="evt_…")],
    *,
    how: output.Output = None,
    json: output.Json = False,
    kafka: KafkaSettings,
) -> None:
    """Shows what was published for one of Stripe's events, and where its records are.

    Examples:
        paycli events show evt_1NG8Du2eZvKYlo2CUI79vXWy
    """
    format_ = output.chosen(how, json)
    if not event_id.startswith("evt_"):
        raise typer.BadParameter(
            f"this takes evt_…; of a payment: paycli payment timeline {event_id}"
        )
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.timeline import find

    with bootstrap.topic_readers(kafka) as readers, ProgressLine() as progress:
        copies = find(readers, event_id, progress)
    first = copies[0].event
    records = [
        {
            "topic": copy.topic,
            "partition": copy.event.partition,
            "offset": copy.event.offset,
            "origin": copy.event.origin,
            "published_at": copy.event.published_at,
        }
        for copy in copies
    ]
    row = {
        "event_id": first.event_id,
        "type": first.type,
        "subject": first.subject,
        "time": first.time,
    }
    if format_ is not output.Format.TABLE:
        output.print_one({**row, "data": first.data, "records": records}, format_)
        return
    data = first.data if isinstance(first.data, dict) else {}
    places = {
        f"record {number}": f"{it['topic']} @{it['partition']}/{it['offset']}, {it['origin']}, "
        f"{it['published_at']}"
        for number, it in enumerate(records, start=1)
    }
    output.print_one({**row, **data, **places}, format_)


def _row(event: "StoredEvent") -> output.Row:
    return {
        "time": event.time,
        "type": event.type,
        "amount": output.amount_written(event.field("amount"), event.field("currency")),
        "status": event.field("status") or event.field("reason"),
        "subject": event.subject,
        "reference": event.field("reference"),
        "event": event.event_id,
        "place": f"@{event.partition}/{event.offset}",
    }
