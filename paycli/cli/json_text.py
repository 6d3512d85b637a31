"""JSON as commands read and print it: RFC 8259, which has neither NaN nor Infinity."""

import json
import math
from typing import TYPE_CHECKING

from paycli.printable import printable_json

if TYPE_CHECKING:
    from pydantic import JsonValue


def to_json_text(value: object, indent: int | None = None) -> str:
    """Returns a value as JSON that is safe on a terminal; null for what is no finite number."""
    try:
        document = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        document = json.dumps(_finite(value), indent=indent, ensure_ascii=False)
    return printable_json(document)


def parse_json(text: str) -> "JsonValue":
    """Parses a document nested at most 200 deep. Raises ValueError, also for 1e999."""
    from pydantic_core import from_json  # rarely used

    value: JsonValue = from_json(text, allow_inf_nan=False)
    json.dumps(value, allow_nan=False)
    return value


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
