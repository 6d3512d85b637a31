"""`paycli config`: what is set, and where it comes from."""

from collections.abc import Iterator

import typer
from pydantic import SecretStr

from paycli.cli import output
from paycli.cli.explained import Application, exits
from paycli.settings import GROUPS, SettingsGroup
from paycli.settings.reader import (
    SettingsReader,
    SettingsSources,
    is_secret,
    other_names,
    setting_fields,
)

app = Application()

_MASK = "********"


@app.callback()
def _group() -> None:
    """Keeps `show` a command of its own: Typer would merge an only one into its group."""


@exits(3)
def show(*, how: output.Output = None, json: output.Json = False) -> None:
    """Lists every setting with its value and where it comes from; secrets are masked.

    Examples:
        paycli config show
        paycli config show -o json
    """
    format_ = output.chosen(how, json)
    sources = SettingsSources()
    rows = [row for group in GROUPS for row in _rows(group, sources)]
    output.print_many(list(map(_short, rows)) if format_ is output.Format.TABLE else rows, format_)
    wrong = [row for row in rows if row["problem"]]
    for row in wrong:
        output.say(f"error: {row['setting']}: {row['problem']}")
    if wrong:
        raise typer.Exit(3)


def _rows(group: type[SettingsGroup], sources: SettingsSources) -> Iterator[output.Row]:
    reader = SettingsReader(sources)
    reader.read(group)
    problems = {problem.where: problem.detail for problem in reader.problems}
    for name, field in setting_fields(group):
        found = sources.find([name, *other_names(field)])
        if found is None:
            value = None if field.is_required() else _shown(field.get_default())
            source = "not set" if field.is_required() else "default"
            yield {"setting": name, "value": value, "source": source, "problem": None}
        else:
            value = _MASK if is_secret(field) else found.text
            problem = problems.get(name)
            yield {"setting": name, "value": value, "source": found.source, "problem": problem}


def _short(row: output.Row) -> output.Row:
    """For a table: a source without the setting's own name; problems are told below it."""
    source = str(row["source"]).removesuffix(f" {row['setting']}")
    return {"setting": row["setting"], "value": row["value"], "source": source}


def _shown(default: object) -> str | None:
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return None if default is None else str(default)


app.add(show)
