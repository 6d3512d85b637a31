"""The README names all that others build on; a name that is missing from it turns these red."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from paycli import errors
from paycli.catalogue import CATALOGUE
from paycli.cli.main import EXIT_CODES, application
from paycli.settings import GROUPS
from paycli.settings_reader import other_names, setting_fields
from server.errors import STATUS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Each command as it is typed."""
    root = get_command(application())
    assert isinstance(root, TyperGroup)
    names = []
    for name, command in root.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {}
        names += [f"paycli {name} {each}" for each in inner] or [f"paycli {name}"]
    return names


def settings() -> list[str]:
    """Each setting's variable, with its other names."""
    fields = [pair for group in GROUPS for pair in setting_fields(group)]
    return [name for variable, field in fields for name in (variable, *other_names(field))]


def events() -> list[str]:
    """Each of our events, with Stripe's type and its fields."""
    rows = CATALOGUE.items()
    fields = {field for _, row in rows for field in row.event.model_fields}
    return [*CATALOGUE, *(row.event.__name__ for _, row in rows), *sorted(fields)]


def missing(names: list[str], text: str) -> list[str]:
    """The names that the text does not have."""
    return [name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)]


NAMES = {
    "commands": commands(),
    "settings": settings(),
    "events": events(),
    "codes": [kind.code for kind in STATUS],
}


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_is_in_the_readme(kind: str) -> None:
    """Each command, setting, event with its fields, and error code is in the README."""
    assert len(NAMES[kind]) > 4
    assert missing(NAMES[kind], README) == []


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_that_is_left_out_is_noticed(kind: str) -> None:
    """The control: with any one name taken out of the README, the check is red."""
    for name in NAMES[kind]:
        assert name in missing(NAMES[kind], README.replace(name, ""))


def test_no_setting_is_made_up() -> None:
    """Each PAYCLI_ variable of the README exists."""
    known = {*settings(), "PAYCLI_SECRETS_DIR", "PAYCLI_CACHE_DIR"}
    assert set(re.findall(r"PAYCLI_[A-Z_]+[A-Z]", README)) - known == set()


def test_exit_codes_are_told() -> None:
    """Each exit code has a row in a table of the README."""
    for code in {0, 2, *EXIT_CODES.values()}:
        assert re.search(rf"^\| `?{code}`? \|", README, re.MULTILINE), code


def test_every_failure_that_reaches_http_has_a_status() -> None:
    """Each leaf of the tree of errors is in the table of statuses, but for the settings'."""
    leaves = [kind for kind in descendants(errors.PaycliError) if not kind.__subclasses__()]
    outside = {"settings_invalid", "cannot_listen", "daemon_not_reached"}
    assert {kind.code for kind in leaves if kind not in STATUS} - outside == set()


def descendants(kind: type[errors.PaycliError]) -> list[type[errors.PaycliError]]:
    """All classes under a class that the project defines."""
    inner = [each for each in kind.__subclasses__() if each.__module__.startswith("paycli")]
    return inner + [each for child in inner for each in descendants(child)]


def test_the_callers_example_is_python() -> None:
    """The Python blocks of the README compile."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, "README.md", "exec")
