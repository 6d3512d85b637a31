"""The header `__value_schema_id` is the one that Confluent's deserializers read."""

import io
import json
import uuid
from typing import Any

import pytest
from confluent_kafka.schema_registry.serde import SchemaId

from paycli.events.asyncapi import event_types
from paycli.events.schema_ids import header_values, to_text
from paycli.models import RegisteredSchema

TYPES = {kind.__name__: f"payments.{kind.__name__}.v1" for kind in event_types()}
GUID = "89791762-2336-4186-9674-299b90a802e2"
WRONG_IDS: list[object] = [
    *(7, {}, {"id": "7"}, {"id": True}, {"id": -1}, {"id": 2**31}, {"id": 1.5}),
    *({"id": 7, "guid": GUID[:-1]}, {"id": 7, "guid": 5}),
]


def file(**changes: object) -> bytes:
    """Return a file in which all events have the id 7, with changes by event."""
    ids: dict[str, Any] = {type_: {"id": 7, "guid": None} for type_ in TYPES.values()}
    ids |= {TYPES[name]: value for name, value in changes.items()}
    return json.dumps({name: value for name, value in ids.items() if value is not None}).encode()


def read(header: bytes) -> SchemaId:
    """Return what Confluent's library reads from the header."""
    found = SchemaId("JSON")
    rest = found.from_bytes(io.BytesIO(header))
    assert rest.read() == b""
    return found


def test_every_event_has_the_id_of_its_schema() -> None:
    """What `publish` writes, Confluent's library reads from the header: the GUID, or the id."""
    registered = {
        type_: RegisteredSchema(
            type_, 1, number, str(uuid.UUID(int=number)) if number % 2 else None
        )
        for number, type_ in enumerate(TYPES.values(), 2**31 - 1 - len(TYPES))
    }
    headers = header_values(to_text(registered).encode(), event_types())
    assert headers.keys() == TYPES.keys()
    for name, header in headers.items():
        expected, found = registered[TYPES[name]], read(header)
        if expected.guid is None:
            assert (found.id, found.guid) == (expected.id, None)
            assert header == SchemaId("JSON", expected.id).id_to_bytes()
        else:
            assert (found.id, str(found.guid)) == (None, expected.guid)
            assert header == SchemaId("JSON", 1, expected.guid).guid_to_bytes()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "ids-file writes"),
        (b"\xff", "ids-file writes"),
        (b"[" * 100_000, "ids-file writes"),
        (b"[]", "ids-file writes"),
        (b"{}", "lacks payments.ApplicationFeeCreatedEvent.v1 and 40 more"),
        (file(PaymentFailedEvent=None), "lacks payments.PaymentFailedEvent.v1:"),
        *((file(PaymentFailedEvent=wrong), "ids-file writes") for wrong in WRONG_IDS),
    ],
)
def test_a_wrong_file_is_refused(text: bytes, problem: str) -> None:
    """An event without an id would have records that its consumers cannot read."""
    with pytest.raises(ValueError, match=problem):
        header_values(text, event_types())


def test_more_events_than_there_are_make_no_difference() -> None:
    """A newer release may have written the file."""
    more = json.loads(file(PaymentFailedEvent={"id": 8, "guid": GUID, "more": 1}))
    more["payments.BrandNewEvent.v1"] = {"id": 9, "guid": None}
    headers = header_values(json.dumps(more).encode(), event_types())
    assert headers.keys() == TYPES.keys()
    assert str(read(headers["PaymentFailedEvent"]).guid) == GUID
