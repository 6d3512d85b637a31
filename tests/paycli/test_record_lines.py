"""A record's line tells it to the byte, whatever it holds."""

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.errors import LineInvalid
from paycli.models import StoredRecord
from paycli.record_lines import from_line, to_line

PLAIN = StoredRecord("t", 1, 7, 1_769_860_800_000, b"pi_1", b'{"a": 1}', (("ce_id", b"evt_1"),))
nullable = st.none() | st.binary() | st.text().map(str.encode)
records = st.builds(
    StoredRecord,
    topic=st.text(),
    partition=st.integers(0, 1000),
    offset=st.integers(0, 2**62),
    timestamp_ms=st.none() | st.integers(0, 2**52),
    key=nullable,
    value=nullable,
    headers=st.lists(st.tuples(st.text(), nullable)).map(tuple),
)


@given(records)
def test_there_and_back_is_the_same(record: StoredRecord) -> None:
    """Nulls, empty values, any bytes, repeats and order come back, in a line of its own."""
    line = to_line(record)
    assert line.count(b"\n") == 1
    assert from_line(line) == record


def test_the_line_is_what_the_readme_says() -> None:
    """Text is text, other bytes are base64, null is null: readable by any JSON parser."""
    odd = PLAIN._replace(key=None, headers=(("a", b"\xff\x00"), ("a", None), ("b", b"")))
    assert json.loads(to_line(PLAIN)) == {
        "topic": "t",
        "partition": 1,
        "offset": 7,
        "timestamp_ms": 1_769_860_800_000,
        "key": "pi_1",
        "value": '{"a": 1}',
        "headers": [["ce_id", "evt_1"]],
    }
    told = json.loads(to_line(odd))
    assert told["key"] is None
    base64 = b64encode(b"\xff\x00").decode()
    assert told["headers"] == [["a", {"base64": base64}], ["a", None], ["b", ""]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("partition", "1"),
        ("offset", -1),
        ("offset", True),
        ("timestamp_ms", 1.5),
        ("key", 7),
        ("key", {"base64": "é"}),
        ("key", {"base64": "abc"}),
        ("key", {"hex": "00"}),
        ("headers", [["a"]]),
        ("headers", [[1, "b"]]),
        ("headers", None),
        ("topic", None),
    ],
)
def test_what_is_no_record_is_refused(field: str, value: object) -> None:
    """A field that is mistyped or missing makes the line invalid; nothing is guessed."""
    told = json.loads(to_line(PLAIN))
    for wrong in ({**told, field: value}, {k: v for k, v in told.items() if k != field}):
        with pytest.raises(LineInvalid):
            from_line(json.dumps(wrong).encode())


@pytest.mark.parametrize("line", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"{}"])
def test_other_json_and_no_json_are_refused(line: bytes) -> None:
    """Whatever else stands on a line is LineInvalid."""
    with pytest.raises(LineInvalid):
        from_line(line)
