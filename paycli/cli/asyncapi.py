"""`paycli asyncapi`: the topics and their events as documents."""

import json as json_
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli import output
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.settings import TopicSettings

How = Annotated[
    output.Format,
    typer.Option("--output", "-o", help="How to print it; a table has just the events."),
]


@exits(3)
@with_settings
def asyncapi(
    *,
    schemas: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY", help="Also write each event's JSON Schema to a file in here."
        ),
    ] = None,
    how: How = output.Format.JSON,
    json: output.Json = False,
    topics: TopicSettings,
) -> None:
    """Prints the AsyncAPI document of the topics: events, headers, meanings and examples.

    Examples:
        paycli asyncapi > asyncapi.json
        paycli asyncapi --schemas schemas > asyncapi.json
    """
    format_ = output.chosen(how, json)
    from paycli.events.asyncapi import document, overview  # the events' classes

    if schemas is not None:
        _write_schemas(schemas)
    if format_ is output.Format.TABLE:
        output.print_many(overview(), format_)
    else:
        output.print_one(document(topics.topic, topics.unreadable_topic), format_)


def _write_schemas(directory: Path) -> None:
    from paycli.events.asyncapi import event_types
    from paycli.events.json_schema import document

    try:
        directory.mkdir(parents=True, exist_ok=True)
        for kind in event_types():
            text = json_.dumps(document(kind), indent=2, ensure_ascii=False) + "\n"
            (directory / f"{kind.__name__}.v{kind.version}.json").write_text(text, "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{directory} can't be written: {error.strerror}") from error
    output.say(f"schemas written to {directory}")
