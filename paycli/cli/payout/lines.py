"""The lines of a payout as CSV and as JSON Lines, with a last line if their sum is wrong."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from paycli.cli.json_text import to_json_text
from paycli.cli.tables import format_amount

if TYPE_CHECKING:
    from paycli.models import PayoutTransaction
    from paycli.payments.payouts import PayoutCheck

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  (full width)
"""What makes spreadsheets read a text as a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
_ESCAPE = "'"


def csv_lines(lines: Iterable["PayoutTransaction"], check: "PayoutCheck") -> Iterator[str]:
    """Yields the lines as CSV (RFC 4180) with a header; amounts are in minor units.

    A text that a spreadsheet would read as a formula, or that starts with an apostrophe, gets an
    apostrophe in front; without one leading apostrophe it is the original. Ends with a line
    whose `id` is an error message if `check` does not hold after the others.
    """
    from paycli.models import PayoutTransaction

    remaining = iter(lines)
    first = list(islice(remaining, 1))  # fails, if at all, before the header is written
    yield _csv_line(PayoutTransaction.model_fields)
    for line in chain(first, remaining):
        yield _csv_line(line.model_dump().values())
    if not check.holds:
        blanks = [""] * (len(PayoutTransaction.model_fields) - 1)
        yield _csv_line([f"ERROR: {problem(check)}", *blanks])


def ndjson_lines(lines: Iterable["PayoutTransaction"], check: "PayoutCheck") -> Iterator[str]:
    """Yields each line as the HTTP API has it, then one with `error` if `check` does not hold."""
    for line in lines:
        yield to_json_text(line.model_dump()) + "\n"
    if not check.holds:
        yield to_json_text({"error": problem(check)}) + "\n"


def problem(check: "PayoutCheck") -> str:
    """Says by how much the lines differ from the payout."""
    payout = check.payout
    others = check.in_other_currencies
    suffix = f", and {others} are in another currency" if others else ""
    return (
        f"the {check.lines} lines of {payout.id} sum to "
        f"{format_amount(check.net, payout.currency)}, but the payout is "
        f"{format_amount(payout.amount, payout.currency)}{suffix}: do not book them"
    )


def _csv_line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_safe(cell) for cell in cells])
    return text.getvalue()


def _safe(cell: object) -> object:
    is_escaped = isinstance(cell, str) and cell.startswith((_ESCAPE, *_FORMULA_STARTS))
    return f"{_ESCAPE}{cell}" if is_escaped else cell
