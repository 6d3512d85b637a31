"""A backfill publishes exactly the missing events, however an earlier run ended."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from harness.command_line import PAYCLI, run
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, read_records
from harness.processes import Process
from harness.stripe import Stripe, always, respond
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState
from service import Service, daemon_settings

SUCCEEDED = "PaymentSucceededEvent"
PAYMENT = {"amount": "2000", "currency": "eur", "metadata[reference]": "booking-42"}


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    """Provide a Stripe that remembers all events of a test."""
    with Stripe(remembered_events=200_000) as stripe:
        yield stripe


def emit_events(
    stripe: Stripe, count: int, event_type: str = "payment_intent.succeeded"
) -> list[str]:
    """Create `count` events at Stripe; return their ids, oldest first."""
    payment = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]

    def emit() -> list[str]:
        intent = stripe.store.objects[payment]
        assert isinstance(intent, PaymentIntentState)
        return [stripe.store.emit(event_type, intent).id for _ in range(count)]

    return stripe.run_in_loop(emit)


def publish_ids(kafka: KafkaBroker, topic: str, event_ids: list[str]) -> None:
    """Publish records with these event ids, which is all that a backfill compares."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for event_id in event_ids:
        producer.produce(topic, b"{}", b"pi", headers=[("ce_id", event_id.encode())])
        producer.poll(0)
    assert producer.flush(30) == 0


def backfill(
    folder: Path, stripe: Stripe, kafka: KafkaBroker, topic: str, *arguments: str
) -> dict[str, Any]:
    """Run a backfill of the last hour; return its JSON output."""
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(folder, ("events", "backfill", "--since", "1h", "--json", *arguments), settings)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def ids(kafka: KafkaBroker, topic: str) -> Counter[str]:
    """Count the records of each event on the topic."""
    return Counter(
        str(record.header("ce_id")) for record in read_records(kafka.bootstrap_servers, topic)
    )


