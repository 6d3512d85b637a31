"""Nothing that a command prints can control a terminal, whatever text it got from outside."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from paycli.cli.help import PaycliTyper
from paycli.cli.json_text import parse_json, to_json_text
from paycli.cli.output import CommandResult, OutputFormat, PageOfRows, print_message, print_result
from paycli.cli.progress import ProgressLine

ANY_TEXT = st.text(st.characters())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries(
    {"id": ANY_TEXT, "amount": st.integers(), "currency": ANY_TEXT, "data": VALUES}
)


def printed(result: CommandResult | PageOfRows, format_: OutputFormat) -> Iterator[str]:
    """Yield what is written to both streams, which encode as UTF-8 and refuse surrogates."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        print_result(result, format_)
    for stream in streams:
        stream.seek(0)
        yield stream.read()


@given(ROWS, st.sampled_from(OutputFormat), ANY_TEXT, st.sampled_from(["page", "list"]))
def test_any_result_is_printed_without_control_characters(
    row: dict[str, object], format_: OutputFormat, text: str, kind: str
) -> None:
    """In every format, data and messages have only printable characters and line breaks."""
    result = (
        PageOfRows([row], list(row), next_cursor=text)
        if kind == "page"
        else CommandResult([row], messages=[text])
    )
    for output in printed(result, format_):
        assert output.replace("\n", "").isprintable()


FINITE = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(FINITE)
def test_printed_json_means_the_same(value: object) -> None:
    """Whatever a value contains, a parser reads it back."""
    assert json.loads(to_json_text(value)) == value


@given(VALUES)
def test_printed_json_has_no_nan(value: object) -> None:
    """A parser finds none of the names that JSON does not have."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    json.loads(to_json_text(value), parse_constant=refuse)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_null(number: float) -> None:
    """JSON has no such number; those around it are printed."""
    assert json.loads(to_json_text({"a": [number, 1.5], "b": "NaN"})) == {
        "a": [None, 1.5],
        "b": "NaN",
    }


@pytest.mark.parametrize("text", ["NaN", "1e999", "[-1e999]", "[" * 100_000, "9" * 5000, "", "{"])
def test_what_is_not_json_is_not_parsed(text: str) -> None:
    """NaN, infinite numbers and absurd depths are refused like any syntax error."""
    with pytest.raises(ValueError, match=r".*"):
        parse_json(text)


@given(ANY_TEXT)
def test_a_message_has_no_control_characters(text: str) -> None:
    """Messages and progress keep line breaks at most."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with redirect_stderr(stream):
        print_message(text)
        ProgressLine()._write(text)  # it is drawn only after a second
    stream.seek(0)
    assert stream.read().replace("\n", "").isprintable()


@given(ANY_TEXT.filter(lambda text: not text.startswith("-") and text != ""))
def test_a_usage_error_has_no_control_characters(text: str) -> None:
    """An error that repeats an argument is safe, too."""
    app = PaycliTyper()

    def command(argument: str) -> None:
        raise typer.BadParameter(f"{argument} can't be read")

    app.add(command)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["command", text])
    assert done.exit_code == 2
    assert done.output.replace("\n", "").isprintable()
