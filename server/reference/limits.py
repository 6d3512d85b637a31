"""What a JSON Schema requires of a value, in words."""

import json
from collections.abc import Iterator

from server.reference.elements import Html, code, join
from server.reference.samples import Json

_RANGES = (
    ("minLength", "maxLength", "character"),
    ("minItems", "maxItems", "item"),
    ("minProperties", "maxProperties", "key"),
    ("minimum", "maximum", ""),
)
_NOTHING: tuple[Json, ...] = (None, "", [], {})


def limits(schema: Json) -> Iterator[Html]:
    """Yields the limits of a value, and of its keys, values or items."""
    for choice in schema.get("anyOf", []):
        yield from limits(choice)
    yield from _limits_of_value(schema)
    for keyword, subject in (
        ("propertyNames", "each key "),
        ("additionalProperties", "each value "),
        ("items", "each item "),
    ):
        if isinstance(schema.get(keyword), dict):
            yield from (join([subject, limit]) for limit in limits(schema[keyword]))


def default_and_example(schema: Json) -> Iterator[Html]:
    """Yields what is used for an absent value, and an example."""
    if schema.get("default") not in _NOTHING:
        yield join(["default ", _value(schema["default"])])
    if schema.get("examples"):
        yield join(["example ", _value(schema["examples"][0])])


def _limits_of_value(schema: Json) -> Iterator[Html]:
    if "enum" in schema:
        yield join(["one of ", join(map(_value, schema["enum"]), ", ")])
    if "const" in schema:
        yield join(["always ", _value(schema["const"])])
    for least, most, unit in _RANGES:
        if least in schema or most in schema:
            yield join([_range(schema.get(least), schema.get(most), unit)])
    if "exclusiveMinimum" in schema:
        yield join([f"above {schema['exclusiveMinimum']}"])
    if "pattern" in schema:
        yield join(["matches ", code(schema["pattern"])])
    if "not" in schema:
        yield join(["not ", _value(schema["not"]["const"])])


def _range(least: int | None, most: int | None, unit: str) -> str:
    if least is None:
        text = f"at most {most:,}"
    elif most is None:
        text = f"at least {least:,}"
    else:
        text = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    plural = unit if not unit or (most or least) == 1 else f"{unit}s"
    return f"{text} {plural}".rstrip()


def _value(value: Json) -> Html:
    return code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
