"""Published values are valid by the JSON Schemas, according to an independent validator."""

import json
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker, ValidationError

from event_table import TABLE, Case
from paycli.events import catalogue
from paycli.events.asyncapi import event_types
from paycli.events.json_schema import document, draft_07_document
from paycli.events.stripe_event import parse_event
from paycli.events.types import BaseEvent

SCHEMAS = {kind.__name__: document(kind) for kind in event_types()}
DRAFT_07 = {kind.__name__: draft_07_document(kind) for kind in event_types()}
# https://json-schema.org/draft-07/schema, and the sections of both specifications.
MEAN_THE_SAME = {
    *("$schema", "$id", "title", "description", "examples", "format", "type", "minLength"),
    *("properties", "required", "additionalProperties", "items"),
}
"""Keywords with the same meaning in both drafts; `items` only if its value is a schema."""
FORMATS = FormatChecker([])
every_event = pytest.mark.parametrize("kind", event_types(), ids=lambda kind: kind.__name__)


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).utcoffset() is not None


def check(name: str, value: object) -> None:
    """Validate a value against the schema of an event; raise ValidationError."""
    Draft202012Validator(SCHEMAS[name], format_checker=FORMATS).validate(value)


def published_value(case: Case) -> dict[str, Any]:
    """Return the value that the service publishes for a case."""
    result = catalogue.translate(parse_event(json.dumps(case.event()).encode()))
    assert result is not None
    value: dict[str, Any] = json.loads(result.value)
    return value


@every_event
def test_each_schema_is_valid(kind: type[BaseEvent]) -> None:
    """Each schema is valid by the draft that it names, and has a unique id."""
    schema = SCHEMAS[kind.__name__]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert len({str(each["$id"]) for each in SCHEMAS.values()}) == len(SCHEMAS)


@every_event
def test_each_field_is_described(kind: type[BaseEvent]) -> None:
    """Each field has a description and an example, and is required."""
    schema: dict[str, Any] = SCHEMAS[kind.__name__]
    assert schema["description"]
    assert schema["properties"].keys() == set(schema["required"])
    for name, field in schema["properties"].items():
        assert field["description"].endswith("."), name
        assert len(field["examples"]) == 1, name
    check(kind.__name__, schema["examples"][0])


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_published_values_are_valid(case: Case) -> None:
    """The value of each event is valid, and has exactly the fields of the schema."""
    value = published_value(case)
    check(case.name, value)
    properties = SCHEMAS[case.name]["properties"]
    assert isinstance(properties, dict)
    assert list(value) == list(properties)


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_other_values_are_invalid(case: Case) -> None:
    """The control: a missing field, or a list in its place, makes a value invalid."""
    value = published_value(case)
    for name in value:
        with pytest.raises(ValidationError):
            check(case.name, {key: inner for key, inner in value.items() if key != name})
        if name != "payment_method_types":
            with pytest.raises(ValidationError):
                check(case.name, {**value, name: [1]})
    with pytest.raises(ValidationError):
        check(case.name, {**value, "occurred_at": "yesterday"})


def other_keywords(schema: Any) -> set[str]:  # noqa: ANN401  (any JSON)
    """Return the keywords of a schema that may not mean the same in both drafts."""
    if not isinstance(schema, dict):
        return set() if isinstance(schema, bool) else {"items"}
    inner = [schema[name] for name in ("items", "additionalProperties") if name in schema]
    inner += schema.get("properties", {}).values()
    return (schema.keys() - MEAN_THE_SAME).union(*map(other_keywords, inner))


@every_event
def test_the_schema_of_registries_is_the_same_as_draft_07(kind: type[BaseEvent]) -> None:
    """Only the draft and the title differ, and all keywords mean the same in both drafts."""
    schema, original = DRAFT_07[kind.__name__], SCHEMAS[kind.__name__]
    Draft7Validator.check_schema(schema)
    Draft7Validator(schema, format_checker=FORMATS).validate(kind.full_example())
    assert {name for name in original if schema[name] != original[name]} == {"$schema", "title"}
    assert schema.keys() == original.keys()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["title"] == f"payments.{kind.__name__}.v1"
    assert other_keywords(schema) == set()


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_both_drafts_judge_the_same(case: Case) -> None:
    """A published value is valid by both, and without or with another type of a field by none."""
    value = published_value(case)
    draft_07 = Draft7Validator(DRAFT_07[case.name], format_checker=FORMATS)
    draft_2020 = Draft202012Validator(SCHEMAS[case.name], format_checker=FORMATS)
    changed = [{key: inner for key, inner in value.items() if key != name} for name in value]
    changed += [{**value, name: wrong} for name in value for wrong in (1, "x", [1], {"a": 1})]
    verdicts = [(draft_07.is_valid(each), draft_2020.is_valid(each)) for each in [value, *changed]]
    assert verdicts[0] == (True, True)
    assert set(verdicts) == {(True, True), (False, False)}


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"prefixItems": []}},
        {"properties": {"a": {"unevaluatedProperties": False}}},
        {"additionalProperties": {"dependentRequired": {}}},
        {"items": [{}]},
    ],
)
def test_a_keyword_of_one_draft_is_found(schema: dict[str, Any]) -> None:
    """The control: keywords that only one draft has, or that it understands differently."""
    assert other_keywords(schema) != set()


def test_additional_fields_are_valid() -> None:
    """A field that is added later is valid by the current schema."""
    check(TABLE[0].name, {**published_value(TABLE[0]), "brand_new": 1})
