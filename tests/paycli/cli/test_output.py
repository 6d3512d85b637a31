"""What is printed, letter by letter: programs read it."""

import json

import pytest
import typer

from paycli.cli.output import Format, chosen, print_many, print_one, say

ROW = {"id": "pi_1", "amount": 2000, "reference": None, "livemode": False, "note": "Zwei Nächte"}
OTHER = {"id": "pi_22", "amount": 5, "reference": "r", "livemode": True, "note": ""}


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what was printed by lines, all ended, and that nothing was said besides."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\n")
    return out.removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("output", "json_too", "expected"),
    [
        (None, False, "table"),
        (Format.TABLE, False, "table"),
        (Format.NDJSON, False, "ndjson"),
        (Format.JSON, False, "json"),
        (None, True, "json"),
        (Format.JSON, True, "json"),
    ],
)
def test_the_format_is_a_table_unless_asked_otherwise(
    output: Format | None, expected: str, *, json_too: bool
) -> None:
    """`-o` says it, and `--json` is short for `-o json`."""
    assert chosen(output, json_too) == expected


@pytest.mark.parametrize("output", [Format.TABLE, Format.NDJSON])
def test_contradicting_formats_are_wrong_usage(output: Format) -> None:
    """`--json` beside another format is refused, not silently one of them."""
    with pytest.raises(typer.BadParameter, match=f"contradicts -o {output}"):
        chosen(output, json_too=True)


def test_one_thing_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A field a line, names padded to the longest; nothing is `-`, booleans are JSON's."""
    print_one(ROW, Format.TABLE)
    assert lines(capsys) == [
        "id         pi_1",
        "amount     2000",
        "reference  -",
        "livemode   false",
        "note       Zwei Nächte",
    ]


def test_an_amount_is_told_as_people_write_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside Stripe's unit, by the rules of its currency; where there is none, alone."""
    print_one({"amount": 2000, "amount_received": None, "currency": "eur"}, Format.TABLE)
    print_one({"amount": 2000, "currency": "jpy"}, Format.TABLE)
    assert lines(capsys) == [
        "amount           2000 (20.00 EUR)",
        "amount_received  -",
        "currency         eur",
        "amount    2000 (2000 JPY)",
        "currency  jpy",
    ]


def test_one_thing_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object in lines, with the letters as they are."""
    print_one({"id": "pi_1", "reference": None, "note": "Zwei Nächte"}, Format.JSON)
    assert capsys.readouterr() == (
        '{\n  "id": "pi_1",\n  "reference": null,\n  "note": "Zwei Nächte"\n}\n',
        "",
    )


def test_one_thing_as_ndjson(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object in one line, also where a value has several."""
    print_one({"id": "pi_1", "note": "a\nb"}, Format.NDJSON)
    assert capsys.readouterr() == ('{"id": "pi_1", "note": "a\\nb"}\n', "")


def test_many_things_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """A row each under a row of names, columns padded, no blanks at the ends."""
    print_many([ROW, OTHER], Format.TABLE)
    assert lines(capsys) == [
        "id     amount  reference  livemode  note",
        "pi_1   2000    -          false     Zwei Nächte",
        "pi_22  5       r          true",
    ]


def test_many_things_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON array."""
    print_many([ROW, OTHER], Format.JSON)
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ([ROW, OTHER], "")


def test_many_things_as_ndjson(capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON object a line."""
    print_many([ROW, OTHER], Format.NDJSON)
    out, err = capsys.readouterr()
    assert ([json.loads(line) for line in out.splitlines()], err) == ([ROW, OTHER], "")


@pytest.mark.parametrize(
    ("how", "expected"), [(Format.TABLE, ""), (Format.JSON, "[]\n"), (Format.NDJSON, "")]
)
def test_no_things(capsys: pytest.CaptureFixture[str], how: Format, expected: str) -> None:
    """Nothing is no line, and as JSON an empty array."""
    print_many([], how)
    assert capsys.readouterr() == (expected, "")


def test_values_with_parts_are_json_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Metadata and lists stand in a table as JSON."""
    print_one({"metadata": {"k": "v"}, "types": ["card"]}, Format.TABLE)
    assert capsys.readouterr().out == 'metadata  {"k": "v"}\ntypes     ["card"]\n'


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said to people is never among the data."""
    say("idempotency key: k")
    assert capsys.readouterr() == ("", "idempotency key: k\n")
