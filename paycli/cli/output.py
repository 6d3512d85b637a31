"""Prints what commands return: data on standard output, messages on standard error."""

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from paycli.cli.json_text import to_json_text
from paycli.cli.tables import Row, amount_in, list_table, object_table
from paycli.printable import printable, shell_word


class OutputFormat(StrEnum):
    """The formats of data on standard output."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


FormatOption = Annotated[
    OutputFormat | None, typer.Option("--output", "-o", help="Output format; table by default.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Same as -o json.")]


@dataclass(frozen=True, slots=True)
class TableView:
    """The table of a result, with messages that are printed above and below it."""

    text: str
    above: Sequence[str] = ()
    below: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command returns.

    `data` is one object or a list of objects; `table` is its table where that is not just the
    data. `messages` are printed after the data in every format. A `document` has further members
    for the JSON document, which then has the data as its member `data`.
    """

    data: Row | Sequence[Row]
    table: TableView | None = None
    messages: Sequence[str] = ()
    exit_code: int = 0
    document: Row | None = None


@dataclass(frozen=True, slots=True)
class PageOfRows:
    """A page of a list, as a command returns it.

    The table shows only `columns`, by path, of the rows, or of `shown` where that is not just them.
    """

    rows: Sequence[Row]
    columns: Sequence[str]
    next_cursor: str | None
    shown: Sequence[Row] | None = None


def prints_result(
    command: Callable[..., CommandResult | PageOfRows],
) -> Callable[..., None]:
    """Adds the options `--output` and `--json` to a command, and prints what it returns."""

    @functools.wraps(command)
    def run(
        *args: Any,  # noqa: ANN401  (the command's own)
        output: OutputFormat | None,
        json: bool,
        **kwargs: Any,  # noqa: ANN401  (the same)
    ) -> None:
        format_ = resolve_format(output, json=json)
        print_result(command(*args, **kwargs), format_)

    signature = inspect.signature(command)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=option, default=default)
        for name, option, default in (
            ("output", FormatOption, None),
            ("json", JsonOption, False),
        )
    ]
    parameters = [*signature.parameters.values(), *options]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by Typer
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def resolve_format(output: OutputFormat | None, *, json: bool) -> OutputFormat:
    """Returns the format that `--output` and `--json` select. Raises BadParameter."""
    if json and output not in (None, OutputFormat.JSON):
        raise typer.BadParameter(f"--json contradicts -o {output}")
    return OutputFormat.JSON if json else output or OutputFormat.TABLE


def print_result(result: CommandResult | PageOfRows, format_: OutputFormat) -> None:
    """Prints a result. Raises Exit if its exit code is not 0."""
    if isinstance(result, PageOfRows):
        _print_page(result, format_)
        return
    if format_ is OutputFormat.TABLE:
        _print_table(result.table or TableView(_table(result.data)))
    elif format_ is OutputFormat.JSON and result.document is not None:
        print_json({"data": result.data, **result.document}, format_)
    else:
        print_json(result.data, format_)
    for message in result.messages:
        print_message(message)
    if result.exit_code:
        raise typer.Exit(result.exit_code)


def print_json(data: Row | Sequence[Row], format_: OutputFormat) -> None:
    """Prints one JSON document, or with NDJSON one line for each object."""
    if format_ is not OutputFormat.NDJSON:
        _write_json(data, indent=2)
        return
    for row in data if isinstance(data, Sequence) else [data]:
        _write_json(row, indent=None)


def print_message(message: str) -> None:
    """Prints a message for the user on standard error, safe for a terminal."""
    sys.stderr.write(printable(message, keep="\n") + "\n")


def _print_page(page: PageOfRows, format_: OutputFormat) -> None:
    """JSON is the same document as the HTTP response; otherwise the cursor is a message."""
    if format_ is OutputFormat.JSON:
        print_json({"data": page.rows, "next_cursor": page.next_cursor}, format_)
        return
    if format_ is OutputFormat.TABLE:
        shown = page.rows if page.shown is None else page.shown
        rows = [{name: _cell(row, name) for name in page.columns} for row in shown]
        _print_table(TableView(_table(rows)))
    else:
        print_json(page.rows, format_)
    if page.next_cursor is not None:
        print_message(f"more results: --cursor {shell_word(page.next_cursor)}")
    elif not page.rows:
        print_message("no results")


def _cell(row: Row, name: str) -> object:
    """Returns a value as the tables of lists show it: amounts with their decimals.

    `name` may be a path such as `card.brand`, whose value is None if an object on it is.
    """
    first, _, rest = name.partition(".")
    if rest:
        inner = row[first]
        return _cell(inner, rest) if isinstance(inner, dict) else None
    amount = amount_in(row, name)
    return row[name] if amount is None else amount


def _print_table(table: TableView) -> None:
    for message in table.above:
        print_message(message)
    sys.stdout.write(table.text)
    for message in table.below:
        print_message(message)


def _table(data: Row | Sequence[Row]) -> str:
    return list_table(data) if isinstance(data, Sequence) else object_table(data)


def _write_json(value: object, indent: int | None) -> None:
    sys.stdout.write(to_json_text(value, indent) + "\n")
