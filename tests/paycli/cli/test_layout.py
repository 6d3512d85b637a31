"""What is printed fits the terminal: nothing is cut off, and ids stay whole."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.cli import layout

CELLS = st.text("abcdefgh", min_size=1, max_size=30)


def of_width(columns: float) -> pytest.MonkeyPatch:
    """Let standard output have so many columns, until `undo`."""
    patch = pytest.MonkeyPatch()
    patch.setattr(layout, "width", lambda: columns)
    return patch


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1), st.integers(40, 150))
def test_a_table_has_every_cell_whole(cells: list[list[str]], columns: int) -> None:
    """At any width no line is too long, and each row's cells are there in their order."""
    patch = of_width(columns)
    lines = list(layout.table(cells))
    patch.undo()
    assert all(len(line) <= columns for line in lines)
    assert " ".join(lines).split() == [cell for row in cells for cell in row]


def test_columns_stand_below_each_other() -> None:
    """Where a row has no room its last columns go on below, aligned there too."""
    patch = of_width(20)
    lines = list(layout.table([["id", "status", "amount"], ["pi_12345", "open", "10.00"]]))
    patch.undo()
    assert lines == ["id        status", "    amount", "pi_12345  open", "    10.00"]


@pytest.mark.parametrize("columns", [30, 60, math.inf])
def test_long_text_hangs_below_its_beginning(columns: float) -> None:
    """It is broken between words only, and an address stays in one piece, whatever its length."""
    address = "https://example.com/" + "a" * 60
    text = f"the endpoint {address} is enabled, in the version of the account"
    patch = of_width(columns)
    first, *rest = layout.hanging("detail  ", text).split("\n")
    patch.undo()
    assert first.startswith("detail  the endpoint")
    assert all(line.startswith(" " * 8) and line[8] != " " for line in rest)
    assert " ".join([first, *(line.strip() for line in rest)]) == f"detail  {text}"
    assert bool(rest) == (columns != math.inf)


def test_a_line_in_two_halves() -> None:
    """One line where there is room; else two, with their columns if these have room."""
    halves = ("2026-01-31T12:00:00Z  Paid          20.00 EUR", "pi_1  booking-42")
    expected = {
        math.inf: ["  ".join(halves)],
        50: [halves[0], f"    {halves[1]}"],
        42: [re.sub(" {3,}", "  ", halves[0]), f"    {halves[1]}"],
    }
    for columns, lines in expected.items():
        patch = of_width(columns)
        assert layout.in_halves(*halves).split("\n") == lines
        patch.undo()
