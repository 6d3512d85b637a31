"""`paycli schemas`: the events' JSON Schemas in a schema registry."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import typer

from paycli.cli import schema_ids_file
from paycli.cli.exit_codes import exits
from paycli.cli.help import PaycliTyper
from paycli.cli.output import CommandResult, TableView, print_message, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row, list_table
from paycli.settings import SchemaRegistrySettings

if TYPE_CHECKING:
    from paycli.ops.schemas import EventSchema, SchemaState

app = PaycliTyper()

_PRINTABLE = re.compile(r"[!-~]*")
_REGISTRY_FAILED = {5: "the schema registry refused the request or is unreachable"}

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


@exits({1: "a schema is incompatible", **_REGISTRY_FAILED}, 3)
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


@exits({1: "a schema is incompatible: nothing was registered", **_REGISTRY_FAILED}, 3)
@with_settings
@prints_result
def publish(
    *,
    registry: Registry,
    subject_prefix: SubjectPrefix = "",
    level: Annotated[
        Literal["FORWARD", "FORWARD_TRANSITIVE"] | None,
        typer.Option(
            help="Set this compatibility level of the subjects first, also if a schema is then "
            "incompatible; FORWARD_TRANSITIVE stays. Without it, levels stay as they are.",
        ),
    ] = None,
    ids_file: Annotated[
        Path | None,
        typer.Option(
            help="Also write the schemas' ids to this file, for PAYCLI_KAFKA_SCHEMA_IDS_FILE; "
            "the ids of other releases in it stay.",
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
    ids = {} if ids_file is None else schema_ids_file.read(ids_file)
    from paycli import bootstrap  # the HTTP client
    from paycli.ops import schemas as ops

    with bootstrap.schema_registry(registry, access) as client:
        if level is not None:
            set_ = ops.set_level(client, schemas, level)
            print_message(f"subjects whose level was set to {level}: {set_.changed}")
            if set_.stricter:
                kept = f"{level}_TRANSITIVE, which is stricter"
                print_message(f"subjects that keep {kept}: {set_.stricter}")
        states = list(ops.check(client, schemas))
        if _incompatible(states):
            return _result(states, "nothing was registered")
        states = list(ops.publish(client, states))
    if ids_file is not None:
        schema_ids_file.write(ids_file, ids, states)
    return _result(states)


def _schemas(registry: str, prefix: str) -> "list[EventSchema]":
    """Returns the schemas of all events. Raises BadParameter for the options."""
    if mistake := _mistake(registry):
        raise typer.BadParameter(f"--registry {mistake}")
    if not _PRINTABLE.fullmatch(prefix):
        raise typer.BadParameter("--subject-prefix must be printable ASCII without spaces")
    from paycli.events.asyncapi import event_types  # the events' classes
    from paycli.ops.schemas import event_schemas

    return event_schemas(event_types(), prefix)


def _mistake(url: str) -> str | None:
    """Returns what is wrong with the registry's URL, which is not repeated: it may have secrets."""
    if "@" in url:
        return (
            "must be without user and password: set PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH, or write "
            "another @ as %40"
        )
    if not _PRINTABLE.fullmatch(url):
        return "must be printable ASCII without spaces; a host name in other letters is xn--…"
    if "?" in url or "#" in url:
        return "must be without a query (?) and a fragment (#)"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "has a host that is no name and no address: an IPv6 address is such as [::1]"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "must be a URL such as https://registry:8081"
    try:
        valid = parts.port != 0
    except ValueError:
        valid = False
    return None if valid else "must have a port from 1 to 65535, or none"


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
