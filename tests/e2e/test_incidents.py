"""Mistakes and gaps during an incident are reported before anything is published."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Producer

from harness.command_line import run
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe, always, respond
from service import daemon_settings

PAYMENT = {"amount": "2000", "currency": "eur"}
ACCOUNT = "acct_1abcdef"


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    """Provide a Stripe without webhook endpoints."""
    with Stripe() as stripe:
        yield stripe


@pytest.fixture
def settings(stripe: Stripe, kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Provide settings with an empty topic."""
    return daemon_settings(stripe.url, kafka.bootstrap_servers, topic)


def test_a_backfill_prints_its_time_range_and_questions_an_empty_topic(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str]
) -> None:
    """The range is printed in UTC; a topic with none of the events may be the wrong one."""
    stripe.call("POST", "/v1/payment_intents", PAYMENT)
    time_range = ("--since", "2026-01-31T13:00:00+01:00")
    dry = run(tmp_path, ("events", "backfill", *time_range, "--dry-run"), settings)
    assert "from 2026-01-31T12:00:00Z to " in dry.stderr
    assert "is it the right topic?" in dry.stderr
    assert run(tmp_path, ("events", "backfill", "--since", "1h"), settings).returncode == 0
    again = run(tmp_path, ("events", "backfill", "--since", "1h"), settings)
    assert "1 at Stripe, 0 missing, 0 published" in again.stderr
    assert "right topic" not in again.stderr


def test_gaps_of_the_topic_are_reported(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str], kafka: KafkaBroker
) -> None:
    """Missing offsets, as after compaction, are reported, since their events seem missing."""
    stripe.call("POST", "/v1/payment_intents", PAYMENT)
    dry = ("events", "backfill", "--since", "1h", "--dry-run", "--json")
    assert not json.loads(run(tmp_path, dry, settings).stdout)["topic_dropped_records"]
    # Records of an aborted transaction are not read, but they have offsets.
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": tmp_path.name}
    )
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(settings["PAYCLI_KAFKA_TOPIC"], b"{}", b"pi")
    producer.flush(20)
    producer.abort_transaction(20)
    done = run(tmp_path, dry, settings)
    assert json.loads(done.stdout)["topic_dropped_records"]
    assert "compaction" in done.stderr


def test_the_printed_replay_command_works_for_a_connected_account(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str]
) -> None:
    """It has --account; without it, Stripe does not find the event, and the message says so."""
    headers = {"Stripe-Account": ACCOUNT}
    payment = stripe.call("POST", "/v1/payment_intents", PAYMENT, headers=headers).json["id"]
    timeline = ("payment", "timeline", payment, "--account", ACCOUNT)
    done = run(tmp_path, timeline, settings)
    command = done.stderr.split("paycli ")[-1].split()
    assert command[-2:] == ["--account", ACCOUNT]
    refused = run(tmp_path, command[:-2], settings)
    assert refused.returncode == 4
    assert "30 days" in refused.stderr
    assert "--account" in refused.stderr
    assert run(tmp_path, command, settings).returncode == 0
    after = run(tmp_path, timeline, settings)
    assert "MISSING" not in after.stdout
    assert "1 events, none missing in Kafka" in after.stderr


def test_events_that_stripe_no_longer_lists_are_not_missing(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str]
) -> None:
    """Stripe lists events for 30 days; older ones are shown from Kafka as not listed."""
    stripe.control("clock", offset_seconds=-40 * 24 * 3600)
    payment = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    [event] = stripe.call("GET", "/v1/events").json["data"]
    run(tmp_path, ("events", "replay", "--id", event["id"]), settings)
    stripe.control("clock", offset_seconds=0)
    # The stand-in lists older events; Stripe would not.
    empty_list = respond(
        200, {"object": "list", "data": [], "has_more": False, "url": "/v1/events"}
    )
    stripe.inject(always(replace(empty_list, path="/v1/events")))
    done = run(tmp_path, ("payment", "timeline", payment), settings)
    assert "only events of the last 30 days" in done.stderr
    assert "not listed" in done.stdout
    assert "MISSING" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("events", "list", "--since", "2999-01-01T00:00:00Z"), "in the future"),
        (("events", "export", "--since", "1h", "--until", "2h"), "--until is before --since"),
        (("events", "replay", "x.jsonl", "--since", "2999-01-01T00:00:00Z"), "in the future"),
        (("payment", "timeline", "pi_1", "--since", "2026-01-31T12:00"), "needs a time zone"),
        (("events", "tail", "--type", "PaymentSuceeded"), "PaymentSucceededEvent?"),
        (("events", "show", "pi_1"), "paycli payment timeline pi_1"),
    ],
)
def test_wrong_usage_is_reported_before_anything_is_read(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Neither Kafka nor Stripe needs to be reachable."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "payments.events")
    (tmp_path / "x.jsonl").touch()
    done = run(tmp_path, arguments, settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
