"""In every document, links resolve, named files and tests exist, and code blocks are narrow."""

import re
from pathlib import Path

import pytest

from harness.markdown import (
    anchors,
    code_spans,
    documents,
    fenced,
    links,
    read,
    target,
    with_mistake,
)
from harness.tools import ROOT

MAX_WIDTH = 80
_NAMED = re.compile(r"((?:\.github|paycli|server|scripts|tests)/[\w./-]+)(?:::(\w+))?")


def wrong_links(document: str, text: str) -> list[str]:
    """Returns the relative links to no file or no heading."""
    wrong = []
    for link in links(text):
        if "://" in link:
            continue
        file, anchor = target(document, link)
        if not file.exists() or (anchor and anchor not in _anchors(file, document, text)):
            wrong.append(link)
    return wrong


def wrong_names(text: str) -> list[str]:
    """Returns the files and tests named in code spans that do not exist."""
    named = [_NAMED.fullmatch(word) for span in code_spans(text) for word in span.split()]
    return [it[0] for it in named if it and not _exists(it[1], it[2])]


def wide_lines(text: str) -> list[str]:
    """Returns the lines of code blocks that are too wide to read without scrolling.

    Blocks of `text` are the output of commands, as it is.
    """
    code = [body for language, body in fenced(text) if language != "text"]
    return [line for body in code for line in body.splitlines() if len(line) > MAX_WIDTH]


def _anchors(file: Path, document: str, text: str) -> set[str]:
    return anchors(text if file == ROOT / document else file.read_text(encoding="utf-8"))


def _exists(path: str, test: str | None) -> bool:
    file = ROOT / path
    return file.exists() and (test is None or f"def {test}(" in file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", documents())
def test_links_resolve(document: str) -> None:
    """Each relative link leads to a file, and each anchor to a heading of it."""
    assert wrong_links(document, read(document)) == []


@pytest.mark.parametrize("document", documents())
def test_named_files_and_tests_exist(document: str) -> None:
    """Each file of the repository and each test that a document names exists."""
    assert wrong_names(read(document)) == []


@pytest.mark.parametrize("document", documents())
def test_code_blocks_are_narrow(document: str) -> None:
    """Code blocks have at most 80 columns."""
    assert wide_lines(read(document)) == []


API = "server/api/README.md"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(#amounts)", "(#amount)"),
        ("(../README.md#metrics)", "(../README.md#metric)"),
        ("(../README.md#metrics)", "(../READMENOT.md#metrics)"),
    ],
)
def test_a_broken_link_is_reported(old: str, new: str) -> None:
    """The control: a wrong anchor, here and in another document, and a wrong file are found."""
    assert wrong_links(API, with_mistake(read(API), old, new)) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("test_operations_on_stripe_mock.py`", "test_operations_on_nothing.py`"),
        ("::test_a_payment_is_created_at_stripe", "::test_a_payment_is_made"),
    ],
)
def test_a_name_of_nothing_is_reported(old: str, new: str) -> None:
    """The control: a wrong file and a wrong test are found."""
    assert wrong_names(with_mistake(read(API), old, new)) != []


def test_a_wide_line_is_reported() -> None:
    """The control: a line of 81 columns in a code block is found."""
    assert wide_lines(f"```sh\n{'x' * (MAX_WIDTH + 1)}\n```\n") != []
