"""In every document, `paycli` command lines have commands and options that exist."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from harness.commands import ROOT_OPTIONS, commands
from harness.markdown import blocks, code_spans, documents, read, with_mistake
from harness.tools import ROOT

KNOWN = commands()
PROGRAMS = ("paycli", ".venv/bin/paycli", "venv/bin/paycli")


def wrong_lines(text: str) -> list[str]:
    """Returns the wrong command lines: in `sh` blocks, and in code spans that begin with paycli."""
    spans = [it for it in code_spans(text) if it.startswith("paycli ")]
    return [it for it in (*_shell_lines(text), *spans) if not _exists(shlex.split(it))]


def unknown_extras(text: str) -> set[str]:
    """Returns the extras in `paycli[extra]` that pyproject.toml does not have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(re.findall(r"paycli\[(\w+)\]", text)) - {*project["optional-dependencies"]}


def _shell_lines(text: str) -> Iterator[str]:
    for block in blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            for command in re.split(r" [|>] ", line.partition(" #")[0]):
                yield command.strip()


def _exists(words: list[str]) -> bool:
    if words and words[0].startswith("scripts/"):
        return (ROOT / words[0]).is_file()
    if "python" in words and "-m" in words:
        return find_spec(words[words.index("-m") + 1]) is not None
    if len(words) < 2 or words[0] not in PROGRAMS:
        return True
    options = {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)}
    typed = ["paycli", *words[1:]]
    names = [name for name in KNOWN if typed[: len(name.split())] == name.split()]
    if names:
        return not options - KNOWN[names[0]].keys() - {"--help"}
    groups = {name.split()[1] for name in KNOWN}
    alone = words[1] in groups and len(words) == 2
    return not options - ROOT_OPTIONS and (words[1] in options or words[1].isupper() or alone)


@pytest.mark.parametrize("document", documents())
def test_command_lines_exist(document: str) -> None:
    """Each command line has a command, options and a script or module that exist."""
    assert wrong_lines(read(document)) == []


@pytest.mark.parametrize("document", documents())
def test_extras_exist(document: str) -> None:
    """Each extra that a document installs exists."""
    assert unknown_extras(read(document)) == set()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("paycli events list --reference", "paycli events find --reference"),
        ("list --unreadable --since 24h\n", "list --illegible --since 24h\n"),
        ("`paycli doctor`", "`paycli physician`"),
        ("--signature", "--sig"),
    ],
)
def test_a_wrong_command_line_is_reported(old: str, new: str) -> None:
    """The control: a command or an option that does not exist is found."""
    assert wrong_lines(with_mistake(read("scripts/deploy/RUNBOOK.md"), old, new)) != []


@pytest.mark.parametrize("line", ["scripts/nothing", "python -m paycli.nothing"])
def test_a_missing_program_is_reported(line: str) -> None:
    """The control: a script or a module that does not exist is found."""
    assert wrong_lines(f"```sh\n{line}\n```\n") == [line]


def test_an_unknown_extra_is_reported() -> None:
    """The control: an extra that does not exist is found."""
    assert unknown_extras("pip install 'paycli[nothing]'") == {"nothing"}
