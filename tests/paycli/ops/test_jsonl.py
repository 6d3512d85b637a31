"""A record's line tells it to the byte, whatever it holds."""

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
from paycli.ops.jsonl import from_line, in_lines, to_line

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

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


class Pieces(RawIOBase):
    """A pipe from which come these pieces, one at each read."""

    def __init__(self, pieces: list[bytes]) -> None:
        """In: the pieces, none of them empty."""
        self._pieces = deque(pieces)

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill in the next piece; returns its size, 0 at the end."""
        piece = self._pieces.popleft() if self._pieces else b""
        memoryview(buffer)[: len(piece)] = piece
        return len(piece)


@given(st.lists(st.binary(min_size=1, max_size=9) | st.just(b"\n")), st.integers(1, 4))
def test_a_file_is_read_in_its_lines(pieces: list[bytes], most: int) -> None:
    """Wherever a read ends, the lines are the file's, few at a time, and their ends are told."""
    whole = b"".join(pieces)
    lines, behind = [], 0
    for read in in_lines(BufferedReader(Pieces(pieces)), most, start=1000):
        assert 0 < len(read.texts) <= most
        end = read.behind - 1000
        assert whole[behind:end].removesuffix(b"\n") == b"\n".join(read.texts)
        behind = end
        lines += read.texts
        assert read.number == len(lines)
        for index in range(len(read.texts)):
            assert (
                read.place(index, counted=True)
                == f"line {read.number - len(read.texts) + index + 1}"
            )
    assert behind == len(whole)
    assert lines == (whole.removesuffix(b"\n").split(b"\n") if whole else [])


def test_a_place_is_told_by_bytes_where_lines_are_not_counted() -> None:
    """Each line's end, its newline included."""
    read, _ = in_lines(BufferedReader(Pieces([b"a\nbcd\ne"])), 2)
    places = [read.place(index, counted=False) for index in range(2)]
    assert places == ["the line that ends at byte 2", "the line that ends at byte 6"]


@pytest.mark.parametrize("line", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"{}"])
def test_other_json_and_no_json_are_refused(line: bytes) -> None:
    """Whatever else stands on a line is LineInvalid."""
    with pytest.raises(LineInvalid):
        from_line(line)
