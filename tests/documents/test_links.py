"""In every document, links resolve, and named files and tests exist."""

import re
from pathlib import Path

import pytest

from harness.markdown import (
    anchors,
    code_spans,
    documents,
    links,
    read,
    target,
    with_mistake,
)
from harness.tools import ROOT

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
