"""A topic's records as lines of JSON, byte for byte.

    {"topic": "payments.events", "partition": 0, "offset": 7, "timestamp_ms": 1769860800000,
     "key": "pi_…", "value": "{…}", "headers": [["ce_id", "evt_…"], …]}

Bytes are text where they are UTF-8, else `{"base64": "…"}`; null stays null. Headers keep their
order and repeats.
"""

import binascii
from base64 import b64decode, b64encode
from sys import intern
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from paycli.errors import LineInvalid
from paycli.models import Headers, StoredRecord

Text = str | dict[str, str] | None


def to_line(topic: str, record: StoredRecord) -> bytes:
    """The record as one line, its end included."""
    told = {
        "topic": topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp_ms": record.timestamp_ms,
        "key": record.key,
        "value": record.value,
        "headers": record.headers,
    }
    try:
        return to_json(told, bytes_mode="utf8") + b"\n"
    except PydanticSerializationError:  # not all of it is UTF-8
        told |= {"key": _text(record.key), "value": _text(record.value)}
        told["headers"] = [(name, _text(value)) for name, value in record.headers]
        return to_json(told) + b"\n"


def from_line(line: bytes) -> tuple[str, StoredRecord]:
    """The topic and the record that a line tells. Raises LineInvalid."""
    try:
        told: dict[str, Any] = from_json(line)
        record = StoredRecord(
            partition=_number(told["partition"]),
            offset=_number(told["offset"]),
            timestamp_ms=None if told["timestamp_ms"] is None else _number(told["timestamp_ms"]),
            key=_bytes(told["key"]),
            value=_bytes(told["value"]),
            headers=_headers(told["headers"]),
        )
        return _name(told["topic"]), record
    except (ValueError, TypeError, KeyError):
        raise LineInvalid("is no record as paycli events export writes them") from None


def _headers(told: list[Any]) -> Headers:
    try:
        # Nearly all are text. Interning refuses names that are not, and keeps each name once.
        return tuple([(intern(name), value.encode()) for name, value in told])
    except AttributeError:
        return tuple([(intern(name), _bytes(value)) for name, value in told])


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
