"""Gives a command an option for each setting that it uses, and passes it the settings.

The annotation of a parameter decides what it receives: a group of settings is read before the
command runs, a LazySettings when the command calls it. A command that takes SettingsSources may
change them first, and reports the problems of its lazy groups together with `check_all`.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_args, get_origin

from paycli.cli.lazy_settings import LazySettings
from paycli.cli.setting_flags import flags_of, read_flags
from paycli.settings import SettingsGroup
from paycli.settings.reader import SettingsReader, SettingsSources


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Returns the command with options of settings in place of its settings parameters."""
    parameters = inspect.signature(command).parameters.values()
    groups = {p.name: p.annotation for p in parameters if _is_group(p.annotation)}
    lazy_groups = {
        p.name: get_args(p.annotation)[0]
        for p in parameters
        if get_origin(p.annotation) is LazySettings
    }
    takes_sources = {p.name for p in parameters if p.annotation is SettingsSources}
    flags = {
        flag.parameter_name: flag for flag in flags_of([*groups.values(), *lazy_groups.values()])
    }

    @functools.wraps(command)
    def run(**arguments: Any) -> None:  # noqa: ANN401  (the command's own)
        values, problems = read_flags(
            {flag.variable: arguments.pop(name) for name, flag in flags.items()}
        )
        sources = SettingsSources(values)
        reader = SettingsReader(sources, problems)
        settings: dict[str, object] = {name: reader.read(group) for name, group in groups.items()}
        for name, group in lazy_groups.items():
            settings[name] = LazySettings(group, sources, problems)
        if not takes_sources:
            reader.check()
        command(**arguments, **settings, **dict.fromkeys(takes_sources, sources))

    injected = groups.keys() | lazy_groups.keys() | takes_sources
    visible = [
        *(p for p in parameters if p.name not in injected),
        *(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, annotation=flag.annotation, default=None
            )
            for name, flag in flags.items()
        ),
    ]
    run.__signature__ = inspect.Signature(visible)  # type: ignore[attr-defined]  # read by Typer
    run.__annotations__ = {p.name: p.annotation for p in visible}
    return run


def _is_group(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, SettingsGroup)
