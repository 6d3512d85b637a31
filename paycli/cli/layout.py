"""Fits text into a terminal's columns. In a pipe or a file every line is as long as it likes."""

import math
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TextIO

_INDENT = 4
_LEAST = 20
"""Into fewer columns than this nothing is wrapped."""
_COLOURS = {"green": 32, "yellow": 33, "red": 31}


def width() -> float:
    """How many columns a line on standard output may have."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf


def moves_cursor(stream: TextIO) -> bool:
    """Whether a terminal understands ECMA-48, as all do that don't call themselves dumb."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def coloured(text: str, colour: str | None) -> str:
    """The text in a colour, where standard output can show one and https://no-color.org agrees."""
    if colour is None or os.environ.get("NO_COLOR") or not moves_cursor(sys.stdout):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def hanging(first: str, text: str) -> str:
    """A line that begins with `first`; what of the text has no room stands below its beginning."""
    room = width() - len(first)
    if len(text) <= room or room < _LEAST:
        return first + text
    return first + f"\n{' ' * len(first)}".join(_wrapped(text, int(room)))


def in_halves(first: str, second: str) -> str:
    """Two halves of a line, the second below the first where it has no room."""
    if len(line := f"{first}  {second}") <= width():
        return line
    return f"{_fitted(first, 0)}\n{_fitted(second, _INDENT)}"


def table(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of rows with padded columns; where all have no room, the last ones go on below."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    groups = list(_folded(widths))
    for row in cells:
        for number, group in enumerate(groups):
            padded = "  ".join(row[column].ljust(widths[column]) for column in group)
            yield (" " * _INDENT * bool(number) + padded).rstrip()


def _folded(widths: Sequence[int]) -> Iterator[list[int]]:
    """Columns that have room beside each other."""
    group: list[int] = []
    used = 0
    for column, its in enumerate(widths):
        if group and used + its > width():
            yield group
            group, used = [], _INDENT
        group.append(column)
        used += its + 2
    yield group


def _fitted(text: str, indent: int) -> str:
    """The text with its columns if they have room, else without, else on several lines."""
    room, before = width() - indent, " " * indent
    if len(text) > room:
        text = re.sub(" {3,}", "  ", text)
    if len(text) <= room or room < _LEAST:
        return before + text
    return before + f"\n{before}{' ' * _INDENT}".join(_wrapped(text, int(room) - _INDENT))


def _wrapped(text: str, room: int) -> list[str]:
    """Ids and addresses stay whole, so that they can be copied."""
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
