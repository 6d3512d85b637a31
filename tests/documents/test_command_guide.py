"""The guide in paycli/cli/README.md has every command and exit code, and invents no option.

The reference below it is generated: tests/scripts/test_reference.py.
"""

import re
from collections.abc import Callable

import pytest

from harness.commands import ROOT_OPTIONS, commands
from harness.markdown import code_spans, first_column, missing, read, table, with_mistake
from paycli.cli.exit_codes import EXIT_CODES

GUIDE = read("paycli/cli/README.md").partition("\n## Reference\n")[0]
INTERRUPTED = 130


def wrong_commands(text: str) -> list[str]:
    """Returns the commands that only the table or only the program has."""
    return sorted(first_column(table(text, "Command")) ^ commands().keys())


def wrong_options(text: str) -> list[str]:
    """Returns the options that do not exist, and those of all commands that are missing."""
    known = ROOT_OPTIONS.union(*(options.keys() for options in commands().values()))
    named = {it.split()[0] for it in code_spans(text) if re.match("--?[a-z]", it)}
    return sorted(named - known) + missing(["-o", "--output", "--json", *ROOT_OPTIONS], text)


def wrong_exit_codes(text: str) -> set[str]:
    """Returns the exit codes that only the table or only the program has."""
    known = {str(code) for code in (0, INTERRUPTED, *EXIT_CODES.values())}
    return {row[0] for row in table(text, "Exit code")} ^ known


CHECKS = [wrong_commands, wrong_options, wrong_exit_codes]


@pytest.mark.parametrize("check", CHECKS)
def test_the_guide_agrees_with_the_commands(check: Callable[[str], object]) -> None:
    """Commands, options and exit codes of the guide are those of the program."""
    assert not check(GUIDE)


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_commands, "`paycli intent get`, ", ""),
        (wrong_commands, "`paycli intent get`, ", "`paycli intent fetch`, "),
        (wrong_options, "`--keep-partitions`", "`--same-partitions`"),
        (wrong_options, "(`--output`)", ""),
        (wrong_exit_codes, "| 5 | Kafka", "| Kafka"),
    ],
)
def test_a_mistake_in_the_guide_is_reported(
    check: Callable[[str], object], old: str, new: str
) -> None:
    """The control: a missing and an invented command, option or exit code are found."""
    assert check(with_mistake(GUIDE, old, new))
