"""A delivery comes in: verified, told, kept. The table of answers is that promised to Stripe."""

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


class Topic:
    """Keeps what is published in memory; fails for the topics that have a failure."""

    def __init__(self, failures: Mapping[str, KafkaFailure] | None = None) -> None:
        self.failures = dict(failures or {})
        self.tried: list[str] = []
        self.records: list[Record] = []

    def publish(self, record: Record) -> Acknowledgement:
        """Keep the record, or fail."""
        self.tried.append(record.topic)
        if failure := self.failures.get(record.topic):
            raise failure
        self.records.append(record)
        return Acknowledgement(record.topic, 0, len(self.records) - 1)


def webhooks(topic: Topic, *, livemode: bool = False, now: float = NOW) -> Webhooks:
    """Return the use case over the topic, at a moment of its own."""
    return Webhooks(
        topic,
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
    topic: Topic, body: bytes, traceparent: str | None = None, *, livemode: bool = False
) -> tuple[str, str]:
    """Deliver a genuine body; return the event's id and the outcome."""
    header = stripe_signature(body, SECRET, NOW)
    receipt = webhooks(topic, livemode=livemode).ingest(body, header, traceparent)
    return receipt.event_id, receipt.outcome


def header(record: Record, name: str) -> str | None:
    """Return a header's text."""
    value = dict(record.headers).get(name)
    return None if value is None else value.decode()


def test_outcomes_are_the_published_words() -> None:
    """The three words that an answer may hold."""
    assert {str(outcome) for outcome in Outcome} == {"published", "ignored", "unreadable"}


# What is genuine and mapped


def test_a_genuine_mapped_event_is_published_once() -> None:
    """The record is on the events' topic under the payment's id before the answer is given."""
    topic = Topic()
    assert ingest(topic, delivery()) == ("evt_1", "published")
    (record,) = topic.records
    assert (record.topic, record.key) == (EVENTS, b"pi_1")
    assert header(record, "ce_id") == "evt_1"
    assert header(record, "ce_type") == "payments.PaymentSucceededEvent.v1"
    assert header(record, "origin") == "webhook"
    assert json.loads(record.value)["payment_id"] == "pi_1"


def test_each_accepted_delivery_has_its_record_and_all_are_the_same() -> None:
    """A redelivery is published again, byte for byte: consumers drop it by its id."""
    topic = Topic()
    for _ in range(3):
        ingest(topic, delivery())
    assert len(topic.records) == 3
    assert len(set(topic.records)) == 1


@pytest.mark.parametrize("secret", [SECRET, ROLLED])
@pytest.mark.parametrize("age_seconds", [0, 300, -300])
def test_any_secret_and_any_time_within_the_tolerance_will_do(
    secret: str, age_seconds: int
) -> None:
    """While a secret is rolled both are good, and clocks may differ by the tolerance."""
    topic, body = Topic(), delivery()
    webhooks(topic).ingest(body, stripe_signature(body, secret, NOW - age_seconds))
    assert len(topic.records) == 1


def test_a_trace_is_passed_on() -> None:
    """A traceparent of the delivery becomes a header of the record."""
    topic = Topic()
    ingest(topic, delivery(), TRACEPARENT)
    assert header(topic.records[0], "traceparent") == TRACEPARENT


@pytest.mark.parametrize(
    "traceparent",
    [None, "", "x", TRACEPARENT.upper(), TRACEPARENT + "\n", TRACEPARENT + "-x" * 9999],
)
def test_a_malformed_trace_is_left_out(traceparent: str | None) -> None:
    """What is no traceparent does not get into a record, and keeps no event out."""
    topic = Topic()
    assert ingest(topic, delivery(), traceparent) == ("evt_1", "published")
    assert header(topic.records[0], "traceparent") is None


# What is not genuine


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
def test_nothing_is_parsed_or_published_before_the_signature_holds(
    body: bytes, secret: str | None, age_seconds: int
) -> None:
    """Any body whose signature does not hold is refused for that, not for what it says."""
    topic = Topic()
    signed = None if secret is None else stripe_signature(body, secret, NOW - age_seconds)
    with pytest.raises(SignatureInvalid):
        webhooks(topic).ingest(body, signed)
    assert topic.tried == []


