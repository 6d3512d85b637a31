"""`paycli asyncapi`."""

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.new_file import written_atomically
from paycli.cli.output import (
    CommandResult,
    JsonOption,
    OutputFormat,
    print_message,
    print_result,
    resolve_format,
)
from paycli.cli.settings_options import with_settings
from paycli.settings import TopicSettings

FormatOption = Annotated[
    OutputFormat,
    typer.Option("--output", "-o", help="Output format; a table lists only the events."),
]


@exits(3)
@with_settings
def asyncapi(
    *,
    schemas: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Also write the JSON Schema of each event to a file in this directory.",
        ),
    ] = None,
    output: FormatOption = OutputFormat.JSON,
    json: JsonOption = False,
    topics: TopicSettings,
) -> None:
    """Print the AsyncAPI document of the Kafka topics: events, headers, fields and examples.

    Examples:
        paycli asyncapi > asyncapi.json
        paycli asyncapi --schemas schemas > asyncapi.json
    """
    format_ = resolve_format(output, json=json)
    from paycli.events.asyncapi import document, overview  # the events' classes

    if schemas is not None:
        _write_schemas(schemas)
    if format_ is OutputFormat.TABLE:
        print_result(CommandResult(overview()), format_)
    else:
        print_result(CommandResult(document(topics.topic, topics.unreadable_topic)), format_)


def _write_schemas(directory: Path) -> None:
    from paycli.events.asyncapi import event_types
    from paycli.events.json_schema import document

    try:
        directory.mkdir(parents=True, exist_ok=True)
        for event_class in event_types():
            text = json_.dumps(document(event_class), indent=2, ensure_ascii=False) + "\n"
            file = directory / f"{event_class.__name__}.v{event_class.version}.json"
            with written_atomically(file) as out:
                out.write(text.encode())
    except OSError as error:
        raise typer.BadParameter(f"{directory} can't be written: {error.strerror}") from error
    print_message(f"schemas written to {directory}")
