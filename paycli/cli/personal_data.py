"""Personal data that a command reads from a file or from standard input.

It is never an option: every process of the machine can read the arguments of others.
"""

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.json_text import parse_json

CUSTOMER_MEMBERS = ("name", "email", "phone")
"""The personal fields of a customer."""

PersonalData = Annotated[
    Path | None,
    typer.Option(
        "--file",
        help='JSON file with personal data, such as {"email": "guest@example.com"}; - for '
        "standard input.",
        show_default=False,
    ),
]


def read_personal_data(file: Path | None, members: Collection[str]) -> dict[str, object]:
    """Returns the fields of the JSON object in the file; none without a file.

    `members` are the names of the only fields that it may have: options have the others. Raises
    BadParameter, without any of the content.
    """
    if file is None:
        return {}
    try:
        text = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        fields = parse_json(text.decode())
    except OSError as error:
        raise typer.BadParameter(f"cannot read {file}: {error.strerror}") from None
    except ValueError:
        raise typer.BadParameter("--file must have a JSON object in UTF-8") from None
    if not isinstance(fields, dict):
        raise typer.BadParameter("--file must have a JSON object in UTF-8")
    if not fields.keys() <= set(members):
        allowed = ", ".join(members)
        raise typer.BadParameter(f"--file may only have {allowed}; options have the other fields")
    return dict(fields)
