"""Data is printed exactly, since programs parse it."""

import json

import pytest
import typer

from paycli.cli.output import (
    CommandResult,
    OutputFormat,
    PageOfRows,
    print_message,
    print_result,
    resolve_format,
)
from paycli.cli.tables import Row, format_amount

ROW: Row = {
    "id": "pi_1",
    "amount": 2000,
    "reference": None,
    "livemode": False,
    "note": "Zwei Nächte",
}
OTHER: Row = {"id": "pi_22", "amount": 5, "reference": "r", "livemode": True, "note": ""}


def print_data(data: Row | list[Row], format_: OutputFormat) -> None:
    """Print data as the result of a command."""
    print_result(CommandResult(data), format_)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines of standard output, and check that there were no messages."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\n")
    return out.removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("output", "json_flag", "expected"),
    [
        (None, False, "table"),
        (OutputFormat.TABLE, False, "table"),
        (OutputFormat.NDJSON, False, "ndjson"),
        (OutputFormat.JSON, False, "json"),
        (None, True, "json"),
        (OutputFormat.JSON, True, "json"),
    ],
)
def test_the_default_format_is_a_table(
    output: OutputFormat | None, expected: str, *, json_flag: bool
) -> None:
    """`-o` selects the format, and `--json` is the same as `-o json`."""
    assert resolve_format(output, json=json_flag) == expected


@pytest.mark.parametrize("output", [OutputFormat.TABLE, OutputFormat.NDJSON])
def test_contradicting_formats_are_wrong_usage(output: OutputFormat) -> None:
    """`--json` with another format is refused; neither of them wins."""
    with pytest.raises(typer.BadParameter, match=f"contradicts -o {output}"):
        resolve_format(output, json=True)


def test_one_object_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """One line per field, names padded to the longest; null is `-`, booleans are JSON."""
    print_data(ROW, OutputFormat.TABLE)
    assert lines(capsys) == [
        "id         pi_1",
        "amount     2000",
        "reference  -",
        "livemode   false",
        "note       Zwei Nächte",
    ]


def test_a_table_has_amounts_with_decimals(capsys: pytest.CaptureFixture[str]) -> None:
    """Minor units are followed by the amount with the decimals of its currency."""
    print_data({"amount": 2000, "amount_received": None, "currency": "eur"}, OutputFormat.TABLE)
    print_data({"amount": 2000, "currency": "jpy"}, OutputFormat.TABLE)
    print_data({"application_fee": 800, "currency": "eur"}, OutputFormat.TABLE)
    assert lines(capsys) == [
        "amount           2000 (20.00 EUR)",
        "amount_received  -",
        "currency         eur",
        "amount    2000 (2000 JPY)",
        "currency  jpy",
        "application_fee  800 (8.00 EUR)",
        "currency         eur",
    ]


def test_one_object_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One indented JSON object; non-ASCII letters are not escaped."""
    print_data({"id": "pi_1", "reference": None, "note": "Zwei Nächte"}, OutputFormat.JSON)
    assert capsys.readouterr() == (
        '{\n  "id": "pi_1",\n  "reference": null,\n  "note": "Zwei Nächte"\n}\n',
        "",
    )


def test_one_object_as_ndjson(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object on one line, even if a value has several lines."""
    print_data({"id": "pi_1", "note": "a\nb"}, OutputFormat.NDJSON)
    assert capsys.readouterr() == ('{"id": "pi_1", "note": "a\\nb"}\n', "")


def test_a_list_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A header and one row per object, columns padded, no trailing blanks."""
    print_data([ROW, OTHER], OutputFormat.TABLE)
    assert lines(capsys) == [
        "id     amount  reference  livemode  note",
        "pi_1   2000    -          false     Zwei Nächte",
        "pi_22  5       r          true",
    ]


def test_a_page_has_amounts_with_decimals(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of a list shows amounts with the decimals of their currency only."""
    row: Row = {"id": "pi_1", "amount": 8000, "application_fee": 800, "currency": "eur"}
    columns = ("id", "amount", "application_fee")
    print_result(PageOfRows([row], columns, None), OutputFormat.TABLE)
    assert lines(capsys) == ["id    amount     application_fee", "pi_1  80.00 EUR  8.00 EUR"]


def test_a_page_has_columns_of_inner_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """A column is a path; where an object on it is null, so is the value."""
    rows: list[Row] = [{"id": "pm_1", "card": {"brand": "visa"}}, {"id": "pm_2", "card": None}]
    page = PageOfRows(rows, ("id", "card.brand"), None)
    print_result(page, OutputFormat.TABLE)
    assert [line.split() for line in lines(capsys)] == [
        ["id", "card.brand"],
        ["pm_1", "visa"],
        ["pm_2", "-"],
    ]


def test_a_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON array."""
    print_data([ROW, OTHER], OutputFormat.JSON)
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ([ROW, OTHER], "")


def test_a_list_as_ndjson(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object per line."""
    print_data([ROW, OTHER], OutputFormat.NDJSON)
    out, err = capsys.readouterr()
    assert ([json.loads(line) for line in out.splitlines()], err) == ([ROW, OTHER], "")


@pytest.mark.parametrize(
    ("format_", "expected"),
    [(OutputFormat.TABLE, ""), (OutputFormat.JSON, "[]\n"), (OutputFormat.NDJSON, "")],
)
def test_an_empty_list(
    capsys: pytest.CaptureFixture[str], format_: OutputFormat, expected: str
) -> None:
    """An empty list prints nothing, and as JSON an empty array."""
    print_data([], format_)
    assert capsys.readouterr() == (expected, "")


def test_a_table_has_nested_values_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Objects and lists are JSON in a table."""
    print_data({"metadata": {"k": "v"}, "types": ["card"]}, OutputFormat.TABLE)
    assert capsys.readouterr().out == 'metadata  {"k": "v"}\ntypes     ["card"]\n'


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Messages are never mixed with data."""
    print_message("idempotency key: k")
    assert capsys.readouterr() == ("", "idempotency key: k\n")


@pytest.mark.parametrize("code", ["bgn", "BGN", "xts"])
def test_minor_units_of_an_unknown_currency_are_named(code: str) -> None:
    """20.00 BGN, which Stripe no longer supports, does not look like 2000 BGN."""
    assert format_amount(2000, code) == f"2000 minor units of {code.upper()}"
    assert format_amount(2000, "eur") == "20.00 EUR"  # the control


def test_a_document_has_more_than_its_data(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has the members of the document, and ndjson only the rows."""
    result = CommandResult([{"id": 1}], document={"omitted": 2})
    print_result(result, OutputFormat.JSON)
    assert json.loads(capsys.readouterr().out) == {"data": [{"id": 1}], "omitted": 2}
    print_result(result, OutputFormat.NDJSON)
    assert capsys.readouterr().out == '{"id": 1}\n'
