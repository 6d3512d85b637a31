"""`paycli events export`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.events.selection import OffsetRanges, topic_range
from paycli.cli.exit_codes import exits
from paycli.cli.new_file import new_file_or_stdout
from paycli.cli.output import print_message
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until
from paycli.printable import printable_json
from paycli.settings import KafkaSettings


@exits(3, 5)
@with_settings
def export(
    *,
    topic: Annotated[
        str | None, typer.Option(help="Export this topic instead of the one in the settings.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="The file to create. Default: standard output.", dir_okay=False),
    ] = None,
    since: Since = None,
    until: Until = None,
    offsets: OffsetRanges = None,
    kafka: KafkaSettings,
) -> None:
    """Export stored records as JSON Lines, byte for byte.

    Each line has key, value, headers, time, partition and offset of a record. Times are those of
    the records in Kafka. The file appears once it is complete.

    Examples:
        paycli events export --since 24h --file payments.jsonl
        paycli events export --topic payments.events.unreadable --offsets 0:100-199
    """
    selected = topic_range(since, until, offsets)
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.jsonl import to_line
    from paycli.ops.topic_range import read_batches

    name = topic or kafka.topic
    shown = file is None and sys.stdout.isatty()
    count = 0
    with (
        bootstrap.reader(kafka, name) as reader,
        ProgressLine() as progress,
        new_file_or_stdout(file) as out,
    ):
        for batch in read_batches(reader, *selected.resolve(reader), progress):
            records = selected.filter(batch)
            lines = b"".join([to_line(record) for record in records])
            out.write(printable_json(lines.decode()).encode() if shown else lines)
            count += len(records)
    print_message(f"{count} records of {name} exported")
