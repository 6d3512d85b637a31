"""Groups of settings that a command reads itself, after other work or only if needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from paycli.errors import Problem
from paycli.settings import SettingsGroup
from paycli.settings.reader import SettingsReader, SettingsSources

G = TypeVar("G", bound=SettingsGroup)


@dataclass(frozen=True, slots=True)
class LazySettings(Generic[G]):
    """A group of settings that is read when it is called.

    `problems` are those of the command's options; they are raised together with the group's.
    """

    group: type[G]
    sources: SettingsSources
    problems: Sequence[Problem]

    def __call__(self) -> G:
        """Returns the group. Raises SettingsInvalid."""
        reader = SettingsReader(self.sources, self.problems)
        settings = reader.read(self.group)
        reader.check()
        assert settings is not None, "check() has raised its problems"
        return settings


def check_all(first: LazySettings[Any], *others: LazySettings[Any]) -> None:
    """Raises SettingsInvalid with the problems of all groups of one command together."""
    reader = SettingsReader(first.sources, first.problems)
    for each in (first, *others):
        reader.read(each.group)
    reader.check()
