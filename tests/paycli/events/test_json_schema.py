"""The JSON Schemas fit what the service writes, judged by an outside validator."""

import json
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from event_table import TABLE, Case
from paycli.events import catalogue
from paycli.events.asyncapi import event_types
from paycli.events.json_schema import document
from paycli.events.stripe_event import parse_event
from paycli.events.types import PublishedEvent

SCHEMAS = {kind.__name__: document(kind) for kind in event_types()}
FORMATS = FormatChecker([])
every_event = pytest.mark.parametrize("kind", event_types(), ids=lambda kind: kind.__name__)


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).utcoffset() is not None


def check(name: str, value: object) -> None:
    """Check that the value fits the event's schema; raises ValidationError."""
    Draft202012Validator(SCHEMAS[name], format_checker=FORMATS).validate(value)


def told(case: Case) -> dict[str, Any]:
    """Return what the service writes of the case."""
    found = catalogue.translate(parse_event(json.dumps(case.event()).encode()))
    assert found is not None
    value: dict[str, Any] = json.loads(found.value)
    return value


@every_event
def test_it_is_a_json_schema(kind: type[PublishedEvent]) -> None:
    """Each is valid by the draft that it names, and has a name of its own."""
    schema = SCHEMAS[kind.__name__]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    assert len({str(each["$id"]) for each in SCHEMAS.values()}) == len(SCHEMAS)


@every_event
def test_each_field_is_told(kind: type[PublishedEvent]) -> None:
    """Each field has its meaning and an example, is always there, and the event has its own."""
    schema: dict[str, Any] = SCHEMAS[kind.__name__]
    assert schema["description"]
    assert schema["properties"].keys() == set(schema["required"])
    for name, field in schema["properties"].items():
        assert field["description"].endswith("."), name
        assert len(field["examples"]) == 1, name
    check(kind.__name__, schema["examples"][0])


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_what_is_written_fits(case: Case) -> None:
    """The value that the service writes of each row fits, and has just the schema's fields."""
    value = told(case)
    check(case.name, value)
    properties = SCHEMAS[case.name]["properties"]
    assert isinstance(properties, dict)
    assert list(value) == list(properties)


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_what_is_not_written_does_not_fit(case: Case) -> None:
    """The control: without any one of its fields, or with a list in its place, no value fits."""
    value = told(case)
    for name in value:
        with pytest.raises(ValidationError):
            check(case.name, {key: inner for key, inner in value.items() if key != name})
        if name != "payment_method_types":
            with pytest.raises(ValidationError):
                check(case.name, {**value, name: [1]})
    with pytest.raises(ValidationError):
        check(case.name, {**value, "occurred_at": "yesterday"})


def test_more_fields_fit() -> None:
    """A field that is added later fits the schema of today."""
    check(TABLE[0].name, {**told(TABLE[0]), "brand_new": 1})
