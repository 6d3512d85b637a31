"""Printing: data on standard output as table, json or ndjson; messages on standard error."""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from paycli import money
from paycli.cli import layout


class Format(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


Output = Annotated[
    Format | None, typer.Option("--output", "-o", help="How to print data; by default a table.")
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
    """Prints one thing: a table of its fields, or one JSON object.

    In a table amounts are told as people write them too.
    """
    if how is Format.TABLE:
        longest = max(map(len, row))
        for name, value in row.items():
            written = amount_written(value, row.get("currency"))
            told = f" ({written})" if name.startswith("amount") and written else ""
            sys.stdout.write(layout.hanging(f"{name:{longest}}  ", _shown(value) + told) + "\n")
    else:
        _write_json(row, indent=2 if how is Format.JSON else None)


def print_many(rows: Sequence[Row], how: Format, alarm: str = "") -> None:
    """Prints things of one kind: a table with a row each, a JSON array, or a line each.

    The word `alarm` stands out in a table.
    """
    if how is Format.JSON:
        _write_json(rows, indent=2)
    elif how is Format.NDJSON:
        for row in rows:
            _write_json(row, indent=None)
    elif rows:
        names = list(rows[0])
        for line in layout.table([names, *([_shown(row[name]) for name in names] for row in rows)]):
            shown = line.replace(alarm, layout.coloured(alarm, "red")) if alarm else line
            sys.stdout.write(f"{shown}\n")


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


def amount_written(amount: object, code: object) -> str | None:
    """An amount in Stripe's unit as people write it, where its currency's rules are known."""
    if not isinstance(amount, int) or not isinstance(code, str):
        return None
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
