"""Output fits the terminal: nothing is cut off, and ids are not split."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.cli import terminal

CELLS = st.text("abcdefgh", min_size=1, max_size=30)


def set_width(columns: float) -> pytest.MonkeyPatch:
    """Set the width of standard output until `undo`."""
    patch = pytest.MonkeyPatch()
    patch.setattr(terminal, "width", lambda: columns)
    return patch


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1), st.integers(40, 150))
def test_a_table_has_every_cell(cells: list[list[str]], columns: int) -> None:
    """At any width no line is too long, and no cell is cut off or out of order."""
    patch = set_width(columns)
    lines = list(terminal.align_columns(cells))
    patch.undo()
    assert all(len(line) <= columns for line in lines)
    assert " ".join(lines).split() == [cell for row in cells for cell in row]


def test_columns_are_aligned_on_every_line() -> None:
    """The last columns of a row that is too long are aligned on a second line."""
    patch = set_width(20)
    lines = list(
        terminal.align_columns([["id", "status", "amount"], ["pi_12345", "open", "10.00"]])
    )
    patch.undo()
    assert lines == ["id        status", "    amount", "pi_12345  open", "    10.00"]


@pytest.mark.parametrize("columns", [30, 60, math.inf])
def test_long_text_has_a_hanging_indent(columns: float) -> None:
    """It is wrapped between words only, and a URL is never split."""
    address = "https://example.com/" + "a" * 60
    text = f"the endpoint {address} is enabled, in the version of the account"
    patch = set_width(columns)
    first, *rest = terminal.hanging_indent("detail  ", text).split("\n")
    patch.undo()
    assert first.startswith("detail  the endpoint")
    assert all(line.startswith(" " * 8) and line[8] != " " for line in rest)
    assert " ".join([first, *(line.strip() for line in rest)]) == f"detail  {text}"
    assert bool(rest) == (columns != math.inf)


def test_two_texts_side_by_side() -> None:
    """One line if they fit, else two, each with its padding if that fits."""
    texts = ("2026-01-31T12:00:00Z  Paid          20.00 EUR", "pi_1  booking-42")
    expected = {
        math.inf: ["  ".join(texts)],
        50: [texts[0], f"    {texts[1]}"],
        42: [re.sub(" {3,}", "  ", texts[0]), f"    {texts[1]}"],
    }
    for columns, lines in expected.items():
        patch = set_width(columns)
        assert terminal.side_by_side(*texts).split("\n") == lines
        patch.undo()
