"""Stored records as JSON Lines, byte for byte.

    {"topic": "payments.events", "partition": 0, "offset": 7, "timestamp_ms": 1769860800000,
     "key": "pi_…", "value": "{…}", "headers": [["ce_id", "evt_…"], …]}

Bytes are a string if they are UTF-8, else `{"base64": "…"}`; null stays null. Headers keep their
order and duplicates.
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
from paycli.models.records import INT32_MAX, INT64_MAX
from paycli.ops.batching import batched

JsonBytes = str | dict[str, str] | None
# Small enough that its lines are still in the processor's cache when they are used.
_READ_BYTES = 1 << 15
_INT32 = core_schema.int_schema(strict=True, ge=0, le=INT32_MAX)
_INT64 = core_schema.int_schema(strict=True, ge=0, le=INT64_MAX)
_BYTES = core_schema.nullable_schema(core_schema.bytes_schema())
_HEADER = core_schema.tuple_schema([core_schema.str_schema(), _BYTES])
# Nearly all records are pure UTF-8: one call into pydantic's core writes or reads such a line.
_LINE = core_schema.typed_dict_schema(
    {
        name: core_schema.typed_dict_field(schema)
        for name, schema in {
            "topic": core_schema.str_schema(),
            "partition": _INT32,
            "offset": _INT64,
            "timestamp_ms": core_schema.nullable_schema(_INT64),
            "key": _BYTES,
            "value": _BYTES,
            "headers": core_schema.tuple_schema([_HEADER], variadic_item_index=0),
        }.items()
    }
)
_write = SchemaSerializer(_LINE).to_json
_read = SchemaValidator(_LINE).validate_json


class LineBatch(NamedTuple):
    """Consecutive lines of a file, without their newlines.

    `end_position` is the byte position after the last line; `lines_read` counts all lines up to
    and including it.
    """

    lines: list[bytes]
    end_position: int
    lines_read: int

    def place(self, index: int, *, from_start: bool) -> str:
        """Describes where a line is; `from_start` if the file was read from its beginning."""
        if from_start:
            return f"line {self.lines_read - len(self.lines) + index + 1}"
        bytes_after = sum(len(line) + 1 for line in self.lines[index + 1 :])
        return f"the line that ends at byte {self.end_position - bytes_after}"


def read_lines(file: BufferedReader, batch_size: int, start: int = 0) -> Iterator[LineBatch]:
    """Yields the lines of a file or pipe as they arrive, at most `batch_size` at a time.

    `start` is the current position of the file, in bytes.
    """
    position, lines_read, rest = start, 0, b""
    while chunk := file.read1(_READ_BYTES):
        *complete, rest = (rest + chunk).split(b"\n")
        for lines in batched(complete, batch_size):
            position += sum(map(len, lines)) + len(lines)
            lines_read += len(lines)
            yield LineBatch(lines, position, lines_read)
    if rest:
        yield LineBatch([rest], position + len(rest), lines_read + 1)


def to_line(record: StoredRecord) -> bytes:
    """Returns the record as one line, with its newline."""
    topic, partition, offset, timestamp_ms, key, value, headers = record
    document = {
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "timestamp_ms": timestamp_ms,
        "key": key,
        "value": value,
        "headers": headers,
    }
    try:
        return _write(document) + b"\n"
    except PydanticSerializationError:  # some bytes are not UTF-8
        document |= {"key": _to_json_bytes(key), "value": _to_json_bytes(value)}
        document["headers"] = [(name, _to_json_bytes(value)) for name, value in headers]
        return to_json(document) + b"\n"


def from_line(line: bytes) -> StoredRecord:
    """Returns the record of a line. Raises LineInvalid."""
    try:
        return StoredRecord(**_read(line))
    except ValidationError:  # the line may have base64
        return _parse_with_base64(line)


def _parse_with_base64(line: bytes) -> StoredRecord:
    try:
        document: dict[str, Any] = from_json(line)
        timestamp_ms = document["timestamp_ms"]
        return StoredRecord(
            topic=_string(document["topic"]),
            partition=_number(document["partition"], INT32_MAX),
            offset=_number(document["offset"]),
            timestamp_ms=None if timestamp_ms is None else _number(timestamp_ms),
            key=_from_json_bytes(document["key"]),
            value=_from_json_bytes(document["value"]),
            headers=tuple(
                [(_string(name), _from_json_bytes(value)) for name, value in document["headers"]]
            ),
        )
    except (ValueError, TypeError, KeyError):
        raise LineInvalid("is not a record written by `paycli events export`") from None


def _to_json_bytes(value: bytes | None) -> JsonBytes:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}


def _from_json_bytes(value: object) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, dict) or value.keys() != {"base64"}:
        raise ValueError("neither a string, nor base64, nor null")
    try:
        return b64decode(value["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _number(value: object, maximum: int = INT64_MAX) -> int:
    if type(value) is not int or not 0 <= value <= maximum:
        raise ValueError("not an integer from 0 to the maximum")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value
