"""Fits text into the columns of a terminal. In a pipe or a file, lines are not wrapped."""

import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

_INDENT = 4
_MIN_COLUMNS = 20
"""In fewer columns than this, text is not wrapped."""
_COLORS = {"green": 32, "yellow": 33, "red": 31}


def width() -> float:
    """Returns the number of columns of standard output, infinity if it is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf


def supports_control_sequences(stream: TextIO) -> bool:
    """Whether the stream is a terminal with ECMA-48 sequences: any but `TERM=dumb`."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def colored(text: str, color: str | None) -> str:
    """Returns the text in a color if standard output has colors and NO_COLOR is unset.

    https://no-color.org
    """
    if color is None or os.environ.get("NO_COLOR") or not supports_control_sequences(sys.stdout):
        return text
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m"


def hanging_indent(prefix: str, text: str) -> str:
    """Returns prefix and text; further lines of a wrapped text are indented by the prefix."""
    columns = width() - len(prefix)
    if len(text) <= columns or columns < _MIN_COLUMNS:
        return prefix + text
    return prefix + f"\n{' ' * len(prefix)}".join(_wrap(text, int(columns)))


def side_by_side(left: str, right: str) -> str:
    """Returns both texts on one line, or `right` on a second line if it does not fit."""
    if len(line := f"{left}  {right}") <= width():
        return line
    return f"{_fit(left, 0)}\n{_fit(right, _INDENT)}"


def align_columns(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yields lines of padded columns; the last columns go on an indented line if they don't fit."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    column_groups = list(_columns_by_line(widths))
    for row in cells:
        for number, group in enumerate(column_groups):
            padded = "  ".join(row[column].ljust(widths[column]) for column in group)
            yield (" " * _INDENT * bool(number) + padded).rstrip()


def _columns_by_line(widths: Sequence[int]) -> Iterator[list[int]]:
    """Yields the indexes of the columns that fit on one line together."""
    group: list[int] = []
    used = 0
    for column, column_width in enumerate(widths):
        if group and used + column_width > width():
            yield group
            group, used = [], _INDENT
        group.append(column)
        used += column_width + 2
    yield group


def _fit(text: str, indent: int) -> str:
    """Returns the text with its padding if that fits, else without, else wrapped."""
    columns, margin = width() - indent, " " * indent
    if len(text) > columns:
        text = re.sub(" {3,}", "  ", text)
    if len(text) <= columns or columns < _MIN_COLUMNS:
        return margin + text
    return margin + f"\n{margin}{' ' * _INDENT}".join(_wrap(text, int(columns) - _INDENT))


def _wrap(text: str, columns: int) -> list[str]:
    """Wraps between words only: ids and URLs are not split, so that they can be copied."""
    return textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
