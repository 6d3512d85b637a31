"""Ingesting a webhook: the documented outcome or error of every case."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.deliveries import payment_intent_event
from harness.sender import stripe_signature
from paycli.errors import (
    BrokerUnreachable,
    KafkaFailure,
    ModeMismatch,
    NotAStripeEvent,
    NotPersisted,
    RecordTooLarge,
    TooManyWebhooks,
    TopicMissing,
)
from paycli.events.topics import Topics
from paycli.models import Acknowledgement, Record
from paycli.webhooks.ingest import Outcome, Webhooks
from paycli.webhooks.signature import SignatureInvalid

NOW = 1_769_860_800
SECRET = "whsec_ours"
ROLLED = "whsec_rolled"
EVENTS = "payments.events"
UNREADABLE = "payments.events.unreadable"
CANARY = "CaNaRy8d1f"
# https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class InMemoryPublisher:
    """A publisher in memory, which fails for the topics in `failures`."""

    def __init__(self, failures: Mapping[str, KafkaFailure] | None = None) -> None:
        self.failures = dict(failures or {})
        self.tried: list[str] = []
        self.records: list[Record] = []

    def publish(self, record: Record) -> Acknowledgement:
        """Store the record, or raise the failure of its topic."""
        self.tried.append(record.topic)
        if failure := self.failures.get(record.topic):
            raise failure
        self.records.append(record)
        return Acknowledgement(record.topic, 0, len(self.records) - 1)


def webhooks(publisher: InMemoryPublisher, *, livemode: bool = False, now: float = NOW) -> Webhooks:
    """Return the use case with the topic and a fixed clock."""
    return Webhooks(
        publisher,
        Topics(EVENTS, UNREADABLE),
        secrets=[SECRET, ROLLED],
        tolerance_seconds=300,
        livemode=livemode,
        clock=lambda: now,
    )


def delivery(event_type: str = "payment_intent.succeeded", **changes: Any) -> bytes:  # noqa: ANN401  (of the event)
    """Return the body of an event, with changes to its envelope."""
    event = json.loads(payment_intent_event("evt_1", "pi_1", event_type, created=NOW))
    return json.dumps(event | changes).encode()


def ingest(
    publisher: InMemoryPublisher,
    body: bytes,
    traceparent: str | None = None,
    *,
    livemode: bool = False,
) -> tuple[str, str]:
    """Ingest a correctly signed body; return the event's id and the outcome."""
    header = stripe_signature(body, SECRET, NOW)
    result = webhooks(publisher, livemode=livemode).ingest(body, header, traceparent)
    return result.event_id, result.outcome


def header(record: Record, name: str) -> str | None:
    """Return a header of a record as text."""
    value = dict(record.headers).get(name)
    return None if value is None else value.decode()


def test_outcomes_are_as_documented() -> None:
    """The responses contain one of three outcomes."""
    assert {str(outcome) for outcome in Outcome} == {"published", "ignored", "unreadable"}


def test_a_verified_mapped_event_is_published_once() -> None:
    """The record is on the events topic, with the payment's id as key, before the result."""
    publisher = InMemoryPublisher()
    assert ingest(publisher, delivery()) == ("evt_1", "published")
    (record,) = publisher.records
    assert (record.topic, record.key) == (EVENTS, b"pi_1")
    assert header(record, "ce_id") == "evt_1"
    assert header(record, "ce_type") == "payments.PaymentSucceededEvent.v1"
    assert header(record, "origin") == "webhook"
    assert json.loads(record.value)["payment_id"] == "pi_1"


def test_each_delivery_has_a_record_and_all_are_identical() -> None:
    """A redelivery is published again with the same bytes."""
    publisher = InMemoryPublisher()
    for _ in range(3):
        ingest(publisher, delivery())
    assert len(publisher.records) == 3
    assert len(set(publisher.records)) == 1


