"""`paycli events show`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import object_table
from paycli.printable import shell_word
from paycli.settings import KafkaSettings


@exits({1: "the event is not on our topics"}, 3, 5)
@with_settings
@prints_result
def show(
    event_id: Annotated[str, typer.Argument(help="The Stripe event: evt_…")],
    *,
    kafka: KafkaSettings,
) -> CommandResult:
    """Show the published event of a Stripe event, with the location of its records.

    Examples:
        paycli events show evt_1NG8Du2eZvKYlo2CUI79vXWy
    """
    if not event_id.startswith("evt_"):
        raise typer.BadParameter(
            f"{event_id} is not an event id (evt_…); for the events of a payment: "
            f"paycli payment timeline {shell_word(event_id)}"
        )
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.timeline import find_records

    with bootstrap.topic_readers(kafka) as readers, ProgressLine() as progress:
        published = find_records(readers, event_id, progress)
    first = published[0].event
    records = [
        {
            "topic": each.topic,
            "partition": each.event.partition,
            "offset": each.event.offset,
            "origin": each.event.origin,
            "published_at": each.event.published_at,
        }
        for each in published
    ]
    attributes = {
        "event_id": first.event_id,
        "type": first.type,
        "subject": first.subject,
        "time": first.time,
    }
    data = first.data if isinstance(first.data, dict) else {}
    locations = {
        f"record {number}": f"{record['topic']} @{record['partition']}/{record['offset']}, "
        f"{record['origin']}, {record['published_at']}"
        for number, record in enumerate(records, start=1)
    }
    return CommandResult(
        {**attributes, "data": first.data, "records": records},
        table=TableView(object_table({**attributes, **data, **locations})),
    )
