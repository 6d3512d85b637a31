"""Each documented case of `POST /api/v1/stripe/events`, against a running daemon."""

import json
import time
import uuid
from collections.abc import Iterator

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.sender import stripe_signature
from service import EVENTS, MAX_BODY_BYTES, OLD_SECRET, SECRET, Service, daemon_settings

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(autouse=True)
def skip_earlier_records(service: Service) -> None:
    """Skip the records of earlier tests."""
    service.records()
    service.records(".unreadable")


@pytest.fixture
def event_id() -> str:
    """Give a new event id."""
    return f"evt_{uuid.uuid4().hex}"


def test_an_event_is_published_as_exactly_one_record(service: Service, event_id: str) -> None:
    """200 `published`: one record with the documented key, headers and value."""
    body = payment_intent_event(
        event_id, "pi_1", amount=2000, metadata={"reference": "b-42", "a": "ä"}, created=1769860800
    )
    response = service.deliver(body, traceparent=TRACEPARENT)
    assert response.status == 200
    assert response.json == {"event_id": event_id, "outcome": "published"}
    [record] = service.records()
    assert record.key == b"pi_1"
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": event_id.encode(),
        "ce_type": b"payments.PaymentSucceededEvent.v1",
        "ce_source": b"/stripe/self/test",
        "ce_subject": b"pi_1",
        "ce_time": b"2026-01-31T12:00:00Z",
        "content-type": b"application/json",
        "__TypeId__": b"PaymentSucceededEvent",
        "stripe_event_type": b"payment_intent.succeeded",
        "stripe_api_version": b"2026-10-28.endive",
        "livemode": b"false",
        "origin": b"webhook",
        "traceparent": TRACEPARENT.encode(),
    }
    assert len(record.headers) == 13
    assert json.loads(record.value or b"") == {
        "payment_id": "pi_1",
        "account": None,
        "status": "succeeded",
        "amount": 2000,
        "currency": "eur",
        "reference": "b-42",
        "metadata": {"a": "ä", "reference": "b-42"},
        "occurred_at": "2026-01-31T12:00:00Z",
        "amount_received": 2000,
        "charge_id": "ch_1",
        "payment_method_id": "pm_1",
        "payment_method_types": ["card"],
    }
    assert b"unspeakable" not in (record.value or b"")


def test_every_redelivery_is_the_same_record(service: Service, event_id: str) -> None:
    """A redelivery is published again, with the same id and the same bytes."""
    body = payment_intent_event(event_id, "pi_3")
    assert [service.deliver(body).status for _ in range(3)] == [200, 200, 200]
    records = service.records()
    assert len(records) == 3
    assert {(r.key, r.value, r.header("ce_id")) for r in records} == {
        (b"pi_3", records[0].value, event_id)
    }


@pytest.mark.parametrize("event_type", ["plan.created", "charge.refunded", "made.up"])
def test_an_event_type_that_is_not_mapped_is_ignored(
    service: Service, event_id: str, event_type: str
) -> None:
    """A signed event of another type is 200 `ignored` and not published."""
    response = service.deliver_payment_event(event_id, "pi_4", type=event_type)
    assert (response.status, response.json["outcome"]) == (200, "ignored")
    assert service.records() == []


def test_a_thin_notification_is_ignored(service: Service, event_id: str) -> None:
    """A thin notification, which has no data, is 200 `ignored`."""
    thin = {
        "id": event_id,
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "livemode": False,
        "created": "2026-01-31T12:00:00.000Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/x"},
    }
    response = service.deliver(json.dumps(thin).encode())
    assert response.json == {"event_id": event_id, "outcome": "ignored"}
    assert service.records() == []


def test_a_live_event_with_a_test_key_is_503(service: Service, event_id: str) -> None:
    """A signed live event while a test key is set is 503 `mode_mismatch`, logged as an error."""
    response = service.deliver_payment_event(event_id, "pi_5", livemode=True)
    assert (response.status, response.json["code"]) == (503, "mode_mismatch")
    assert service.records() == []
    [line] = service.daemon.log_lines(request_id=response.headers["x-request-id"])
    assert line["level"] == "error"


@pytest.mark.parametrize(
    "changes",
    [{"amount": "2000"}, {"amount": 20.5}, {"status": None}, {"currency": 978}, {"id": 7}],
)
def test_an_event_of_unknown_shape_is_published_as_unreadable(
    service: Service, event_id: str, changes: dict[str, object]
) -> None:
    """A mapped type with a wrong shape is 200 `unreadable`, after its record is persisted."""
    body = payment_intent_event(event_id, "pi_6", created=1769860800, changes=changes)
    response = service.deliver(body)
    assert (response.status, response.json["outcome"]) == (200, "unreadable")
    assert service.records() == []
    [record] = service.records(".unreadable")
    assert record.key == event_id.encode()
    assert record.header("__TypeId__") == "StripeEventUnreadable"
    assert record.header("ce_type") == "payments.StripeEventUnreadable.v1"
    assert record.header("ce_id") == record.header("ce_subject") == event_id
    value = json.loads(record.value or b"")
    reason = value.pop("reason")
    assert f"data.object.{next(iter(changes))}" in reason.replace("payment_id", "id")
    assert value == {
        "stripe_event_id": event_id,
        "stripe_event_type": "payment_intent.succeeded",
        "stripe_api_version": "2026-10-28.endive",
        "occurred_at": "2026-01-31T12:00:00Z",
    }