@pytest.mark.parametrize("secret", [SECRET, ROLLED])
@pytest.mark.parametrize("age_seconds", [0, 300, -300])
def test_any_secret_and_any_time_within_the_tolerance_is_valid(
    secret: str, age_seconds: int
) -> None:
    """Both secrets are valid during a rotation, and clocks may differ by the tolerance."""
    publisher, body = InMemoryPublisher(), delivery()
    webhooks(publisher).ingest(body, stripe_signature(body, secret, NOW - age_seconds))
    assert len(publisher.records) == 1


def test_the_trace_context_is_propagated() -> None:
    """The traceparent of the delivery becomes a header of the record."""
    publisher = InMemoryPublisher()
    ingest(publisher, delivery(), TRACEPARENT)
    assert header(publisher.records[0], "traceparent") == TRACEPARENT


@pytest.mark.parametrize(
    "traceparent",
    [None, "", "x", TRACEPARENT.upper(), TRACEPARENT + "\n", TRACEPARENT + "-x" * 9999],
)
def test_a_malformed_trace_context_is_ignored(traceparent: str | None) -> None:
    """A malformed traceparent is not in the record, and the event is published."""
    publisher = InMemoryPublisher()
    assert ingest(publisher, delivery(), traceparent) == ("evt_1", "published")
    assert header(publisher.records[0], "traceparent") is None


@pytest.mark.parametrize(
    "body",
    [delivery(), delivery("plan.created"), b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null"],
    ids=lambda body: ascii(body[:10]),
)
@pytest.mark.parametrize(
    ("secret", "age_seconds"),
    [("whsec_foreign", 0), (SECRET, 301), (SECRET, -301), (None, 0)],
    ids=["foreign", "stale", "future", "unsigned"],
)
def test_nothing_is_parsed_or_published_before_verification(
    body: bytes, secret: str | None, age_seconds: int
) -> None:
    """Any body with an invalid signature raises SignatureInvalid, regardless of its content."""
    publisher = InMemoryPublisher()
    signed = None if secret is None else stripe_signature(body, secret, NOW - age_seconds)
    with pytest.raises(SignatureInvalid):
        webhooks(publisher).ingest(body, signed)
    assert publisher.tried == []


def test_an_altered_body_is_refused() -> None:
    """A signature is only valid for the bytes that were signed."""
    publisher, body = InMemoryPublisher(), delivery()
    altered = body.replace(b"pi_1", b"pi_2")
    assert altered != body
    with pytest.raises(SignatureInvalid):
        webhooks(publisher).ingest(altered, stripe_signature(body, SECRET, NOW))
    assert publisher.tried == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"id": "evt_1", "type": "x"}', b"[" * 100_000],
    ids=lambda body: ascii(body[:10]),
)
def test_a_signed_body_that_is_not_an_event_is_refused(body: bytes) -> None:
    """Without id, type or data, a body is not an event, and nothing is published."""
    publisher = InMemoryPublisher()
    with pytest.raises(NotAStripeEvent):
        ingest(publisher, body)
    assert publisher.tried == []


@pytest.mark.parametrize("livemode", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        delivery("plan.created", livemode=False),
        delivery("charge.refunded", livemode=False),
        delivery("plan.created", livemode=False, data={}),
        b'{"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found"}',
        delivery(object="v2.core.event", livemode=False),
    ],
    ids=["unmapped", "left-out", "odd", "thin", "thin-with-data"],
)
def test_unmapped_events_are_ignored(body: bytes, *, livemode: bool) -> None:
    """An unmapped type or a thin notification is accepted and not published."""
    publisher = InMemoryPublisher()
    assert ingest(publisher, body, livemode=livemode) == ("evt_1", "ignored")
    assert publisher.tried == []


def test_a_test_event_with_a_live_key_is_ignored() -> None:
    """Connect sends test events to live endpoints as well; they are not published."""
    publisher = InMemoryPublisher()
    assert ingest(publisher, delivery(livemode=False), livemode=True) == ("evt_1", "ignored")
    assert publisher.tried == []


def test_a_live_event_with_a_test_key_is_refused() -> None:
    """The misconfiguration is reported, nothing is published, and Stripe keeps the event."""
    publisher = InMemoryPublisher()
    with pytest.raises(ModeMismatch):
        ingest(publisher, delivery(livemode=True), livemode=False)
    assert publisher.tried == []


