"""server/README.md has every setting; no document names a setting that does not exist."""

import re
from collections.abc import Iterator

import pytest
from pydantic.fields import FieldInfo

from harness.commands import commands
from harness.markdown import code_spans, documents, read, table, with_mistake
from paycli.settings import GROUPS
from paycli.settings.reader import other_names, setting_fields

SERVER = read("server/README.md")
OTHER_VARIABLES = {
    *("PAYCLI_SECRETS_DIR", "PAYCLI_CACHE_DIR"),
    *("PAYCLI_TEST_PAYMENTS", "PAYCLI_HARDEN", "PAYCLI_PYTHON"),
}
"""Variables that are not settings of the daemon or of a command."""


def settings() -> Iterator[tuple[str, FieldInfo]]:
    """Yields the variable and the field of each setting."""
    for group in GROUPS:
        yield from setting_fields(group)


def wrong_settings(text: str) -> list[str]:
    """Returns the settings whose row is missing or has a wrong name, flag or default."""
    flags = {
        found[1]: option
        for options in commands().values()
        for option, help_ in options.items()
        if (found := re.search(r"\[(PAYCLI_\w+)\]", help_))
    }
    described = table(text, "Variable and other names")
    by_name = {name: row for row in described for name in code_spans(row[0])}
    wrong = []
    for variable, field in settings():
        row = by_name.get(variable, ["", "", "", ""])
        names = {variable, *other_names(field)}
        if (code_spans(row[0]), row[1]) != (names, f"`{flags[variable]}`"):
            wrong.append(f"{variable}: {names}, {flags[variable]}")
        if (default := _default(field)) not in (None, row[3]):
            wrong.append(f"{variable}: {default}")
    return wrong


def unknown_variables(text: str) -> set[str]:
    """Returns the variables of the text that are no settings."""
    known = OTHER_VARIABLES | {variable for variable, _ in settings()}
    return set(re.findall(r"PAYCLI_[A-Z_]+[A-Z]", text)) - known


def _default(field: FieldInfo) -> str | None:
    """Returns the cell of the default; None where the table describes it in words."""
    default = field.get_default()
    if field.is_required():
        return "required"
    if default is None:
        return None
    return f"`{default.get_secret_value() if hasattr(default, 'get_secret_value') else default}`"


def test_each_setting_has_its_row() -> None:
    """The table has each setting with all its names, its flag and its default."""
    assert wrong_settings(SERVER) == []


@pytest.mark.parametrize("document", [it for it in documents() if it != "CHANGELOG.md"])
def test_variables_exist(document: str) -> None:
    """Each PAYCLI_ variable that a document names exists; the changelog has former names, too."""
    assert unknown_variables(read(document)) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| `PAYCLI_WORKERS` |", "| `PAYCLI_PROCESSES` |"),
        ("`STRIPE_SECRET_KEY`", "another"),
        ("| `--webhook-max-in-flight` |", "| |"),
        ("| `300` |", "| `60` |"),
        ("comma-separated | required |", "comma-separated | unset |"),
    ],
)
def test_a_wrong_row_is_reported(old: str, new: str) -> None:
    """The control: a missing row or name, and a wrong flag or default, are found."""
    assert wrong_settings(with_mistake(SERVER, old, new)) != []


def test_an_unknown_variable_is_reported() -> None:
    """The control: a variable that does not exist is found."""
    assert unknown_variables("`PAYCLI_PROCESSES`") == {"PAYCLI_PROCESSES"}
