"""`paycli init`."""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from paycli.cli.exit_codes import INTERRUPTED, exits
from paycli.cli.output import print_message
from paycli.settings import GROUPS, SettingsGroup
from paycli.settings.reader import is_secret, other_names, setting_fields

_TOKENS = "PAYCLI_API_TOKENS"


@exits()
def init(
    *,
    file: Annotated[Path, typer.Option(help="The file to create.", dir_okay=False)] = Path(".env"),
) -> None:
    """Write a new .env file with every setting, its meaning and its default.

    On a terminal, prompt for the required settings without echoing secrets; otherwise leave them
    empty. Only the owner can read the file.

    Examples:
        paycli init
        paycli init --file staging.env
    """
    interactive = sys.stdin.isatty() and sys.stderr.isatty()
    if file.exists():
        raise typer.BadParameter(f"{file} already exists: name another with --file")
    if interactive:
        print_message("Secrets are not echoed. Press Enter to leave a setting empty.")
    try:
        text = "\n".join(_lines(interactive=interactive)) + "\n"
    except typer.Abort:
        print_message("\nno file written")
        raise typer.Exit(INTERRUPTED) from None
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    print_message(f"{file} written, readable only by you; keep it out of version control")
    print_message("next: paycli doctor")


def _lines(*, interactive: bool) -> Iterator[str]:
    yield "# Settings of paycli. Environment variables override this file."
    for group in GROUPS:
        yield f"\n# {(group.__doc__ or '').partition(chr(10))[0]}"
        for name, field in setting_fields(group):
            alternatives = "".join(f", also {other}" for other in other_names(field))
            yield f"# {field.description}{alternatives}"
            if field.is_required():
                yield f"{name}={_quote(_prompt(group, name, field) if interactive else '')}"
            else:
                yield f"# {name}={_default(field)}"


def _prompt(group: type[SettingsGroup], name: str, field: FieldInfo) -> str:
    """Prompts until the value is valid or empty; an empty token is replaced by a new one."""
    while True:
        text = typer.prompt(
            f"{name} ({field.description})",
            default="",
            show_default=False,
            hide_input=is_secret(field),
            err=True,
        )
        if not text and name == _TOKENS:
            print_message("generated a token for a caller named booking: see the file")
            return f"booking={secrets.token_urlsafe(24)}"
        problem = _problem(group, name, text) if text else None
        if problem is None:
            return str(text)
        print_message(f"  {problem}")


def _problem(group: type[SettingsGroup], name: str, text: str) -> str | None:
    try:
        group.model_validate({name: text})
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            if item["loc"] and item["loc"][0] == name:
                return item["msg"].removeprefix("Value error, ")
    return None


def _default(field: FieldInfo) -> str:
    default = field.get_default()
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return "" if default is None else str(default)


def _quote(text: str) -> str:
    """Quotes a value so that python-dotenv reads back the same text."""
    if not text:
        return ""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
