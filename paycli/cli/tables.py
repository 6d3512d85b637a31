"""Formats objects and lists of objects as text tables."""

from collections.abc import Iterator, Mapping, Sequence

from paycli import money
from paycli.cli import terminal
from paycli.cli.json_text import to_json_text
from paycli.printable import printable

Row = Mapping[str, object]
_AMOUNTS = ("application_fee", "maximum_capturable")
_SETTLED = ("fee", "net")
"""Amounts whose currency can differ from that of the payment."""


def object_table(row: Row) -> str:
    """Returns a line for each field; amounts are followed by the amount with its decimals.

    The fields of an inner object have paths, such as `charge.card.brand`. Metadata, whose keys can
    be anything, is JSON.
    """
    fields = dict(_fields(row))
    name_width = max(map(len, fields))
    lines = [
        terminal.hanging_indent(f"{name:{name_width}}  ", text) for name, text in fields.items()
    ]
    return "".join(f"{line}\n" for line in lines)


def _fields(row: Row, prefix: str = "", currency: object = None) -> Iterator[tuple[str, str]]:
    """Returns each field's path and its text; an inner object has the `currency` around it."""
    currency = row.get("currency", currency)
    for name, value in row.items():
        if isinstance(value, dict) and value and name != "metadata":
            yield from _fields(value, f"{prefix}{name}.", currency)
        else:
            amount = amount_in({**row, "currency": currency}, name)
            yield f"{prefix}{name}", format_value(value) + (f" ({amount})" if amount else "")


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
    currency = row.get("currency")
    if name in _SETTLED:
        currency = row.get("settlement_currency", currency)
    is_amount = name.startswith("amount") or name in (*_AMOUNTS, *_SETTLED)
    return format_amount(row[name], currency) if is_amount else None


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
