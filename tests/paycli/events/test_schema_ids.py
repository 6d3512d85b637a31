"""The header `__value_schema_id` is the one that Confluent's deserializers read."""

import hashlib
import io
import json
import uuid
from typing import Any

import pytest
from confluent_kafka.schema_registry.serde import SchemaId

from paycli.events.asyncapi import event_types
from paycli.events.json_schema import draft_07_document
from paycli.events.schema_ids import SchemaIds, add, header_values, parse, to_text
from paycli.models import RegisteredSchema

TEXTS = {kind.__name__: json.dumps(draft_07_document(kind)) for kind in event_types()}
DIGESTS = {
    name: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" for name, text in TEXTS.items()
}
TYPES = {kind.__name__: f"payments.{kind.__name__}.v1" for kind in event_types()}
GUID = "89791762-2336-4186-9674-299b90a802e2"
WRONG_IDS: list[object] = [
    *(7, {}, {"id": "7"}, {"id": True}, {"id": -1}, {"id": 2**31}, {"id": 1.5}),
    *({"id": 7, "guid": GUID[:-1]}, {"id": 7, "guid": 5}),
]


def file(**changes: object) -> bytes:
    """Return a file in which all events have the id 7, with changes by event."""
    ids: dict[str, Any] = {name: {"id": 7, "guid": None} for name in TYPES} | changes
    return json.dumps(
        {TYPES[name]: {DIGESTS[name]: value} for name, value in ids.items() if value is not None}
    ).encode()


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
    ids: SchemaIds = {}
    for name, type_ in TYPES.items():
        add(ids, type_, TEXTS[name], registered[type_])
    headers = header_values(to_text(ids).encode(), event_types())
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
        (file(PaymentFailedEvent=None), "lacks payments.PaymentFailedEvent.v1 with the schema"),
        (file().replace(DIGESTS["PaymentFailedEvent"][7:].encode(), b"0"), "ids-file writes"),
        (
            file().replace(DIGESTS["PaymentFailedEvent"][7:].encode(), b"0" * 64),
            "PaymentFailedEvent.v1 with the schema of this release: run paycli schemas publish",
        ),
        *((file(PaymentFailedEvent=wrong), "ids-file writes") for wrong in WRONG_IDS),
    ],
)
def test_a_wrong_file_is_refused(text: bytes, problem: str) -> None:
    """An event without an id would have records that its consumers cannot read."""
    with pytest.raises(ValueError, match=problem):
        header_values(text, event_types())


def test_two_releases_read_the_same_file() -> None:
    """Each takes the ids of its own schemas, whichever release has written the file last."""
    name = "PaymentFailedEvent"
    other = RegisteredSchema(TYPES[name], 2, 8, GUID)
    ids = parse(file(PaymentFailedEvent={"id": 7, "guid": None, "more": 1}))
    add(ids, TYPES[name], "a further release's", other)
    add(ids, "payments.BrandNewEvent.v1", "{}", other)
    text = to_text(ids).encode()
    headers = header_values(text, event_types())
    assert headers.keys() == TYPES.keys()
    assert read(headers[name]).id == 7
    add(again := parse(text), TYPES[name], TEXTS[name], RegisteredSchema(TYPES[name], 1, 7, GUID))
    assert [*again[TYPES[name]]] == [*ids[TYPES[name]]]
    assert str(read(header_values(to_text(again).encode(), event_types())[name]).guid) == GUID
    with pytest.raises(ValueError, match="another registry"):
        add(again, TYPES[name], TEXTS[name], other)
