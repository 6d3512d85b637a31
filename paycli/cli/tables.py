"""Formats objects and lists of objects as text tables."""

from collections.abc import Mapping, Sequence

from paycli import money
from paycli.cli import terminal
from paycli.cli.json_text import to_json_text
from paycli.printable import printable

Row = Mapping[str, object]


def object_table(row: Row) -> str:
    """Returns a line for each field; amounts are followed by the amount with its decimals."""
    name_width = max(map(len, row))
    lines = []
    for name, value in row.items():
        amount = amount_in(row, name)
        suffix = f" ({amount})" if amount else ""
        lines.append(
            terminal.hanging_indent(f"{name:{name_width}}  ", format_value(value) + suffix)
        )
    return "".join(f"{line}\n" for line in lines)


def list_table(rows: Sequence[Row], highlight: str = "") -> str:
    """Returns a header and a line for each row; "" without rows.

    The word `highlight` is red, where standard output has colors.
    """
    if not rows:
        return ""
    names = list(rows[0])
    cells = [names, *([format_value(row[name]) for name in names] for row in rows)]
    lines = terminal.align_columns(cells)
    if highlight:
        lines = (line.replace(highlight, terminal.colored(highlight, "red")) for line in lines)
    return "".join(f"{line}\n" for line in lines)


def amount_in(row: Row, name: str) -> str | None:
    """Returns the field as `format_amount` does; None if it is no amount, by its name and value."""
    is_amount = name.startswith("amount") or name in ("application_fee", "fee", "net")
    return format_amount(row[name], row.get("currency")) if is_amount else None


def format_amount(amount: object, currency_code: object) -> str | None:
    """Returns an amount in Stripe's unit with its decimals and currency, such as `20.00 EUR`.

    Returns `2000 minor units of BGN` for a currency whose decimals are unknown, such as one that
    Stripe no longer supports; None for anything that is no amount.
    """
    if not isinstance(amount, int) or not isinstance(currency_code, str):
        return None
    try:
        return money.format_amount(amount, money.currency(currency_code))
    except money.UnknownCurrency:
        return f"{amount} minor units of {currency_code.upper()}"


def format_value(value: object) -> str:
    """Returns `-` for None, JSON for objects, lists and booleans, else printable text."""
    if value is None:
        return "-"
    if isinstance(value, dict | list | bool):
        return to_json_text(value)
    return printable(str(value))
