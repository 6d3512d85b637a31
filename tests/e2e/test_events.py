"""Every event of the catalogue, through the running daemon to a real broker."""

import json
import uuid

import pytest

from event_table import TABLE, Case
from service import Service


@pytest.fixture(autouse=True)
def _skip_earlier_records(service: Service) -> None:
    """Consumes the records of earlier tests."""
    service.records()
    service.records(".unreadable")


def test_every_event_becomes_its_record(service: Service) -> None:
    """Each is 200 `published`, and one record with the documented name, key and value."""
    sent: dict[str, Case] = {f"evt_{uuid.uuid4().hex}": case for case in TABLE}
    for event_id, case in sent.items():
        response = service.deliver(json.dumps(case.event(id=event_id)).encode())
        assert (response.status, response.json["outcome"]) == (200, "published"), case
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


def test_an_event_without_a_required_field_is_unreadable(service: Service) -> None:
    """Each is 200 `unreadable`, and has a record on the unreadable topic only."""
    sent = {f"evt_{uuid.uuid4().hex}": case for case in TABLE}
    for event_id, case in sent.items():
        event = case.event(id=event_id)
        del event["data"]["object"][case.required[-1]]
        response = service.deliver(json.dumps(event).encode())
        assert (response.status, response.json["outcome"]) == (200, "unreadable"), case
    records = {record.header("ce_id"): record for record in service.records(".unreadable")}
    assert records.keys() == sent.keys()
    for event_id, case in sent.items():
        value = json.loads(records[event_id].value or b"")
        assert (value["stripe_event_id"], value["stripe_event_type"]) == (
            event_id,
            case.stripe_type,
        )
    assert service.records() == []
