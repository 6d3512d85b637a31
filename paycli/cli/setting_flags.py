"""Turns settings into command-line options and back.

`PAYCLI_KAFKA_TOPIC` is the option `--kafka-topic`. A secret is read from a file, as with
`--stripe-api-key-file`, since arguments are visible to every process of the machine.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from paycli.cli.help import SETTINGS_PANEL
from paycli.errors import Problem
from paycli.settings import SettingsGroup
from paycli.settings.reader import is_secret, read_secret_file, setting_fields


@dataclass(frozen=True, slots=True)
class SettingFlag:
    """The option of one setting; `variable` is the setting's environment variable."""

    variable: str
    field: FieldInfo

    @property
    def parameter_name(self) -> str:
        """The name of the command's parameter."""
        suffix = "_file" if is_secret(self.field) else ""
        return self.variable.removeprefix("PAYCLI_").lower() + suffix

    @property
    def annotation(self) -> object:
        """The annotation from which Typer makes the option."""
        secret = is_secret(self.field)
        return Annotated[
            Path | None if secret else str | None,
            typer.Option(
                "--" + self.parameter_name.replace("_", "-"),
                help=self._help(),
                rich_help_panel=SETTINGS_PANEL,
                show_default=False,
                metavar="FILE" if secret else "VALUE",
            ),
        ]

    def _help(self) -> str:
        default = None if self.field.is_required() else self.field.get_default()
        text = default.get_secret_value() if isinstance(default, SecretStr) else default
        description = f"{self.field.description} [{self.variable}]"
        return description if text is None else f"{description} [default: {text}]"


def flags_of(groups: Iterable[type[SettingsGroup]]) -> Iterator[SettingFlag]:
    """Yields the options of all settings of the groups."""
    for group in groups:
        for variable, field in setting_fields(group):
            yield SettingFlag(variable, field)


def read_flags(values: Mapping[str, Path | str | None]) -> tuple[dict[str, str], list[Problem]]:
    """Returns the settings by variable, and a problem for each secret file that is unreadable.

    `values` are the options' values by variable, None for those that were not passed.
    """
    settings, problems = {}, []
    for variable, value in values.items():
        text = read_secret_file(value) if isinstance(value, Path) else value
        if text:
            settings[variable] = text
        elif isinstance(value, Path):
            problems.append(Problem(variable, f"the file {value} can't be read, or is empty"))
    return settings, problems
