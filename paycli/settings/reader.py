"""Reads settings from their sources and collects all problems.

The precedence is flag, environment, `.env`, secret file, default. Within one source, `PAYCLI_…`
takes precedence over the other names. Empty values count as not set. All missing and invalid
settings are reported together, and no value is ever printed.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from paycli.errors import Problem, SettingsInvalid
from paycli.settings import SettingsGroup

DEFAULT_SECRETS_DIR = "/run/secrets"

G = TypeVar("G", bound=SettingsGroup)

_MESSAGES = {
    "missing": "is not set",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
}


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting's text and its source, such as `environment STRIPE_API_KEY`."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"SettingValue({self.source!r})"


class SettingsSources:
    """The sources in order of precedence: flags, environment, `.env`, secret files."""

    def __init__(
        self,
        flags: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: Path | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        from_dotenv = _read_dotenv(Path(".env") if dotenv is None else dotenv)
        self._layers = [("flag ", flags or {}), ("environment ", environ), (".env ", from_dotenv)]
        self._generated: Mapping[str, str] = {}
        self._secrets_dir = Path(
            environ.get("PAYCLI_SECRETS_DIR")
            or from_dotenv.get("PAYCLI_SECRETS_DIR")
            or DEFAULT_SECRETS_DIR
        )

    def add_sandbox(self, provided: Mapping[str, str], generated: Mapping[str, str]) -> None:
        """Adds a sandbox's settings.

        `provided` values take precedence over all sources, `generated` ones are the last resort.
        """
        self._layers.insert(0, ("sandbox ", provided))
        self._generated = generated

    def find(self, names: Sequence[str]) -> SettingValue | None:
        """Returns the value with the highest precedence under any of `names`, or None."""
        return next(self.find_all(names), None)

    def find_all(self, names: Sequence[str]) -> Iterator[SettingValue]:
        """Yields all values under any of `names`, in order of precedence."""
        for label, source in self._layers:
            for name in names:
                if text := source.get(name):
                    yield SettingValue(text, label + name)
        for name in names:
            for file in (self._secrets_dir / name, self._secrets_dir / name.lower()):
                if text := read_secret_file(file):
                    yield SettingValue(text, f"file {file}")
        for name in names:
            if text := self._generated.get(name):
                yield SettingValue(text, f"generated {name}")


def read_secret_file(file: Path) -> str | None:
    """Returns a secret file's content without the final newline; None if it can't be read."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None


def _read_dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    from dotenv import dotenv_values  # not needed in most starts

    try:
        values = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid(
            [Problem(str(file), "can't be read as UTF-8 text: check its encoding and permissions")]
        ) from None
    return {name: value for name, value in values.items() if value}


class SettingsReader:
    """Reads groups from `sources` and collects the problems of all of them."""

    def __init__(self, sources: SettingsSources, problems: Sequence[Problem] = ()) -> None:
        """`problems` are already known; their settings are not reported again."""
        self._sources = sources
        self.problems = list(problems)

    def read(self, group: type[G]) -> G | None:
        """Returns the group, or None if it has a problem; then `check` raises."""
        values = {
            name: value.text
            for name, field in setting_fields(group)
            if (value := self._sources.find([name, *other_names(field)])) is not None
        }
        try:
            return group.model_validate(values)
        except ValidationError as error:
            known = {problem.where for problem in self.problems}
            self.problems += [
                problem for problem in _problems(group, error) if problem.where not in known
            ]
            return None

    def check(self) -> None:
        """Raises SettingsInvalid with all problems so far, if there are any."""
        if self.problems:
            raise SettingsInvalid(self.problems)


def setting_fields(group: type[SettingsGroup]) -> Iterator[tuple[str, FieldInfo]]:
    """Yields the environment variable and the field of each setting of a group."""
    for field in group.model_fields.values():
        assert field.alias is not None, "the alias of a setting is its environment variable"
        yield field.alias, field


def other_names(field: FieldInfo) -> list[str]:
    """Returns the further names of a setting's environment variable."""
    extra: Any = field.json_schema_extra or {}
    return list(extra.get("also", []))


def is_secret(field: FieldInfo) -> bool:
    """Returns whether the setting's value must never be shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _problems(group: type[SettingsGroup], error: ValidationError) -> Iterator[Problem]:
    fields = dict(setting_fields(group))
    for item in error.errors(include_url=False, include_input=False):
        name = str(item["loc"][0])
        message = _MESSAGES.get(item["type"], item["msg"])
        message = message.removeprefix("Value error, ").replace("String should", "must")
        message = message.replace("Input should", "must")
        description = fields[name].description or ""
        yield Problem(name, f"{message} ({description})")
