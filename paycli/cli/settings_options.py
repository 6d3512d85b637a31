"""Gives a command an option for each setting that it uses, and reads them all at once.

A parameter annotated with a group of settings becomes the group's options: `PAYCLI_KAFKA_TOPIC` is
`--kafka-topic`; a secret is read from a file, `--stripe-api-key-file`, since arguments are visible
to every process of the machine.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from paycli.cli.explained import SETTINGS
from paycli.errors import Problem
from paycli.settings import SettingsGroup
from paycli.settings.reader import (
    SettingsReader,
    SettingsSources,
    is_secret,
    read_secret_file,
    setting_fields,
)

G = TypeVar("G", bound=SettingsGroup)

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_EMPTY = inspect.Parameter.empty

Surrounding = Callable[..., AbstractContextManager[tuple[SettingsSources, dict[str, object]]]]
"""What a command runs within: takes the sources and options of its own, which are its keyword-only
parameters; gives the sources to read from, and what the command takes besides its options."""


class Later(Generic[G]):
    """A group that a command needs only sometimes: call it to read it. Raises SettingsInvalid."""

    def __init__(self, read: Callable[[], G]) -> None:
        self._read = read

    def __call__(self) -> G:
        """The group."""
        return self._read()


@contextmanager
def _nothing(sources: SettingsSources) -> Iterator[tuple[SettingsSources, dict[str, object]]]:
    yield sources, {}


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """The command with its groups' options in place of its groups."""
    return with_settings_within(_nothing)(command)


def with_settings_within(
    surrounding: Surrounding,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes the same of a command, whose settings are read and which runs within `surrounding`."""
    return lambda command: _with_settings(command, surrounding)


def _with_settings(command: Callable[..., None], surrounding: Surrounding) -> Callable[..., None]:
    parameters = inspect.signature(command).parameters.values()
    groups = {p.name: _group(p.annotation) for p in parameters if _is_group(p.annotation)}
    later = {p.name for p in parameters if get_origin(p.annotation) is Later}
    around = [p for p in inspect.signature(surrounding).parameters.values() if p.kind is _KEYWORD]
    options = {
        name: _option(variable, _help(variable, field), secret=is_secret(field))
        for group in groups.values()
        for variable, field in setting_fields(group)
        for name in [_parameter_name(variable, secret=is_secret(field))]
    }
    variables = {
        _parameter_name(variable, secret=is_secret(field)): variable
        for group in groups.values()
        for variable, field in setting_fields(group)
    }

    @functools.wraps(command)
    def run(**given: Any) -> None:  # noqa: ANN401  (whatever the command takes)
        flags, problems = _flags({variables[name]: given.pop(name) for name in variables})
        chosen = {p.name: given.pop(p.name) for p in around}
        with surrounding(SettingsSources(flags), **chosen) as (sources, besides):
            reader = SettingsReader(sources, problems)
            settings = {
                name: _later(sources, problems, group) if name in later else reader.read(group)
                for name, group in groups.items()
            }
            reader.check()
            command(**given, **settings, **besides)

    own = [p for p in parameters if p.name not in groups and not _is_besides(p)]
    shown = [
        *own,
        *around,
        *(
            inspect.Parameter(name, _KEYWORD, annotation=a, default=None)
            for name, a in options.items()
        ),
    ]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]  # read by Typer
    run.__annotations__ = {p.name: p.annotation for p in shown}
    return run


def _is_besides(parameter: inspect.Parameter) -> bool:
    """Whether it is no option, but given by what the command runs within."""
    told = get_origin(parameter.annotation) is Annotated or parameter.default is not _EMPTY
    return parameter.kind is _KEYWORD and not told


def _is_group(annotation: object) -> bool:
    if get_origin(annotation) is Later:
        return True
    return isinstance(annotation, type) and issubclass(annotation, SettingsGroup)


def _group(annotation: Any) -> type[SettingsGroup]:  # noqa: ANN401  (a group, or a group for later)
    group: type[SettingsGroup] = get_args(annotation)[0] if get_args(annotation) else annotation
    return group


def _later(sources: SettingsSources, problems: list[Problem], group: type[G]) -> Later[G]:
    def read() -> G:
        reader = SettingsReader(sources, problems)
        found = reader.read(group)
        reader.check()
        assert found is not None, "what is missing was raised"
        return found

    return Later(read)


def _parameter_name(variable: str, *, secret: bool) -> str:
    return variable.removeprefix("PAYCLI_").lower() + ("_file" if secret else "")


def _help(variable: str, field: FieldInfo) -> str:
    """What it is, its variable, and its default if it has one."""
    default = None if field.is_required() else field.get_default()
    shown = default.get_secret_value() if isinstance(default, SecretStr) else default
    told = f"{field.description} [{variable}]"
    return told if shown is None else f"{told} [default: {shown}]"


def _option(variable: str, help_: str, *, secret: bool) -> object:
    flag = "--" + _parameter_name(variable, secret=secret).replace("_", "-")
    return Annotated[
        Path | None if secret else str | None,
        typer.Option(
            flag,
            help=help_,
            rich_help_panel=SETTINGS,
            show_default=False,
            metavar="FILE" if secret else "VALUE",
        ),
    ]


def _flags(given: dict[str, Path | str | None]) -> tuple[dict[str, str], list[Problem]]:
    flags, problems = {}, []
    for variable, value in given.items():
        text = read_secret_file(value) if isinstance(value, Path) else value
        if text:
            flags[variable] = text
        elif isinstance(value, Path):
            problems.append(Problem(variable, f"the file {value} can't be read, or is empty"))
    return flags, problems
