"""A topic's records as lines of JSON, byte for byte.

    {"topic": "payments.events", "partition": 0, "offset": 7, "timestamp_ms": 1769860800000,
     "key": "pi_…", "value": "{…}", "headers": [["ce_id", "evt_…"], …]}

Bytes are text where they are UTF-8, else `{"base64": "…"}`; null stays null. Headers keep their
order and repeats.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, NamedTuple

from pydantic_core import (
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    ValidationError,
    core_schema,
    from_json,
    to_json,
)

from paycli.errors import LineInvalid
from paycli.models import StoredRecord
from paycli.ops.rate_limit import batched

Text = str | dict[str, str] | None
# Small enough that its lines are still in the processor's cache when they are used.
_READ_BYTES = 1 << 15
_NUMBER = core_schema.int_schema(strict=True, ge=0)
_BYTES = core_schema.nullable_schema(core_schema.bytes_schema())
_HEADER = core_schema.tuple_schema([core_schema.str_schema(), _BYTES])
# Of nothing but text, as nearly all lines are: one call into pydantic's core writes or reads it.
_LINE = core_schema.typed_dict_schema(
    {
        name: core_schema.typed_dict_field(schema)
        for name, schema in {
            "topic": core_schema.str_schema(),
            "partition": _NUMBER,
            "offset": _NUMBER,
            "timestamp_ms": core_schema.nullable_schema(_NUMBER),
            "key": _BYTES,
            "value": _BYTES,
            "headers": core_schema.tuple_schema([_HEADER], variadic_item_index=0),
        }.items()
    }
)
_write = SchemaSerializer(_LINE).to_json
_read = SchemaValidator(_LINE).validate_json


class Lines(NamedTuple):
    """Lines of a file without their ends; the position and the number of lines behind them."""

    texts: list[bytes]
    behind: int
    number: int

    def place(self, index: int, *, counted: bool) -> str:
        """Where one of them is; `counted` if the file was read from its beginning."""
        if counted:
            return f"line {self.number - len(self.texts) + index + 1}"
        later = sum(len(text) + 1 for text in self.texts[index + 1 :])
        return f"the line that ends at byte {self.behind - later}"


def in_lines(file: BufferedReader, most: int, start: int = 0) -> Iterator[Lines]:
    """The lines of a file or pipe as soon as they are there, at most so many at a time.

    `start` is the position of the file, in bytes.
    """
    position, number, rest = start, 0, b""
    while read := file.read1(_READ_BYTES):
        *whole, rest = (rest + read).split(b"\n")
        for texts in batched(whole, most):
            position += sum(map(len, texts)) + len(texts)
            number += len(texts)
            yield Lines(texts, position, number)
    if rest:
        yield Lines([rest], position + len(rest), number + 1)


def to_line(record: StoredRecord) -> bytes:
    """The record as one line, its end included."""
    topic, partition, offset, timestamp_ms, key, value, headers = record
    told = {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "timestamp_ms": timestamp_ms,
        "key": key,
        "value": value,
        "headers": headers,
    }
    try:
        return _write(told) + b"\n"
    except PydanticSerializationError:  # not all of it is UTF-8
        told |= {"key": _text(key), "value": _text(value)}
        told["headers"] = [(name, _text(value)) for name, value in headers]
        return to_json(told) + b"\n"


def from_line(line: bytes) -> StoredRecord:
    """The record that a line tells. Raises LineInvalid."""
    try:
        return StoredRecord(**_read(line))
    except ValidationError:  # perhaps it has base64
        return _read_by_hand(line)


def _read_by_hand(line: bytes) -> StoredRecord:
    try:
        told: dict[str, Any] = from_json(line)
        return StoredRecord(
            topic=_name(told["topic"]),
            partition=_number(told["partition"]),
            offset=_number(told["offset"]),
            timestamp_ms=None if told["timestamp_ms"] is None else _number(told["timestamp_ms"]),
            key=_bytes(told["key"]),
            value=_bytes(told["value"]),
            headers=tuple([(_name(name), _bytes(value)) for name, value in told["headers"]]),
        )
    except (ValueError, TypeError, KeyError):
        raise LineInvalid("is no record as paycli events export writes them") from None


def _text(value: bytes | None) -> Text:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


def _bytes(told: object) -> bytes | None:
    if told is None:
        return None
    if isinstance(told, str):
        return told.encode()
    if not isinstance(told, dict) or told.keys() != {"base64"}:
        raise ValueError("neither text, nor base64, nor null")
    try:
        return b64decode(told["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _number(told: object) -> int:
    if type(told) is not int or told < 0:
        raise ValueError("not a number")
    return told


def _name(told: object) -> str:
    if not isinstance(told, str):
        raise TypeError("not a text")
    return told
