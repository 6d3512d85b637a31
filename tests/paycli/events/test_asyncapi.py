"""The AsyncAPI document is one by an outside model, and true of the records."""

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
    warnings.simplefilter("ignore")  # its fields are named as AsyncAPI's, "schema" among them
    from asyncapi3.models import AsyncAPI3

DOCUMENT: dict[str, Any] = document("payments.events", "payments.events.unreadable")
MESSAGES = DOCUMENT["components"]["messages"]
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def fits(part: dict[str, Any], value: object) -> None:
    """Check a value against a schema within the document; raises ValidationError."""
    Draft202012Validator({"components": DOCUMENT["components"], **part}).validate(value)


def record(case: Case, *, broken: bool = False) -> Record:
    """Return the record that the service writes of the case."""
    made = case.event(account="acct_1")
    if broken:
        del made["data"]["object"][case.required[0]]
    event = parse_event(json.dumps(made).encode())
    told = catalogue.translate(event)
    assert told is not None
    return to_record(
        told, event, topic="t", origin="webhook", livemode=False, traceparent=TRACEPARENT
    )


def test_it_is_an_asyncapi_document() -> None:
    """A model of AsyncAPI 3.0 that is not ours reads it, and says the same again."""
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
def test_the_model_would_notice(fault: Callable[[dict[str, Any]], object]) -> None:
    """The control: with a fault in it, the model refuses it."""
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


def test_each_reference_leads_somewhere() -> None:
    """Whatever is referred to is in the document, and whatever is in it is referred to."""
    found = set(references(DOCUMENT))
    for reference in found:
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
    for group in ("messages", "schemas"):
        for name in DOCUMENT["components"][group]:
            assert f"#/components/{group}/{name}" in found


def test_the_topics_are_those_of_the_settings() -> None:
    """Both topics are there under the names that they have, each with its events."""
    channels: Any = document("t", "t.unreadable")["channels"]
    assert (channels["events"]["address"], channels["unreadable"]["address"]) == (
        "t",
        "t.unreadable",
    )
    assert set(channels["events"]["messages"]) == {case.name for case in TABLE}
    assert set(channels["unreadable"]["messages"]) == {"StripeEventUnreadable"}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_is_told(name: str) -> None:
    """A message has a summary, its key, and an example that fits its headers and payload."""
    message = MESSAGES[name]
    [example] = message["examples"]
    fits(message["headers"], example["headers"])
    fits(message["payload"], example["payload"])
    assert message["summary"]
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert set(example["headers"]) == {*REQUIRED_HEADERS, *OPTIONAL_HEADERS}
    ids = {value for field, value in example["payload"].items() if field.endswith("_id")}
    if name != "ConnectedAccountUpdatedEvent":  # the account's id is in no field of its event
        assert example["headers"]["ce_subject"] in ids


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_the_records_are_as_told(case: Case) -> None:
    """Headers and value of each row's record fit the document, and so does a note on it."""
    for made, name in (
        (record(case), case.name),
        (record(case, broken=True), "StripeEventUnreadable"),
    ):
        headers = {header: value.decode() for header, value in made.headers}
        fits(MESSAGES[name]["headers"], headers)
        fits(MESSAGES[name]["payload"], json.loads(made.value))
        assert set(headers) == {*REQUIRED_HEADERS, *OPTIONAL_HEADERS}


def test_another_events_record_does_not_fit() -> None:
    """The control: the headers of one event don't fit the message of another."""
    headers = {header: value.decode() for header, value in record(TABLE[0]).headers}
    with pytest.raises(ValidationError, match="was expected"):
        fits(MESSAGES["PaymentCanceledEvent"]["headers"], headers)
