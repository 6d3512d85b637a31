"""Printing: data on standard output as table, json or ndjson; messages on standard error."""

import json
import math
import re
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from paycli import money


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


Output = Annotated[
    Format | None, typer.Option("--output", "-o", help="How to print data.", show_default="table")
]
Json = Annotated[bool, typer.Option("--json", help="Short for -o json.")]

Row = Mapping[str, object]


def chosen(output: Format | None, json_too: bool) -> Format:  # noqa: FBT001  (a flag's value)
    """The format that `-o` and `--json` together mean."""
    if json_too and output not in (None, Format.JSON):
        raise typer.BadParameter(f"--json contradicts -o {output}")
    return Format.JSON if json_too else output or Format.TABLE


def check_name(name: str, known: Collection[str], what: str) -> None:
    """Raises BadParameter, with the nearest name, for one that is not known."""
    if name in known:
        return
    from difflib import get_close_matches  # only where somebody mistyped

    close = get_close_matches(name, known, n=1)
    meant = f": did you mean {close[0]}?" if close else ""
    raise typer.BadParameter(f"there is no {what} {name}{meant}")


def print_one(row: Row, how: Format) -> None:
    """Prints one thing: a table of its fields, or one JSON object."""
    if how is Format.TABLE:
        longest = max(map(len, row))
        for name, value in row.items():
            sys.stdout.write(f"{name:{longest}}  {_shown(value)}\n")
    else:
        _write_json(row, indent=2 if how is Format.JSON else None)


def print_many(rows: Sequence[Row], how: Format) -> None:
    """Prints things of one kind: a table with a row each, a JSON array, or a line each."""
    if how is Format.JSON:
        _write_json(rows, indent=2)
    elif how is Format.NDJSON:
        for row in rows:
            _write_json(row, indent=None)
    elif rows:
        _print_table(rows)


def _print_table(rows: Sequence[Row]) -> None:
    """A row each; where the terminal is too narrow for that, one thing under another, whole."""
    names = list(rows[0])
    cells = [names, *([_shown(row[name]) for name in names] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > width():
        for row in rows:
            print_one(row, Format.TABLE)
            sys.stdout.write("\n")
        return
    for line in cells:
        padded = (cell.ljust(room) for cell, room in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(padded).rstrip() + "\n")


def one_line_or_two(first: str, second: str) -> str:
    """Two halves of a line with its end, the second on a line of its own where it has no room."""
    first, second = printable(first), printable(second)
    line = f"{first}  {second}"
    if len(line) <= width():
        return f"{line}\n"
    first, second = (re.sub(" {3,}", "  ", half) for half in (first, second))
    return f"{first}\n    {second}\n"


def width() -> float:
    """How many columns a line on standard output may have; a pipe takes any."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf


def print_page(
    rows: Sequence[Row], columns: Sequence[str], next_cursor: str | None, how: Format
) -> None:
    """Prints one page of things with amounts, as a table with these columns only.

    JSON is the page as HTTP answers it; else where the next page begins is a message.
    """
    if how is Format.JSON:
        _write_json({"data": rows, "next_cursor": next_cursor}, indent=2)
        return
    if how is Format.TABLE:
        rows = [{**row, "amount": amount_written(row["amount"], row["currency"])} for row in rows]
        rows = [{name: row[name] for name in columns} for row in rows]
    print_many(rows, how)
    if next_cursor is not None:
        say(f"there are more: --cursor {next_cursor}")
    elif not rows:
        say("there are none")


def say(message: str) -> None:
    """A message for the person at the terminal."""
    sys.stderr.write(message + "\n")


def amount_written(amount: object, code: object) -> str:
    """An amount in Stripe's unit as people write it, where its currency's rules are known."""
    if not isinstance(amount, int) or not isinstance(code, str):
        return "-"
    try:
        return money.format_amount(amount, money.currency(code))
    except money.UnknownCurrency:
        return f"{amount} {code}"


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return printable(str(value))


def printable(text: str) -> str:
    """The text without anything that would move a terminal's cursor or change its colours."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _write_json(value: object, indent: int | None) -> None:
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=False) + "\n")
