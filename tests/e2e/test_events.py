"""Every row of the published table of events, through the running daemon to a real broker."""

import json
import uuid

import pytest

from event_table import TABLE, Case
from service import Service


@pytest.fixture(autouse=True)
def from_here(service: Service) -> None:
    """Forget the records of earlier tests."""
    service.records()
    service.records(".unreadable")


def test_every_row_becomes_its_record(service: Service) -> None:
    """Each is 200 published, and one record with the table's name, key and value."""
    sent: dict[str, Case] = {f"evt_{uuid.uuid4().hex}": case for case in TABLE}
    for event_id, case in sent.items():
        answer = service.deliver(json.dumps(case.event(id=event_id)).encode())
        assert (answer.status, answer.json["outcome"]) == (200, "published"), case
    records = {record.header("ce_id"): record for record in service.records()}
    assert records.keys() == sent.keys()
    for event_id, case in sent.items():
        record = records[event_id]
        assert record.key == (record.header("ce_subject") or "").encode() == case.key.encode()
        assert record.header("__TypeId__") == case.name
        assert record.header("ce_type") == f"payments.{case.name}.v1"
        assert record.header("stripe_event_type") == case.stripe_type
        assert json.loads(record.value or b"") == case.value()
    assert service.records(".unreadable") == []


def test_what_a_row_needs_is_needed_of_each(service: Service) -> None:
    """Without a field that it needs, each is 200 unreadable, and a note on the other topic."""
    sent = {f"evt_{uuid.uuid4().hex}": case for case in TABLE}
    for event_id, case in sent.items():
        event = case.event(id=event_id)
        del event["data"]["object"][case.required[-1]]
        answer = service.deliver(json.dumps(event).encode())
        assert (answer.status, answer.json["outcome"]) == (200, "unreadable"), case
    notes = {record.header("ce_id"): record for record in service.records(".unreadable")}
    assert notes.keys() == sent.keys()
    for event_id, case in sent.items():
        value = json.loads(notes[event_id].value or b"")
        assert (value["stripe_event_id"], value["stripe_event_type"]) == (
            event_id,
            case.stripe_type,
        )
    assert service.records() == []
