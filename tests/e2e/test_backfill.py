"""What Stripe has and the topic lacks is found and published, exactly, however a run ended."""

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
    """Give a Stripe that remembers all events of a test."""
    with Stripe(remembered_events=200_000) as double:
        yield double


def happen(stripe: Stripe, count: int, event_type: str = "payment_intent.succeeded") -> list[str]:
    """Let so many events happen at Stripe; return their ids, oldest first."""
    made = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]

    def emit() -> list[str]:
        intent = stripe.store.objects[made]
        assert isinstance(intent, PaymentIntentState)
        return [stripe.store.emit(event_type, intent).id for _ in range(count)]

    return stripe.run_in_loop(emit)


def put(kafka: KafkaBroker, topic: str, event_ids: list[str]) -> None:
    """Let the topic hold these events, as far as a backfill looks at them."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for event_id in event_ids:
        producer.produce(topic, b"{}", b"pi", headers=[("ce_id", event_id.encode())])
        producer.poll(0)
    assert producer.flush(30) == 0


def backfill(
    folder: Path, stripe: Stripe, kafka: KafkaBroker, topic: str, *arguments: str
) -> dict[str, Any]:
    """Run it over the last hour; return what it said."""
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(folder, ("events", "backfill", "--since", "1h", "--json", *arguments), settings)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def ids(kafka: KafkaBroker, topic: str) -> Counter[str]:
    """How often each event is on the topic."""
    return Counter(
        str(record.header("ce_id")) for record in read_records(kafka.bootstrap_servers, topic)
    )


def test_exactly_what_is_missing_is_published_and_then_nothing(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Of 1,200 events the topic lacks 150: these are published, and a second run has none."""
    happened = happen(stripe, 1200)
    missing = set(random.Random(7).sample(happened, 150))
    put(kafka, topic, [it for it in happened if it not in missing])
    dry = backfill(tmp_path, stripe, kafka, topic, "--dry-run", "--type", SUCCEEDED)
    assert {it["event_id"] for it in dry["events"]} == missing
    assert (dry["published"], len(ids(kafka, topic))) == (0, 1050)
    told = backfill(tmp_path, stripe, kafka, topic, "--type", SUCCEEDED)
    assert (told["at_stripe"], told["missing"], told["published"]) == (1200, 150, 150)
    assert [it["event_id"] for it in told["events"]] == [it for it in happened if it in missing]
    found = ids(kafka, topic)
    assert set(found) == set(happened)
    assert set(found.values()) == {1}
    again = backfill(tmp_path, stripe, kafka, topic)
    assert (again["missing"], again["published"]) == (1, 1), "only the payment's own creation"
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0


def test_the_record_is_that_of_the_webhook(
    tmp_path: Path, kafka: KafkaBroker, service: Service
) -> None:
    """Key, value and headers are the same bytes whichever way an event came, but for its origin."""
    other = f"{service.topic}.backfilled"
    kafka.create_topic(other)
    made = service.stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    service.stripe.pay(made)
    events = service.stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    for event in events:
        assert service.deliver(json.dumps(event).encode()).status == 200
    backfill(tmp_path, service.stripe, kafka, other)

    def told(record: ConsumedRecord) -> object:
        headers = [it for it in record.headers if it[0] != "origin"]
        return record.key, record.value, headers

    by_webhook = {str(r.header("ce_id")): r for r in service.records() if r.key == made.encode()}
    backfilled = {str(r.header("ce_id")): r for r in read_records(kafka.bootstrap_servers, other)}
    assert by_webhook
    assert by_webhook.keys() <= backfilled.keys()
    for event_id, record in by_webhook.items():
        assert told(backfilled[event_id]) == told(record)
        assert backfilled[event_id].header("origin") == "backfill"


