"""The oracle detects a 2xx response without its record, and a wrong record."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from bench import webhook
from bench.oracle import check
from harness.kafka_records import ConsumedRecord, json_record

NAMES = ("aaaa000000000001", "aaaa000000000002")
DATA = {
    "payment_id": "pi_aaaa000000000001",
    "account": None,
    "status": "succeeded",
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-aaaa000000000001",
    "metadata": {"nights": "2", "reference": "booking-aaaa000000000001"},
    "occurred_at": "2026-01-31T12:00:00Z",
    "amount_received": 2000,
    "charge_id": "ch_aaaa000000000001",
    "payment_method_id": "pm_aaaa000000000001",
    "payment_method_types": ["card"],
}
HEADERS = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"evt_aaaa000000000001"),
    ("ce_type", b"payments.PaymentSucceededEvent.v1"),
    ("ce_source", b"/stripe/self/test"),
    ("ce_subject", b"pi_aaaa000000000001"),
    ("ce_time", b"2026-01-31T12:00:00Z"),
    ("content-type", b"application/json"),
    ("__TypeId__", b"PaymentSucceededEvent"),
    ("stripe_event_type", b"payment_intent.succeeded"),
    ("stripe_api_version", b"2026-10-28.endive"),
    ("livemode", b"false"),
    ("origin", b"webhook"),
)
RECORD = json_record(b"pi_aaaa000000000001", DATA, HEADERS)


def test_a_correct_record_for_each_response_is_no_problem() -> None:
    """Every 2xx has a correct record; a record without a 2xx response is allowed."""
    other = replace(RECORD, headers=(("ce_id", b"evt_aaaa000000000002"),))
    verdict = check(NAMES[:1], [RECORD, RECORD, other])
    assert verdict.problem is None
    assert verdict.accepted == 1


def test_a_response_without_a_record_disqualifies() -> None:
    """If one of two records is missing, the contestant is disqualified with the number."""
    verdict = check(NAMES, [RECORD])
    assert verdict.lost == ("aaaa000000000002",)
    assert verdict.problem == "1 of 2 2xx responses without a record"


MISTAKES: dict[str, Callable[[ConsumedRecord], ConsumedRecord]] = {
    "another key": lambda record: replace(record, key=b"pi_other"),
    "no key": lambda record: replace(record, key=None),
    "a missing header": lambda record: replace(record, headers=record.headers[:-1]),
    "another header": lambda record: replace(
        record, headers=(*record.headers[:-1], ("origin", b"replay"))
    ),
    "another value": lambda record: replace(
        record, value=json.dumps({**DATA, "amount": 1}).encode()
    ),
    "a missing field": lambda record: replace(
        record, value=json.dumps({k: v for k, v in DATA.items() if k != "charge_id"}).encode()
    ),
    "no JSON": lambda record: replace(record, value=b"{"),
    "no value": lambda record: replace(record, value=None),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_record_disqualifies(mistake: str) -> None:
    """Key, headers and each field are compared with the contract."""
    verdict = check(NAMES[:1], [MISTAKES[mistake](RECORD)])
    assert verdict.wrong == NAMES[:1]
    assert verdict.problem is not None


@pytest.mark.parametrize("size_kb", [1, 4, 64, 256])
def test_a_webhook_has_the_requested_size(size_kb: int) -> None:
    """Padding changes the size and no field of the record; ids stay unique."""
    body = webhook.body(size_kb * 1024)
    assert len(body) / 1024 == pytest.approx(size_kb, rel=0.05)
    event = json.loads(body.replace(webhook.NAME, NAMES[0]))
    intent = event["data"]["object"]
    assert {name: intent[name] for name in ("amount", "currency", "metadata", "status")} == {
        name: DATA[name] for name in ("amount", "currency", "metadata", "status")
    }
    assert event["id"] == "evt_aaaa000000000001"
