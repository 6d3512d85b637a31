"""`paycli schemas`: the events' JSON Schemas in a schema registry."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.new_file import written_atomically
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, list_table
from paycli.settings import SchemaRegistrySettings

if TYPE_CHECKING:
    from paycli.ops.schemas import EventSchema, SchemaState

app = PaycliTyper()

_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", re.ASCII)
_PREFIX = re.compile(r"[!-~]*", re.ASCII)
_EXIT_CODES = {
    1: "a schema is incompatible: nothing is registered",
    5: "the schema registry refused the request or is unreachable",
}

Registry = Annotated[
    str,
    typer.Option(
        help="The registry, with the path of its interface: https://registry:8081, or "
        "https://apicurio/apis/ccompat/v7.",
    ),
]
SubjectPrefix = Annotated[
    str,
    typer.Option(
        help="Before the name of each subject, such as payments.events- for the subjects of "
        "TopicRecordNameStrategy.",
        show_default=False,
    ),
]


@exits(_EXIT_CODES, 3)
@with_settings
@prints_result
def check(
    *,
    registry: Registry,
    subject_prefix: SubjectPrefix = "",
    access: SchemaRegistrySettings,
) -> CommandResult:
    """Check whether the registry would accept each event's schema, by the level that is set there.

    It changes nothing. A subject that does not exist yet is new, and accepted.

    Examples:
        paycli schemas check --registry https://registry.example.com
        paycli schemas check --registry http://apicurio:8080/apis/ccompat/v7 -o json
    """
    schemas = _schemas(registry, subject_prefix)
    from paycli import bootstrap  # the HTTP client
    from paycli.ops.schemas import check

    with bootstrap.schema_registry(registry, access) as client:
        return _result(list(check(client, schemas)))


@exits(_EXIT_CODES, 3)
@with_settings
@prints_result
def publish(
    *,
    registry: Registry,
    subject_prefix: SubjectPrefix = "",
    level: Annotated[
        Literal["FORWARD", "FORWARD_TRANSITIVE"] | None,
        typer.Option(
            help="Set this compatibility level of the subjects first; without it, levels stay as "
            "they are.",
        ),
    ] = None,
    ids_file: Annotated[
        Path | None,
        typer.Option(
            help="Also write the schemas' ids to this file, for PAYCLI_KAFKA_SCHEMA_IDS_FILE.",
            show_default=False,
        ),
    ] = None,
    access: SchemaRegistrySettings,
) -> CommandResult:
    """Register each event's JSON Schema, as draft-07. It is safe to repeat.

    All schemas are checked first; if one is incompatible, none is registered. A schema that the
    subject has already becomes no new version.

    Examples:
        paycli schemas publish --registry https://registry.example.com --level FORWARD
        paycli schemas publish --registry https://registry.example.com --ids-file schema-ids.json
    """
    schemas = _schemas(registry, subject_prefix)
    from paycli import bootstrap  # the HTTP client
    from paycli.ops import schemas as ops

    with bootstrap.schema_registry(registry, access) as client:
        if level is not None:
            ops.set_level(client, schemas, level)
        states = list(ops.check(client, schemas))
        if _incompatible(states):
            return _result(states, "nothing was registered")
        states = list(ops.publish(client, states))
    if ids_file is not None:
        _write_ids(ids_file, states)
    return _result(states)


def _schemas(registry: str, prefix: str) -> "list[EventSchema]":
    """Returns the schemas of all events. Raises BadParameter for the options."""
    if not _URL.fullmatch(registry):
        raise typer.BadParameter(
            "--registry must be a URL such as https://registry:8081, without user and password: "
            "they are PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH"
        )
    if not _PREFIX.fullmatch(prefix):
        raise typer.BadParameter("--subject-prefix must be printable ASCII without spaces")
    from paycli.events.asyncapi import event_types  # the events' classes
    from paycli.ops.schemas import event_schemas

    return event_schemas(event_types(), prefix)


def _write_ids(file: Path, states: "Sequence[SchemaState]") -> None:
    from paycli.events.schema_ids import to_text

    ids = {each.schema.type: each.registered for each in states if each.registered is not None}
    try:
        with written_atomically(file) as out:
            out.write(to_text(ids).encode())
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
    print_message(f"ids written to {file}: set PAYCLI_KAFKA_SCHEMA_IDS_FILE, restart the daemons")


def _incompatible(states: "Sequence[SchemaState]") -> "list[SchemaState]":
    from paycli.ops.schemas import SchemaStatus

    return [each for each in states if each.status is SchemaStatus.INCOMPATIBLE]


def _result(states: "Sequence[SchemaState]", *messages: str) -> CommandResult:
    rows = list(map(_row, states))
    table = [{name: row[name] for name in row if name not in ("guid", "reasons")} for row in rows]
    refused = _incompatible(states)
    reasons = [f"{each.schema.subject}: {reason}" for each in refused for reason in each.reasons]
    return CommandResult(
        rows,
        table=TableView(list_table(table)),
        messages=[*reasons, *messages, *_level_advice(states)],
        exit_code=1 if refused else 0,
    )


def _row(state: "SchemaState") -> Row:
    registered = state.registered
    return {
        "event": state.schema.event,
        "subject": state.schema.subject,
        "status": str(state.status),
        "id": None if registered is None else registered.id,
        "version": None if registered is None else registered.version,
        "guid": None if registered is None else registered.guid,
        "level": state.level,
        "reasons": list(state.reasons),
    }


def _level_advice(states: "Sequence[SchemaState]") -> list[str]:
    """Returns a message for each level that judges nothing, or refuses what paycli may change."""
    from paycli.ops.schemas import FITTING_LEVELS

    levels = sorted({each.level for each in states} - set(FITTING_LEVELS))
    fitting = "publish --level FORWARD sets one that fits"
    return [
        f"note: with the level {level} the registry "
        + ("checks nothing" if level == "NONE" else "will refuse a field that is added")
        + f": {fitting}"
        for level in levels
    ]


app.add(check)
app.add(publish)