def signable_body(event_id: str) -> bytes:
    """Build a body that would be published."""
    return payment_intent_event(event_id, "pi_7")


NOW = time.time


def test_a_signature_by_either_secret_is_valid(service: Service, event_id: str) -> None:
    """While a secret is rolled, a signature by the older one is valid too."""
    body = signable_body(event_id)
    assert service.deliver(body, stripe_signature(body, OLD_SECRET)).status == 200


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        (None, "header_missing"),
        ("", "header_missing"),
        ("malformed", "header_malformed"),
        ("t=abc,v1=" + "0" * 64, "header_malformed"),
        ("t=1,t=2,v1=" + "0" * 64, "header_malformed"),
        ("t=1_700,v1=" + "0" * 64, "header_malformed"),
        ("t=" + "9" * 400 + ",v1=" + "0" * 64, "header_malformed"),
        ("v1=" + "0" * 64, "header_malformed"),
        ("t={now}", "no_v1"),
        ("t={now},v0=" + "0" * 64, "no_v1"),
        ("t={now},v1=" + "0" * 64, "mismatch"),
        ("t={now},v1=\xff\xfe", "header_malformed"),
        ("t={now},v1=" + "0" * 64 + ",x=" + "y" * 5000, "header_malformed"),
    ],
)
def test_an_invalid_signature_is_400(
    service: Service, event_id: str, header: str | None, cause: str
) -> None:
    """Without a valid signature it is 400 with the cause, and nothing is published."""
    headers = {} if header is None else {"Stripe-Signature": header.format(now=int(NOW()))}
    response = service.daemon.request("POST", EVENTS, signable_body(event_id), headers)
    assert (response.status, response.json["code"]) == (400, "signature_invalid")
    assert response.json["cause"] == cause
    assert service.records() == []


@pytest.mark.parametrize(("age_seconds", "cause"), [(302, "stale"), (-310, "from_future")])
def test_a_signature_outside_the_tolerance_is_400(
    service: Service, event_id: str, age_seconds: int, cause: str
) -> None:
    """A valid signature older than 300 s, or from the future, is 400."""
    body = signable_body(event_id)
    response = service.deliver(body, stripe_signature(body, SECRET, time.time() - age_seconds))
    assert (response.status, response.json["cause"]) == (400, cause)
    assert service.records() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe\x00",
        b"[" * 20_000,
        b'{"a":' * 5_000,
        b'{"id": "evt_1", "type": "payment_intent.succeeded"}',
        b'{"id": 1, "type": "payment_intent.succeeded", "data": {}}',
        b'{"id": "evt_1", "type": null, "data": {}}',
        b'{"id": "evt_1", "type": "x", "data": []}',
        b'{"id": "", "type": "x", "data": {}}',
        b'{"id": "\\ud800", "type": "x", "data": {}}',
    ],
)
def test_a_signed_body_that_is_not_an_event_is_400(service: Service, body: bytes) -> None:
    """A signed body that is not a Stripe event is 400, however malformed, and never 500."""
    response = service.deliver(body)
    assert (response.status, response.json["code"]) == (400, "not_a_stripe_event")
    assert service.records() == []


def test_a_body_over_the_limit_is_413(service: Service, event_id: str) -> None:
    """A body of exactly the limit is accepted, one byte more is 413."""
    body = signable_body(event_id)
    fits = body + b" " * (MAX_BODY_BYTES - len(body))
    assert service.deliver(fits).status == 200
    refused = service.deliver(fits + b" ")
    assert (refused.status, refused.json["code"]) == (413, "body_too_large")


def test_only_post_is_allowed(service: Service) -> None:
    """Methods other than POST are 405."""
    assert service.daemon.request("GET", EVENTS).status == 405


@pytest.fixture(scope="module")
def small_records(kafka: KafkaBroker, service: Service) -> Iterator[Service]:
    """Give a daemon whose topic accepts records of at most 1,000 bytes."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_topic(topic, config={"max.message.bytes": "1000"})
    kafka.create_topic(f"{topic}.unreadable")
    settings = daemon_settings(service.stripe.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        yield Service(daemon, service.stripe, kafka.bootstrap_servers, topic)


def test_a_record_that_is_too_large_is_published_as_unreadable(
    small_records: Service, event_id: str
) -> None:
    """An event whose record exceeds the topic's limit is 200 `unreadable`, with the reason."""
    body = payment_intent_event(event_id, "pi_8", metadata={"long": "x" * 499, "more": "y" * 499})
    response = small_records.deliver(body)
    assert (response.status, response.json["outcome"]) == (200, "unreadable")
    [record] = small_records.records(".unreadable")
    assert "too large" in json.loads(record.value or b"")["reason"]
    assert small_records.records() == []


def test_a_test_event_with_a_live_key_is_ignored(
    kafka: KafkaBroker, topic: str, event_id: str
) -> None:
    """With a live key, a test event is 200 `ignored`, and a live one is published as live."""
    settings = daemon_settings("unused", kafka.bootstrap_servers, topic)
    settings["PAYCLI_STRIPE_API_KEY"] = "rk_live_of_the_tests"
    del settings["PAYCLI_STRIPE_API_BASE"]
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        test_event, live_event = (
            signable_body(event_id),
            payment_intent_event("evt_l", "pi", livemode=True),
        )
        outcomes = [
            daemon.request(
                "POST", EVENTS, body, {"Stripe-Signature": stripe_signature(body, SECRET)}
            ).json["outcome"]
            for body in (test_event, live_event)
        ]
    assert outcomes == ["ignored", "published"]
