"""A line holds its record byte for byte."""

import json
from base64 import b64encode
from collections import deque
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.errors import LineInvalid
from paycli.models import StoredRecord
from paycli.ops.jsonl import from_line, read_lines, to_line

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PLAIN = StoredRecord("t", 1, 7, 1_769_860_800_000, b"pi_1", b'{"a": 1}', (("ce_id", b"evt_1"),))
nullable = st.none() | st.binary() | st.text().map(str.encode)
records = st.builds(
    StoredRecord,
    topic=st.text(),
    partition=st.integers(0, 2**31 - 1),
    offset=st.integers(0, 2**63 - 1),
    timestamp_ms=st.none() | st.integers(0, 2**63 - 1),
    key=nullable,
    value=nullable,
    headers=st.lists(st.tuples(st.text(), nullable)).map(tuple),
)


@given(records)
def test_a_record_survives_the_round_trip(record: StoredRecord) -> None:
    """Nulls, empty values, any bytes, duplicate headers and their order are kept in one line."""
    line = to_line(record)
    assert line.count(b"\n") == 1
    assert from_line(line) == record


def test_the_format_of_a_line() -> None:
    """UTF-8 is a string, other bytes are base64, null is null: readable by any JSON parser."""
    binary = PLAIN._replace(key=None, headers=(("a", b"\xff\x00"), ("a", None), ("b", b"")))
    assert json.loads(to_line(PLAIN)) == {
        "topic": "t",
        "partition": 1,
        "offset": 7,
        "timestamp_ms": 1_769_860_800_000,
        "key": "pi_1",
        "value": '{"a": 1}',
        "headers": [["ce_id", "evt_1"]],
    }
    line = json.loads(to_line(binary))
    assert line["key"] is None
    base64 = b64encode(b"\xff\x00").decode()
    assert line["headers"] == [["a", {"base64": base64}], ["a", None], ["b", ""]]


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
def test_a_mistyped_or_missing_field_is_refused(field: str, value: object) -> None:
    """A field that is mistyped or missing makes the line invalid; there are no defaults."""
    valid = json.loads(to_line(PLAIN))
    for invalid in ({**valid, field: value}, {k: v for k, v in valid.items() if k != field}):
        with pytest.raises(LineInvalid):
            from_line(json.dumps(invalid).encode())


class ChunkedPipe(RawIOBase):
    """A pipe that returns one of the chunks at each read."""

    def __init__(self, chunks: list[bytes]) -> None:
        """No chunk may be empty."""
        self._chunks = deque(chunks)

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Copy the next chunk into the buffer; return its size, 0 at the end."""
        chunk = self._chunks.popleft() if self._chunks else b""
        memoryview(buffer)[: len(chunk)] = chunk
        return len(chunk)


@given(st.lists(st.binary(min_size=1, max_size=9) | st.just(b"\n")), st.integers(1, 4))
def test_a_file_is_read_by_lines(chunks: list[bytes], batch_size: int) -> None:
    """Lines and positions are right wherever a read ends, and batches have a bounded size."""
    content = b"".join(chunks)
    lines, position = [], 0
    for batch in read_lines(BufferedReader(ChunkedPipe(chunks)), batch_size, start=1000):
        assert 0 < len(batch.lines) <= batch_size
        end = batch.end_position - 1000
        assert content[position:end].removesuffix(b"\n") == b"\n".join(batch.lines)
        position = end
        lines += batch.lines
        assert batch.lines_read == len(lines)
        for index in range(len(batch.lines)):
            assert (
                batch.place(index, from_start=True)
                == f"line {batch.lines_read - len(batch.lines) + index + 1}"
            )
    assert position == len(content)
    assert lines == (content.removesuffix(b"\n").split(b"\n") if content else [])


def test_a_resumed_file_has_places_by_bytes() -> None:
    """The place of a line is the position after its newline if lines cannot be counted."""
    batch, _ = read_lines(BufferedReader(ChunkedPipe([b"a\nbcd\ne"])), 2)
    places = [batch.place(index, from_start=False) for index in range(2)]
    assert places == ["the line that ends at byte 2", "the line that ends at byte 6"]


@pytest.mark.parametrize("line", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"{}"])
def test_other_json_and_malformed_json_are_refused(line: bytes) -> None:
    """A line that is not a record raises LineInvalid."""
    with pytest.raises(LineInvalid):
        from_line(line)


@pytest.mark.parametrize(
    ("field", "number"),
    [
        ("timestamp_ms", 2**63),
        ("timestamp_ms", -1),
        ("partition", 2**31),
        ("partition", 2**40),
        ("offset", 2**63),
        ("offset", -5),
        ("offset", 10**400),
    ],
)
@pytest.mark.parametrize("value", [b"{}", b"\xff"])
def test_a_number_that_kafka_cannot_have_is_refused(field: str, number: int, value: bytes) -> None:
    """Kafka's client would raise OverflowError, or take a negative offset for a special one."""
    line = json.loads(to_line(PLAIN._replace(value=value)))
    with pytest.raises(LineInvalid):
        from_line(json.dumps({**line, field: number}).encode())
