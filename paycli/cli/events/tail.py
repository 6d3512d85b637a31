"""`paycli events tail`: the topic as it grows."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli import layout, output
from paycli.cli.events.choosing import Payments, Types, check_types
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.settings import KafkaSettings

if TYPE_CHECKING:
    from paycli.ops.stored_event import StoredEvent


@exits(3, 5)
@with_settings
def tail(
    *,
    event_type: Types = None,
    payment: Payments = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Also what is on the topic already.")
    ] = False,
    exit_: Annotated[bool, typer.Option("--exit", help="End where the topic ends now.")] = False,
    unreadable: Annotated[
        bool, typer.Option("--unreadable", help="The topic of events that can't be read.")
    ] = False,
    how: Annotated[
        output.Format | None,
        typer.Option(
            "--output", "-o", help="table or ndjson; by default ndjson, but on a terminal a table."
        ),
    ] = None,
    json: output.Json = False,
    kafka: KafkaSettings,
) -> None:
    """Follows the events as they are published, until Ctrl-C.

    A line each on a terminal, ndjson in a pipe.

    Examples:
        paycli events tail --type PaymentSucceededEvent --type PaymentFailedEvent
        paycli events tail --from-beginning --exit --payment pi_3MtwBwLkdIwHu7ix28a3tqPa
        paycli events tail --unreadable --from-beginning --exit -o ndjson
    """
    format_ = output.chosen(how, json) if how or json else _by_terminal()
    if format_ is output.Format.JSON:
        raise typer.BadParameter("what never ends is no JSON document: use -o ndjson")
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.replay import Selection
    from paycli.ops.stored_event import StoredEvent

    wanted = Selection(payments=frozenset(payment or ()), types=frozenset(check_types(event_type)))
    topic = kafka.unreadable_topic if unreadable else kafka.topic
    with bootstrap.reader(kafka, topic) as reader:
        since = reader.begin_offsets() if from_beginning else reader.end_offsets()
        if exit_:
            records = reader.read(since, reader.end_offsets())
        else:
            output.say(f"following {topic}; Ctrl-C ends it")
            records = reader.follow(since)
        for record in records:
            if wanted.has(record):
                _print(StoredEvent.of(record), format_)


def _print(event: "StoredEvent", format_: output.Format) -> None:
    if format_ is output.Format.NDJSON:
        output.print_one(asdict(event), format_)
    else:
        happened, to_what = map(output.printable, _halves(event))
        sys.stdout.write(layout.in_halves(happened, to_what) + "\n")
    sys.stdout.flush()


def _halves(event: "StoredEvent") -> tuple[str, str]:
    """What happened, and to what."""
    data = event.data if isinstance(event.data, dict) else {}
    name = (event.type or "?").removesuffix("Event")
    amount = output.amount_written(data.get("amount"), data.get("currency"))
    happened = (
        event.time or "-",
        f"{name:24}",
        f"{amount or '-':>14}",
        str(data.get("status") or data.get("reason") or "-"),
    )
    to_what = (
        f"{event.subject or '-':27}",
        str(data.get("reference") or "-"),
        f"@{event.partition}/{event.offset}",
    )
    return "  ".join(happened), "  ".join(to_what)


def _by_terminal() -> output.Format:
    return output.Format.TABLE if sys.stdout.isatty() else output.Format.NDJSON
