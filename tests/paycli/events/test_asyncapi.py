"""The AsyncAPI document is valid by an independent model, and matches the records."""

import copy
import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from event_table import TABLE, Case
from paycli.events import catalogue
from paycli.events.asyncapi import document
from paycli.events.cloudevents import OPTIONAL_HEADERS, REQUIRED_HEADERS, to_record
from paycli.events.stripe_event import parse_event
from paycli.models import Record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a field named schema shadows Pydantic's
    from asyncapi3.models import AsyncAPI3

DOCUMENT: dict[str, Any] = document("payments.events", "payments.events.unreadable")
MESSAGES = DOCUMENT["components"]["messages"]
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def validate(part: dict[str, Any], value: object) -> None:
    """Validate a value against a schema within the document; raise ValidationError."""
    Draft202012Validator({"components": DOCUMENT["components"], **part}).validate(value)


def record(case: Case, *, broken: bool = False) -> Record:
    """Return the record of a case, or of its event without a required field."""
    body = case.event(account="acct_1")
    if broken:
        del body["data"]["object"][case.required[0]]
    event = parse_event(json.dumps(body).encode())
    internal_event = catalogue.translate(event)
    assert internal_event is not None
    return to_record(
        internal_event, event, topic="t", origin="webhook", livemode=False, traceparent=TRACEPARENT
    )


def test_it_is_an_asyncapi_document() -> None:
    """An independent model of AsyncAPI 3.0 accepts it."""
    AsyncAPI3.model_validate(DOCUMENT)
    assert DOCUMENT["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(
    "fault",
    [
        lambda d: d.pop("info"),
        lambda d: d["info"].pop("version"),
        lambda d: d["channels"]["events"].update(adress="t"),
        lambda d: d["operations"]["publishEvent"].update(action="publish"),
        lambda d: d["operations"]["publishEvent"].pop("channel"),
        lambda d: d["components"]["messages"]["PaymentFailedEvent"].update(payload="x"),
        lambda d: d["components"].update({"messages": []}),
    ],
)
def test_the_model_finds_faults(fault: Callable[[dict[str, Any]], object]) -> None:
    """The control: the model refuses a document with a fault."""
    broken = copy.deepcopy(DOCUMENT)
    fault(broken)
    with pytest.raises(ValueError, match="validation error"):
        AsyncAPI3.model_validate(broken)


def references(part: object) -> Iterator[str]:
    """Yield all references of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_all_references_resolve_and_all_components_are_used() -> None:
    """Every reference has a target, and every component is referred to."""
    found = set(references(DOCUMENT))
    for reference in found:
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    for group in ("messages", "schemas"):
        for name in DOCUMENT["components"][group]:
            assert f"#/components/{group}/{name}" in found


def test_the_topics_are_those_of_the_settings() -> None:
    """Both topics have their configured names and the right events."""
    channels: Any = document("t", "t.unreadable")["channels"]
    assert (channels["events"]["address"], channels["unreadable"]["address"]) == (
        "t",
        "t.unreadable",
    )
    assert set(channels["events"]["messages"]) == {case.name for case in TABLE}
    assert set(channels["unreadable"]["messages"]) == {"StripeEventUnreadable"}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_is_complete(name: str) -> None:
    """A message has a summary, a key, and an example that matches its headers and payload."""
    message = MESSAGES[name]
    [example] = message["examples"]
    validate(message["headers"], example["headers"])
    validate(message["payload"], example["payload"])
    assert message["summary"]
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert set(example["headers"]) == {*REQUIRED_HEADERS, *OPTIONAL_HEADERS}
    ids = {value for field, value in example["payload"].items() if field.endswith("_id")}
    # The account's id is in no field of its own events.
    if not name.startswith("ConnectedAccount"):
        assert example["headers"]["ce_subject"] in ids


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_records_match_their_message(case: Case) -> None:
    """Headers and value of each record are valid, also those of unreadable events."""
    for published, name in (
        (record(case), case.name),
        (record(case, broken=True), "StripeEventUnreadable"),
    ):
        headers = {header: value.decode() for header, value in published.headers}
        validate(MESSAGES[name]["headers"], headers)
        validate(MESSAGES[name]["payload"], json.loads(published.value))
        assert set(headers) == {*REQUIRED_HEADERS, *OPTIONAL_HEADERS}


def test_the_record_of_another_event_does_not_match() -> None:
    """The control: the headers of one event are invalid for the message of another."""
    headers = {header: value.decode() for header, value in record(TABLE[0]).headers}
    with pytest.raises(ValidationError, match="was expected"):
        validate(MESSAGES["PaymentCanceledEvent"]["headers"], headers)