@pytest.mark.timeout(240)
def test_runs_that_are_killed_leave_nothing_out(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """After kill -9 at random moments a last run completes; at most a window is twice for each."""
    happened = happen(stripe, 2500)
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    chance = random.Random(11)
    for number in range(3):
        started = Process(
            [*PAYCLI, "events", "backfill", "--since", "1h"],
            name=f"run{number}",
            directory=tmp_path,
            environment=settings,
        )
        before = sum(ids(kafka, topic).values())
        deadline = time.monotonic() + 20
        while sum(ids(kafka, topic).values()) == before and time.monotonic() < deadline:
            if started.exit_code() is not None or chance.random() < 0.05:
                break
        started.kill()
    backfill(tmp_path, stripe, kafka, topic)
    found = ids(kafka, topic)
    assert set(happened) <= set(found)
    assert sum(found.values()) - len(found) <= 3 * KafkaPublisher.WINDOW
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0


def test_only_the_time_and_types_asked_for_are_published(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Stripe's name of a type selects as ours does; what happened outside of the time stays out."""
    stripe.control("clock", offset_seconds=-7200)
    happen(stripe, 3)
    stripe.control("clock", offset_seconds=0)
    canceled = happen(stripe, 4, "payment_intent.canceled")
    happen(stripe, 5)
    told = backfill(tmp_path, stripe, kafka, topic, "--type", "payment_intent.canceled")
    assert told["types"] == [
        {"type": "payment_intent.canceled", "at_stripe": 4, "missing": 4, "published": 4}
    ]
    assert set(ids(kafka, topic)) == set(canceled)
    early = ("--since", "3h", "--until", "1h")
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(tmp_path, ("events", "backfill", *early, "--json"), settings)
    assert json.loads(done.stdout)["published"] == 4, "three and the payment's creation"


def test_an_unreadable_event_is_set_aside_once(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """What can't be told goes to the topic of the unreadable, and counts as there the next time."""
    [broken] = happen(stripe, 1)
    event = stripe.call("GET", f"/v1/events/{broken}").json
    del event["data"]["object"]["amount"]
    page = {"object": "list", "url": "/v1/events", "has_more": False, "data": [event]}
    stripe.inject(always(respond(200, page)))
    assert backfill(tmp_path, stripe, kafka, topic)["published"] == 1
    assert ids(kafka, topic) == {}
    assert ids(kafka, f"{topic}.unreadable") == {broken: 1}
    assert backfill(tmp_path, stripe, kafka, topic)["missing"] == 0
    stripe.clear_faults()
    assert broken in {it["event_id"] for it in backfill(tmp_path, stripe, kafka, topic)["events"]}
    assert ids(kafka, topic)[broken] == 1, "what can be told after all is published"


def test_a_record_that_is_too_large_is_set_aside_once(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """The others are published all the same, and the next run publishes nothing."""
    small = f"{topic}.small"
    kafka.create_topic(small, config={"max.message.bytes": "1500"})
    kafka.create_topic(f"{small}.unreadable")
    first = happen(stripe, 3)
    long = {f"metadata[k{i}]": "v" * 400 for i in range(5)}
    stripe.call("POST", "/v1/payment_intents", {**PAYMENT, **long})
    backfill(tmp_path, stripe, kafka, small)
    assert set(first) <= set(ids(kafka, small))
    assert len(ids(kafka, f"{small}.unreadable")) == 1
    total = sum(ids(kafka, small).values())
    backfill(tmp_path, stripe, kafka, small)
    assert sum(ids(kafka, small).values()) == total
    assert sum(ids(kafka, f"{small}.unreadable").values()) == 1


def test_it_goes_on_when_stripe_sets_its_limit(
    tmp_path: Path, kafka: KafkaBroker, topic: str
) -> None:
    """Pages that get 429 are asked for again, and nothing is left out."""
    with Stripe(requests_per_second=3) as stripe:
        happened = happen(stripe, 700)
        assert backfill(tmp_path, stripe, kafka, topic)["published"] == 701
        assert set(happened) <= set(ids(kafka, topic))


def test_a_topic_that_has_dropped_records_is_told(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Where retention has taken records of the time away, a warning says that they seem missing."""
    [event_id] = happen(stripe, 1)
    put(kafka, topic, [event_id] * 3)
    assert not backfill(tmp_path, stripe, kafka, topic, "--dry-run")["topic_dropped_records"]
    kafka.delete_records(topic, keep=1)
    assert backfill(tmp_path, stripe, kafka, topic, "--dry-run")["topic_dropped_records"]


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "says"),
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
def test_what_is_wrong_has_its_exit_code(
    tmp_path: Path,
    service: Service,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    code: int,
    says: str,
) -> None:
    """Usage, settings and Kafka are told apart, each with a sentence."""
    usual = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    done = run(tmp_path, ("events", "backfill", *arguments), usual | settings)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_stripe_that_refuses_is_4(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """When Stripe does not take our key nothing is published, and the exit code is 4."""
    stripe.inject(always(respond(401, {"error": {"message": "Invalid API Key"}})))
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    done = run(tmp_path, ("events", "backfill", "--since", "1h"), settings)
    assert done.returncode == 4