def test_exactly_the_missing_events_are_published(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """The topic lacks 150 of 1,200 events: these are published, and a second run has none."""
    emitted = emit_events(stripe, 1200)
    missing = set(random.Random(7).sample(emitted, 150))
    publish_ids(kafka, topic, [event_id for event_id in emitted if event_id not in missing])
    dry = backfill(tmp_path, stripe, kafka, topic, "--dry-run", "--type", SUCCEEDED)
    assert {event["event_id"] for event in dry["events"]} == missing
    assert (dry["published"], len(ids(kafka, topic))) == (0, 1050)
    report = backfill(tmp_path, stripe, kafka, topic, "--type", SUCCEEDED)
    assert (report["at_stripe"], report["missing"], report["published"]) == (1200, 150, 150)
    assert [event["event_id"] for event in report["events"]] == [
        event_id for event_id in emitted if event_id in missing
    ]
    counts = ids(kafka, topic)
    assert set(counts) == set(emitted)
    assert set(counts.values()) == {1}
    again = backfill(tmp_path, stripe, kafka, topic)
    assert (again["missing"], again["published"]) == (1, 1), "only payment_intent.created"
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0


def test_backfill_and_webhook_publish_the_same_record(
    tmp_path: Path, kafka: KafkaBroker, service: Service
) -> None:
    """Key, value and headers are the same bytes, except for the origin."""
    other = f"{service.topic}.backfilled"
    kafka.create_topic(other)
    payment = service.stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    service.stripe.pay(payment)
    events = service.stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    for event in events:
        assert service.deliver(json.dumps(event).encode()).status == 200
    backfill(tmp_path, service.stripe, kafka, other)

    def content(record: ConsumedRecord) -> object:
        headers = [header for header in record.headers if header[0] != "origin"]
        return record.key, record.value, headers

    by_webhook = {str(r.header("ce_id")): r for r in service.records() if r.key == payment.encode()}
    backfilled = {str(r.header("ce_id")): r for r in read_records(kafka.bootstrap_servers, other)}
    assert by_webhook
    assert by_webhook.keys() <= backfilled.keys()
    for event_id, record in by_webhook.items():
        assert content(backfilled[event_id]) == content(record)
        assert backfilled[event_id].header("origin") == "backfill"


@pytest.mark.timeout(240)
def test_killed_backfills_lose_no_event(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """After SIGKILL at random times a last run completes; each run duplicates at most a window."""
    emitted = emit_events(stripe, 2500)
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    generator = random.Random(11)
    for number in range(3):
        process = Process(
            [*PAYCLI, "events", "backfill", "--since", "1h"],
            name=f"run{number}",
            directory=tmp_path,
            environment=settings,
        )
        before = sum(ids(kafka, topic).values())
        deadline = time.monotonic() + 20
        while sum(ids(kafka, topic).values()) == before and time.monotonic() < deadline:
            if process.exit_code() is not None or generator.random() < 0.05:
                break
        process.kill()
    backfill(tmp_path, stripe, kafka, topic)
    counts = ids(kafka, topic)
    assert set(emitted) <= set(counts)
    assert sum(counts.values()) - len(counts) <= 3 * KafkaPublisher.WINDOW
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0


def test_only_the_selected_time_range_and_types_are_published(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Types are selected by Stripe's name or ours; other events are not published."""
    stripe.control("clock", offset_seconds=-7200)
    emit_events(stripe, 3)
    stripe.control("clock", offset_seconds=0)
    canceled = emit_events(stripe, 4, "payment_intent.canceled")
    emit_events(stripe, 5)
    report = backfill(tmp_path, stripe, kafka, topic, "--type", "payment_intent.canceled")
    assert report["types"] == [
        {"type": "payment_intent.canceled", "at_stripe": 4, "missing": 4, "published": 4}
    ]
    assert set(ids(kafka, topic)) == set(canceled)
    early = ("--since", "3h", "--until", "1h")
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(tmp_path, ("events", "backfill", *early, "--json"), settings)
    assert json.loads(done.stdout)["published"] == 4, "three and the payment's creation"


def test_an_unreadable_event_is_published_once(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """It goes to the unreadable topic, and is not missing while it stays unreadable."""
    [unreadable] = emit_events(stripe, 1)
    event = stripe.call("GET", f"/v1/events/{unreadable}").json
    del event["data"]["object"]["amount"]
    page = {"object": "list", "url": "/v1/events", "has_more": False, "data": [event]}
    stripe.inject(always(respond(200, page)))
    assert backfill(tmp_path, stripe, kafka, topic)["published"] == 1
    assert ids(kafka, topic) == {}
    assert ids(kafka, f"{topic}.unreadable") == {unreadable: 1}
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0
    stripe.clear_faults()
    report = backfill(tmp_path, stripe, kafka, topic)
    assert unreadable in {event["event_id"] for event in report["events"]}
    assert ids(kafka, topic)[unreadable] == 1, "it is published once it can be translated"


def test_a_record_that_is_too_large_becomes_unreadable_once(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """The other events are published, and the next run publishes nothing."""
    small = f"{topic}.small"
    kafka.create_topic(small, config={"max.message.bytes": "1500"})
    kafka.create_topic(f"{small}.unreadable")
    small_events = emit_events(stripe, 3)
    long = {f"metadata[k{i}]": "v" * 400 for i in range(5)}
    stripe.call("POST", "/v1/payment_intents", {**PAYMENT, **long})
    backfill(tmp_path, stripe, kafka, small)
    assert set(small_events) <= set(ids(kafka, small))
    assert len(ids(kafka, f"{small}.unreadable")) == 1
    total = sum(ids(kafka, small).values())
    backfill(tmp_path, stripe, kafka, small)
    assert sum(ids(kafka, small).values()) == total
    assert sum(ids(kafka, f"{small}.unreadable").values()) == 1


def test_rate_limits_of_stripe_are_retried(tmp_path: Path, kafka: KafkaBroker, topic: str) -> None:
    """A page that gets 429 is requested again, and no event is lost."""
    with Stripe(requests_per_second=3) as stripe:
        emitted = emit_events(stripe, 700)
        assert backfill(tmp_path, stripe, kafka, topic)["published"] == 701
        assert set(emitted) <= set(ids(kafka, topic))


def test_dropped_records_of_the_topic_are_reported(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """The report warns if retention has deleted records of the time range."""
    [event_id] = emit_events(stripe, 1)
    publish_ids(kafka, topic, [event_id] * 3)
    assert not backfill(tmp_path, stripe, kafka, topic, "--dry-run")["topic_dropped_records"]
    kafka.delete_records(topic, keep=1)
    assert backfill(tmp_path, stripe, kafka, topic, "--dry-run")["topic_dropped_records"]


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "message"),
    [
        ((), {}, 2, "--since 72h"),
        (("--since", "yesterday"), {}, 2, "90m, 72h, 30d"),
        (("--since", "1h", "--until", "2h"), {}, 2, "before --since"),
        (("--since", "1h", "--type", "PaymentSuceededEvent"), {}, 2, "PaymentSucceededEvent?"),
        (("--since", "1h", "--account", "me"), {}, 2, "account"),
        (("--since", "1h"), {"PAYCLI_STRIPE_API_KEY": ""}, 3, "PAYCLI_STRIPE_API_KEY"),
        (("--since", "1h"), {"PAYCLI_KAFKA_TOPIC": "not.there"}, 5, "not.there"),
        (
            ("--since", "1h"),
            {"PAYCLI_STRIPE_API_KEY": "sk_live_x", "PAYCLI_STRIPE_API_BASE": ""},
            2,
            "--live",
        ),
    ],
)
def test_failures_have_an_exit_code_and_a_message(
    tmp_path: Path,
    service: Service,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    code: int,
    message: str,
) -> None:
    """Wrong usage, missing settings and a missing topic have different exit codes."""
    usual = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    done = run(tmp_path, ("events", "backfill", *arguments), usual | settings)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_a_refusal_by_stripe_exits_with_4(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """If Stripe refuses the key, nothing is published."""
    stripe.inject(always(respond(401, {"error": {"message": "Invalid API Key"}})))
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(tmp_path, ("events", "backfill", "--since", "1h"), settings)
    assert done.returncode == 4