def test_an_altered_body_is_refused() -> None:
    """A signature holds for the bytes that were signed and for no others."""
    topic, body = Topic(), delivery()
    altered = body.replace(b"pi_1", b"pi_2")
    assert altered != body
    with pytest.raises(SignatureInvalid):
        webhooks(topic).ingest(altered, stripe_signature(body, SECRET, NOW))
    assert topic.tried == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"id": "evt_1", "type": "x"}', b"[" * 100_000],
    ids=lambda body: ascii(body[:10]),
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    """Genuine bytes without id, type or data are no event, and nothing is published."""
    topic = Topic()
    with pytest.raises(NotAStripeEvent):
        ingest(topic, body)
    assert topic.tried == []


# What is genuine and not told


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
def test_what_is_not_mapped_is_ignored(body: bytes, *, livemode: bool) -> None:
    """An unmapped type and a thin notification are answered and not published."""
    topic = Topic()
    assert ingest(topic, body, livemode=livemode) == ("evt_1", "ignored")
    assert topic.tried == []


def test_a_test_event_with_a_live_key_is_ignored() -> None:
    """Connect sends test events to live endpoints: no money moved, nothing is told."""
    topic = Topic()
    assert ingest(topic, delivery(livemode=False), livemode=True) == ("evt_1", "ignored")
    assert topic.tried == []


def test_a_live_event_with_a_test_key_is_left_to_stripe() -> None:
    """A wrong set-up is refused, so that Stripe keeps the event, and nothing is published."""
    topic = Topic()
    with pytest.raises(ModeMismatch):
        ingest(topic, delivery(livemode=True), livemode=False)
    assert topic.tried == []


@pytest.mark.parametrize(("livemode", "word"), [(True, "live"), (False, "test")])
def test_an_event_of_the_keys_mode_is_published(word: str, *, livemode: bool) -> None:
    """The control: live with live, test with test."""
    topic = Topic()
    body = delivery(livemode=livemode, account="acct_1")
    assert ingest(topic, body, livemode=livemode) == ("evt_1", "published")
    assert header(topic.records[0], "ce_source") == f"/stripe/acct_1/{word}"


# What can't be read, or not kept


def check_unreadable(record: Record) -> str:
    """Check that a record is an unreadable one as promised; return its reason."""
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


def test_an_unreadable_shape_goes_to_its_topic() -> None:
    """A mapped type with a mistyped field is kept aside, by its event's id, without its data."""
    topic = Topic()
    body = delivery(data={"object": {"id": "pi_1", "amount": CANARY, "client_secret": CANARY}})
    assert ingest(topic, body) == ("evt_1", "unreadable")
    (record,) = topic.records
    assert "data.object.amount" in check_unreadable(record)
    assert CANARY.encode() not in record.value


def test_an_event_of_no_known_mode_is_unreadable_in_the_keys_mode() -> None:
    """An event that does not say whether it is live is kept aside, not taken for test or live."""
    topic = Topic()
    assert ingest(topic, delivery(livemode=None), livemode=True) == ("evt_1", "unreadable")
    assert header(topic.records[0], "livemode") == "true"


def test_a_record_that_is_too_large_goes_to_the_unreadable_topic() -> None:
    """What Kafka never takes is kept aside in a small record, so that Stripe need not resend it."""
    topic = Topic({EVENTS: RecordTooLarge("over the limit")})
    assert ingest(topic, delivery(), TRACEPARENT) == ("evt_1", "unreadable")
    assert topic.tried == [EVENTS, UNREADABLE]
    (record,) = topic.records
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
    """Without an acknowledgement there is no outcome, and no second topic is tried."""
    topic = Topic({EVENTS: failure})
    with pytest.raises(KafkaFailure) as raised:
        ingest(topic, delivery())
    assert raised.value is failure
    assert topic.tried == [EVENTS]


@pytest.mark.parametrize("cause", ["unreadable", "too large"])
@pytest.mark.parametrize(
    "failure",
    [*FAILURES, RecordTooLarge("still over")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_of_the_unreadable_topic_is_raised(failure: KafkaFailure, cause: str) -> None:
    """What could not be kept aside either is not accepted."""
    topic = Topic({EVENTS: RecordTooLarge("over"), UNREADABLE: failure})
    body = delivery() if cause == "too large" else delivery(created=None)
    with pytest.raises(KafkaFailure) as raised:
        ingest(topic, body)
    assert raised.value is failure
    assert topic.tried[-1] == UNREADABLE
    assert topic.tried.count(UNREADABLE) == 1
    assert topic.records == []
