"""Commands that prove or measure something run, and each promise and run is described."""

import contextlib
import io
import shlex
from argparse import ArgumentParser
from collections.abc import Callable

import pytest

import bench.__main__ as bench
import chaos.__main__ as chaos
from chaos.plan import FAULTS
from harness.markdown import code_spans, documents, first_column, read, section, table, with_mistake
from harness.tools import ROOT

TESTS = read("tests/README.md")
RESULTS = read("tests/RESULTS.md")
PARSERS = {"scripts/bench": bench.parser, "scripts/chaos": chaos.parser}


def wrong_commands(text: str) -> list[str]:
    """Returns the code spans that call a script with arguments that it does not take."""
    return [span for span in code_spans(text) if "scripts/" in span and not _runs(_words(span))]


def wrong_promises(text: str) -> list[str]:
    """Returns the promises without a test, a result or a command."""
    promises = table(text, "Promise")
    assert len(promises) > 6
    return [row[0] for row in promises if not all(row) or not row[3].startswith("`")]


def wrong_faults(text: str) -> set[str]:
    """Returns the faults that only the table or only `scripts/chaos` has."""
    return first_column(table(text, "Fault")) ^ FAULTS.keys()


def wrong_runs(text: str) -> set[str]:
    """Returns the runs that only the table or only `scripts/bench` has."""
    commands = [_words(it) for it in first_column(table(section(text, "Speed"), "Command"))]
    return {words[1] for words in commands if words[0] == "scripts/bench"} ^ bench.RUNS.keys()


def _words(span: str) -> list[str]:
    words = shlex.split(span)
    while words and "=" in words[0]:
        words = words[1:]
    return words


def _runs(words: list[str]) -> bool:
    if not words or not words[0].startswith("scripts/"):
        return True
    if not (ROOT / words[0]).exists():
        return False
    if words[0] == "scripts/test":
        return all((ROOT / it).exists() for it in words[1:] if it.startswith("tests/"))
    parser = PARSERS.get(words[0])
    return parser is None or len(words) == 1 or _parses(words[1:], parser())


def _parses(arguments: list[str], parser: ArgumentParser) -> bool:
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            parser.parse_args(arguments)
    except SystemExit as exit_:
        return exit_.code == 0
    return True


@pytest.mark.parametrize("document", documents())
def test_scripts_take_their_arguments(document: str) -> None:
    """Each call of a script in a code span has a script and arguments that exist."""
    assert wrong_commands(read(document)) == []


@pytest.mark.parametrize(
    ("check", "text"),
    [(wrong_promises, TESTS), (wrong_faults, TESTS), (wrong_runs, RESULTS)],
)
def test_promises_faults_and_runs_are_described(check: Callable[[str], object], text: str) -> None:
    """Each promise has its test, result and command; faults and runs are those of the scripts."""
    assert not check(text)


@pytest.mark.parametrize(
    ("check", "text", "old", "new"),
    [
        (wrong_commands, RESULTS, "scripts/chaos faults --seed 7", "scripts/chaos fault --seed 7"),
        (wrong_commands, RESULTS, "disk-full --seed 3`", "disk-full --sed 3`"),
        (wrong_commands, TESTS, "tests/chaos_tests/test_runs.py", "tests/chaos_tests/test_run.py"),
        (wrong_commands, RESULTS, "`scripts/mutants`", "`scripts/mutant`"),
        (wrong_promises, TESTS, "`scripts/chaos disk-full --seed 3` |", "|"),
        (wrong_faults, TESTS, "| `broker wiped` |", "| `broker erased` |"),
        (wrong_runs, RESULTS, "| `scripts/bench events` |", "| |"),
    ],
)
def test_a_mistake_is_reported(
    check: Callable[[str], object], text: str, old: str, new: str
) -> None:
    """The control: a command that does not run and a missing row are found."""
    assert check(with_mistake(text, old, new))
