"""`paycli events list`."""

import heapq
import itertools
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.events.selection import EventTypes, PaymentIds, Unreadable, check_types
from paycli.cli.exit_codes import exits
from paycli.cli.options import Reference
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, format_amount, list_table
from paycli.cli.times import Since, Until, parse_time_range
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.ops.stored_event import StoredEvent


@exits(3, 5)
@with_settings
@prints_result
def list_(
    *,
    payment: PaymentIds = None,
    reference: Reference = None,
    event_type: EventTypes = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="At most this number, the newest.", min=1)] = 100,
    unreadable: Unreadable = False,
    kafka: KafkaSettings,
) -> CommandResult:
    """List published events, newest last. Times are those of the event at Stripe.

    JSON has the events as `data`, and as `omitted` how many older ones are not listed.

    Examples:
        paycli events list --reference booking-42
        paycli events list --type PaymentFailedEvent --since 24h -o ndjson
    """
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.timeline import EventFilter, read_events

    begin, end = parse_time_range(since, until)
    event_filter = EventFilter(
        payments=frozenset(payment or ()),
        types=frozenset(check_types(event_type)),
        reference=reference,
        since=begin,
        until=end,
    )
    topic = kafka.unreadable_topic if unreadable else kafka.topic
    with bootstrap.reader(kafka, topic) as reader, ProgressLine() as progress:
        total = itertools.count()
        numbered = zip(read_events(reader, event_filter, progress), total, strict=False)
        newest = heapq.nlargest(limit, numbered, key=lambda pair: (pair[0].time or "", pair[1]))
    events = [event for event, _ in reversed(newest)]
    omitted = next(total) - len(events)
    messages = [f"{omitted} older events are not listed: see --limit"] if omitted else []
    return CommandResult(
        [event.as_row() for event in events],
        table=TableView(list_table([_table_row(event) for event in events])),
        messages=messages if events else [f"no events on {topic}"],
        document={"omitted": omitted},
    )


def _table_row(event: "StoredEvent") -> Row:
    return {
        "time": event.time,
        "type": event.type,
        "amount": format_amount(event.field("amount"), event.field("currency")),
        "status": event.field("status") or event.field("reason"),
        "subject": event.subject,
        "reference": event.field("reference"),
        "account": event.field("account"),
        "event": event.event_id,
        "place": f"@{event.partition}/{event.offset}",
    }
