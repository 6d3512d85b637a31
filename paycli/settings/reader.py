"""Where settings come from, and what is missing or wrong in them.

Values are looked up in the order flag, environment, `.env`, secret file, default; within one source
`PAYCLI_…` comes before the other names. Empty values count as not set. Everything that is missing
or wrong is reported at once, and no value is ever printed.
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

_EXPLAIN = {
    "missing": "is not set",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
}


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting's text, and where it was found, such as `environment STRIPE_API_KEY`."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"SettingValue({self.source!r})"


class SettingsSources:
    """Where values come from, strongest first: flags, environment, `.env`, secret files."""

    def __init__(
        self,
        flags: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        dotenv: Path | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        from_dotenv = _read_dotenv(Path(".env") if dotenv is None else dotenv)
        self._layers = [("flag ", flags or {}), ("environment ", environ), (".env ", from_dotenv)]
        self._invented: Mapping[str, str] = {}
        self._secrets_dir = Path(
            environ.get("PAYCLI_SECRETS_DIR")
            or from_dotenv.get("PAYCLI_SECRETS_DIR")
            or DEFAULT_SECRETS_DIR
        )

    def add_sandbox(self, brought: Mapping[str, str], invented: Mapping[str, str]) -> None:
        """What a sandbox brings comes before all others, what it invents after all others."""
        self._layers.insert(0, ("sandbox ", brought))
        self._invented = invented

    def find(self, names: Sequence[str]) -> SettingValue | None:
        """The strongest value that is set under any of `names`, or None."""
        return next(self.find_all(names), None)

    def find_all(self, names: Sequence[str]) -> Iterator[SettingValue]:
        """Every value that is set under any of `names`, the strongest first."""
        for place, source in self._layers:
            for name in names:
                if text := source.get(name):
                    yield SettingValue(text, place + name)
        for name in names:
            for file in (self._secrets_dir / name, self._secrets_dir / name.lower()):
                if text := read_secret_file(file):
                    yield SettingValue(text, f"file {file}")
        for name in names:
            if text := self._invented.get(name):
                yield SettingValue(text, f"invented {name}")


def read_secret_file(file: Path) -> str | None:
    """The content of a secret's file without the newline at its end; None if it can't be read."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None


def _read_dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    from dotenv import dotenv_values  # most starts have no .env to parse

    try:
        values = dotenv_values(file, interpolate=False)
    except (OSError, UnicodeDecodeError):
        raise SettingsInvalid([Problem(str(file), "can't be read as UTF-8 text")]) from None
    return {name: value for name, value in values.items() if value}


class SettingsReader:
    """Reads groups from `sources`, and gathers what is missing or wrong in all of them."""

    def __init__(self, sources: SettingsSources, problems: Sequence[Problem] = ()) -> None:
        """`problems` are known already; nothing more is said about the same settings."""
        self._sources = sources
        self.problems = list(problems)

    def read(self, group: type[G]) -> G | None:
        """The group, or None where something in it is missing or wrong: then `check` raises."""
        values = {
            name: found.text
            for name, field in setting_fields(group)
            if (found := self._sources.find([name, *other_names(field)])) is not None
        }
        try:
            return group.model_validate(values)
        except ValidationError as error:
            known = {problem.where for problem in self.problems}
            self.problems += [p for p in _problems(group, error) if p.where not in known]
            return None

    def check(self) -> None:
        """Raises SettingsInvalid with every problem found so far."""
        if self.problems:
            raise SettingsInvalid(self.problems)


def setting_fields(group: type[SettingsGroup]) -> Iterator[tuple[str, FieldInfo]]:
    """Each setting of a group: the name of its variable, and its field."""
    for field in group.model_fields.values():
        assert field.alias is not None, "every setting names its variable"
        yield field.alias, field


def other_names(field: FieldInfo) -> list[str]:
    """Further names of the variable."""
    extra: Any = field.json_schema_extra or {}
    return list(extra.get("also", []))


def is_secret(field: FieldInfo) -> bool:
    """Whether the setting's value must never be shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _problems(group: type[SettingsGroup], error: ValidationError) -> Iterator[Problem]:
    fields = dict(setting_fields(group))
    for item in error.errors(include_url=False, include_input=False):
        name = str(item["loc"][0])
        said = _EXPLAIN.get(item["type"], item["msg"])
        said = said.removeprefix("Value error, ").replace("String should", "must")
        said = said.replace("Input should", "must")
        description = fields[name].description or ""
        yield Problem(name, f"{said} ({description})")