@pytest.mark.parametrize(("livemode", "word"), [(True, "live"), (False, "test")])
def test_an_event_of_the_keys_mode_is_published(word: str, *, livemode: bool) -> None:
    """The control: live events with a live key, test events with a test key."""
    publisher = InMemoryPublisher()
    body = delivery(livemode=livemode, account="acct_1")
    assert ingest(publisher, body, livemode=livemode) == ("evt_1", "published")
    assert header(publisher.records[0], "ce_source") == f"/stripe/acct_1/{word}"


def check_unreadable(record: Record) -> str:
    """Check that a record is an unreadable one as documented; return its reason."""
    assert (record.topic, record.key) == (UNREADABLE, b"evt_1")
    assert header(record, "ce_id") == header(record, "ce_subject") == "evt_1"
    assert header(record, "ce_type") == "payments.StripeEventUnreadable.v1"
    assert header(record, "__TypeId__") == "StripeEventUnreadable"
    value: dict[str, str] = json.loads(record.value)
    reason = value.pop("reason")
    assert value == {
        "stripe_event_id": "evt_1",
        "stripe_event_type": "payment_intent.succeeded",
        "stripe_api_version": "2026-10-28.endive",
        "occurred_at": "2026-01-31T12:00:00Z",
    }
    return reason


def test_an_unreadable_event_is_published_to_its_topic() -> None:
    """Its key is the event's id, and its value contains no data of the event."""
    publisher = InMemoryPublisher()
    body = delivery(data={"object": {"id": "pi_1", "amount": CANARY, "client_secret": CANARY}})
    assert ingest(publisher, body) == ("evt_1", "unreadable")
    (record,) = publisher.records
    assert "data.object.amount" in check_unreadable(record)
    assert CANARY.encode() not in record.value


def test_an_event_without_a_mode_is_unreadable_in_the_keys_mode() -> None:
    """An event without a valid `livemode` is not treated as test or live."""
    publisher = InMemoryPublisher()
    assert ingest(publisher, delivery(livemode=None), livemode=True) == ("evt_1", "unreadable")
    assert header(publisher.records[0], "livemode") == "true"


def test_a_record_that_is_too_large_is_unreadable() -> None:
    """A small unreadable record is published instead, so that Stripe does not resend it."""
    publisher = InMemoryPublisher({EVENTS: RecordTooLarge("over the limit")})
    assert ingest(publisher, delivery(), TRACEPARENT) == ("evt_1", "unreadable")
    assert publisher.tried == [EVENTS, UNREADABLE]
    (record,) = publisher.records
    assert "over the limit" in check_unreadable(record)
    assert header(record, "traceparent") == TRACEPARENT


FAILURES = [
    NotPersisted("late"),
    BrokerUnreachable("away"),
    TooManyWebhooks("slow"),
    TopicMissing("missing"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_of_the_events_topic_is_raised(failure: KafkaFailure) -> None:
    """Without an acknowledgement there is no result, and no other topic is tried."""
    publisher = InMemoryPublisher({EVENTS: failure})
    with pytest.raises(KafkaFailure) as raised:
        ingest(publisher, delivery())
    assert raised.value is failure
    assert publisher.tried == [EVENTS]


@pytest.mark.parametrize("cause", ["unreadable", "too large"])
@pytest.mark.parametrize(
    "failure",
    [*FAILURES, RecordTooLarge("still over")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_of_the_unreadable_topic_is_raised(failure: KafkaFailure, cause: str) -> None:
    """If the unreadable event can't be published either, the webhook is not accepted."""
    publisher = InMemoryPublisher({EVENTS: RecordTooLarge("over"), UNREADABLE: failure})
    body = delivery() if cause == "too large" else delivery(created=None)
    with pytest.raises(KafkaFailure) as raised:
        ingest(publisher, body)
    assert raised.value is failure
    assert publisher.tried[-1] == UNREADABLE
    assert publisher.tried.count(UNREADABLE) == 1
    assert publisher.records == []
