"""`paycli events export`: a topic's records as lines of JSON, byte for byte."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from paycli.cli import output
from paycli.cli.events.choosing import OffsetRanges, window
from paycli.cli.explained import exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.cli.times import Since, Until
from paycli.settings import KafkaSettings


@exits(3, 5)
@with_settings
def export(
    *,
    topic: Annotated[
        str | None, typer.Option(help="Another topic than that of the settings.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="A new file; else standard output.", dir_okay=False)
    ] = None,
    since: Since = None,
    until: Until = None,
    offsets: OffsetRanges = None,
    kafka: KafkaSettings,
) -> None:
    """Writes records as lines of JSON: key, value, headers, time, partition and offset, exactly.

    Times are the records' own, in Kafka. A file is there only once it is whole.

    Examples:
        paycli events export --since 24h --file payments.jsonl
        paycli events export --topic payments.events.unreadable --offsets 0:100-199
    """
    chosen = window(since, until, offsets)
    from paycli import bootstrap  # the Kafka client
    from paycli.ops.jsonl import to_line
    from paycli.ops.topic_range import batches

    name = topic or kafka.topic
    count = 0
    with bootstrap.reader(kafka, name) as reader, ProgressLine() as progress, _whole(file) as out:
        for batch in batches(reader, *chosen.bounds(reader), progress):
            records = chosen.of(batch)
            out.write(b"".join([to_line(record) for record in records]))
            count += len(records)
    output.say(f"{count} records of {name}")


@contextmanager
def _whole(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write; the file appears when all is written, and never replaces another."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists():
        raise typer.BadParameter(f"{file} is there already: name another, or remove it")
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb", buffering=1 << 20) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
