"""`paycli events tail`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import terminal
from paycli.cli.events.selection import EventTypes, PaymentIds, Unreadable, check_types
from paycli.cli.exit_codes import exits
from paycli.cli.output import (
    JsonOption,
    OutputFormat,
    print_json,
    print_message,
    resolve_format,
)
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import format_amount
from paycli.printable import printable
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.ops.stored_event import StoredEvent

FormatOption = Annotated[
    OutputFormat | None,
    typer.Option(
        "--output", "-o", help="table or ndjson. Default: table on a terminal, else ndjson."
    ),
]


@exits(3, 5)
@with_settings
def tail(
    *,
    event_type: EventTypes = None,
    payment: PaymentIds = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Start with the oldest event of the topic.")
    ] = False,
    exit_: Annotated[
        bool, typer.Option("--exit", help="Exit at the current end of the topic.")
    ] = False,
    unreadable: Unreadable = False,
    output: FormatOption = None,
    json: JsonOption = False,
    kafka: KafkaSettings,
) -> None:
    """Follow events as they are published, until Ctrl-C.

    Examples:
        paycli events tail --type PaymentSucceededEvent --type PaymentFailedEvent
        paycli events tail --from-beginning --exit --payment pi_3MtwBwLkdIwHu7ix28a3tqPa
        paycli events tail --unreadable --from-beginning --exit -o ndjson
    """
    format_ = resolve_format(output, json=json) if output or json else _default_format()
    if format_ is OutputFormat.JSON:
        raise typer.BadParameter("an endless list is no JSON document: use -o ndjson")
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.replay import Selection
    from paycli.ops.stored_event import StoredEvent

    selection = Selection(
        payments=frozenset(payment or ()), types=frozenset(check_types(event_type))
    )
    topic = kafka.unreadable_topic if unreadable else kafka.topic
    with bootstrap.reader(kafka, topic) as reader:
        since = reader.begin_offsets() if from_beginning else reader.end_offsets()
        if exit_:
            records = reader.read(since, reader.end_offsets())
        else:
            print_message(f"following {topic}; press Ctrl-C to stop")
            records = reader.follow(since)
        for record in records:
            if selection.matches(record):
                _print(StoredEvent.from_record(record), format_)


def _print(event: "StoredEvent", format_: OutputFormat) -> None:
    if format_ is OutputFormat.NDJSON:
        print_json(event.as_row(), format_)
    else:
        left, right = map(printable, _columns(event))
        sys.stdout.write(terminal.side_by_side(left, right) + "\n")
    sys.stdout.flush()


def _columns(event: "StoredEvent") -> tuple[str, str]:
    """Returns what happened, and to which object."""
    data = event.data if isinstance(event.data, dict) else {}
    name = (event.type or "?").removesuffix("Event")
    amount = format_amount(data.get("amount"), data.get("currency"))
    left = (
        event.time or "-",
        f"{name:24}",
        f"{amount or '-':>14}",
        str(data.get("status") or data.get("reason") or "-"),
    )
    right = (
        f"{event.subject or '-':27}",
        str(data.get("reference") or "-"),
        str(data.get("account") or "-"),
        f"@{event.partition}/{event.offset}",
    )
    return "  ".join(left), "  ".join(right)


def _default_format() -> OutputFormat:
    return OutputFormat.TABLE if sys.stdout.isatty() else OutputFormat.NDJSON
