"""`paycli config`."""

from collections.abc import Iterator

from pydantic import SecretStr

from paycli.cli.exit_codes import SETTINGS_INVALID, exits
from paycli.cli.help import PaycliTyper
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.tables import Row, list_table
from paycli.settings import GROUPS, SettingsGroup
from paycli.settings.reader import (
    SettingsReader,
    SettingsSources,
    is_secret,
    other_names,
    setting_fields,
)

app = PaycliTyper()

_MASK = "********"


@app.callback()
def _group() -> None:
    """Keeps `show` a subcommand: Typer merges the only command of a group into the group."""


@exits(3)
@prints_result
def show() -> CommandResult:
    """Show every setting with its value and source. Secrets are masked.

    Examples:
        paycli config show
        paycli config show -o json
    """
    sources = SettingsSources()
    rows = [row for group in GROUPS for row in _rows(group, sources)]
    invalid = [row for row in rows if row["problem"]]
    return CommandResult(
        rows,
        table=TableView(list_table(list(map(_table_row, rows)))),
        messages=[f"error: {row['setting']}: {row['problem']}" for row in invalid],
        exit_code=SETTINGS_INVALID if invalid else 0,
    )


def _rows(group: type[SettingsGroup], sources: SettingsSources) -> Iterator[Row]:
    reader = SettingsReader(sources)
    reader.read(group)
    problems = {problem.where: problem.detail for problem in reader.problems}
    for name, field in setting_fields(group):
        setting = sources.find([name, *other_names(field)])
        if setting is None:
            value = None if field.is_required() else _default(field.get_default())
            source = "not set" if field.is_required() else "default"
            yield {"setting": name, "value": value, "source": source, "problem": None}
        else:
            value = _MASK if is_secret(field) else setting.text
            problem = problems.get(name)
            yield {"setting": name, "value": value, "source": setting.source, "problem": problem}


def _table_row(row: Row) -> Row:
    """Omits the problem, which is a message, and the setting's own name in its source."""
    source = str(row["source"]).removesuffix(f" {row['setting']}")
    return {"setting": row["setting"], "value": row["value"], "source": source}


def _default(default: object) -> str | None:
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return None if default is None else str(default)


app.add(show)
