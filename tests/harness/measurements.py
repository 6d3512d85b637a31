"""The tables that a run has measured, kept for tests/RESULTS.md if `scripts/results` runs it."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "PAYCLI_RESULTS_FILE"
"""The variable with the path of the file to which tables are appended, one a line, as JSON."""


@dataclass(frozen=True)
class Table:
    """A title, the headings of the columns, and the rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def figures(title: str, values: Mapping[str, object]) -> Table:
    """Return a table with a row for each figure; its name should include the unit."""
    return Table(title, ["", ""], [[name, text(value)] for name, value in values.items()])


def text(value: object) -> str:
    """Return a figure as text: `12,345`, `0.123`, or the counts of a mapping as `200: 5, 503: 2`.

    Numbers below 100 have three significant digits.
    """
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        case Mapping():
            return ", ".join(f"{name}: {text(count)}" for name, count in sorted(value.items()))
        case _:
            return str(value)


def record(*tables: Table) -> None:
    """Append tables to the file that PAYCLI_RESULTS_FILE names; without it do nothing."""
    if path := os.environ.get(FILE):
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(table))}\n" for table in tables)


def read(path: Path) -> list[Table]:
    """Return the tables that were appended to a file."""
    if not path.exists():
        return []
    return [Table(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    # For shell scripts: python -m harness.measurements TITLE NAME=FIGURE...
    record(figures(sys.argv[1], dict(each.split("=", 1) for each in sys.argv[2:])))
