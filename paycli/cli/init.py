"""`paycli init`: a commented `.env`, asked for at a terminal, without echoing secrets."""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from paycli.cli import output
from paycli.cli.explained import exits
from paycli.settings import GROUPS, SettingsGroup
from paycli.settings.reader import is_secret, other_names, setting_fields

_TOKENS = "PAYCLI_API_TOKENS"


@exits()
def init(
    *,
    file: Annotated[Path, typer.Option(help="A new file.", dir_okay=False)] = Path(".env"),
) -> None:
    """Writes a new .env with every setting, what it means and its default; asks for what is needed.

    Only its owner can read the file. Off a terminal nothing is asked, and what is needed is left
    empty.

    Examples:
        paycli init
        paycli init --file staging.env
    """
    asking = sys.stdin.isatty() and sys.stderr.isatty()
    if file.exists():
        raise typer.BadParameter(f"{file} is there already: name another with --file")
    if asking:
        output.say("Secrets are not shown as you type. Enter leaves a setting empty.")
    try:
        text = "\n".join(_lines(asking=asking)) + "\n"
    except typer.Abort:
        output.say("\nnothing is written")
        raise typer.Exit(130) from None
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    output.say(f"{file} is written, for its owner alone; keep it out of version control")
    output.say("next: paycli doctor")


def _lines(*, asking: bool) -> Iterator[str]:
    yield "# Settings of paycli. The environment comes before this file."
    for group in GROUPS:
        yield f"\n# {(group.__doc__ or '').partition(chr(10))[0]}"
        for name, field in setting_fields(group):
            also = "".join(f", also {other}" for other in other_names(field))
            yield f"# {field.description}{also}"
            if field.is_required():
                yield f"{name}={_quoted(_asked(group, name, field) if asking else '')}"
            else:
                yield f"# {name}={_default(field)}"


def _asked(group: type[SettingsGroup], name: str, field: FieldInfo) -> str:
    """What the person types, once it is right; tokens are made if nothing is."""
    while True:
        text = typer.prompt(
            f"{name} ({field.description})",
            default="",
            show_default=False,
            hide_input=is_secret(field),
            err=True,
        )
        if not text and name == _TOKENS:
            output.say("made one, for a caller named booking: read it in the file")
            return f"booking={secrets.token_urlsafe(24)}"
        problem = _problem(group, name, text) if text else None
        if problem is None:
            return str(text)
        output.say(f"  {problem}")


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


def _quoted(text: str) -> str:
    """As python-dotenv reads it back."""
    if not text:
        return ""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
