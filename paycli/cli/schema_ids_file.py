"""The file of `paycli schemas publish --ids-file`, which keeps the ids of other releases."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from paycli.cli.new_file import written_atomically
from paycli.cli.output import print_message

if TYPE_CHECKING:
    from paycli.events.schema_ids import SchemaIds
    from paycli.ops.schemas import SchemaState


def read(file: Path) -> "SchemaIds":
    """Returns the ids that are in the file; none without a file, or if it is empty.

    Raises BadParameter if it is another file, so that none is replaced by mistake.
    """
    from paycli.events.schema_ids import parse

    if file.name in ("", "-"):
        raise typer.BadParameter("--ids-file must be the name of a file, such as schema-ids.json")
    try:
        if not file.exists():
            return {}
        if not file.is_file():
            raise typer.BadParameter(f"{file} is not a regular file")
        return parse(text) if (text := file.read_bytes()) else {}
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file} {error}: name another, or remove it") from error


def write(file: Path, ids: "SchemaIds", states: "Sequence[SchemaState]") -> None:
    """Adds the schemas' ids to those that were in the file, and replaces it as a whole.

    Raises BadParameter if it can't be written, or if its ids are those of another registry.
    """
    from paycli.events.schema_ids import add, to_text

    try:
        for each in states:
            if each.registered is not None:
                add(ids, each.schema.type, each.schema.text, each.registered)
        with written_atomically(file) as out:
            out.write(to_text(ids).encode())
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
    except ValueError as error:
        raise typer.BadParameter(f"{file} {error}") from error
    print_message(f"ids written to {file}: set PAYCLI_KAFKA_SCHEMA_IDS_FILE, restart the daemons")
