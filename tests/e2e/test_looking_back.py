"""Published events are listed, shown, and compared with Stripe's in a timeline."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import PAYCLI, run
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.stripe import Stripe
from harness.terminal import run_in_terminal
from service import Service, daemon_settings

PAYMENT = {"amount": "2000", "currency": "eur", "metadata[reference]": "booking-42"}


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    """Provide a Stripe without webhook endpoints."""
    with Stripe() as stripe:
        yield stripe


def run_json(
    folder: Path, settings: dict[str, str], *arguments: str, code: int = 0
) -> tuple[Any, str]:
    """Run a command; return its JSON output, None without, and its messages."""
    done = run(folder, (*arguments, "--json"), settings)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or "null"), done.stderr


def test_events_are_listed_and_shown(tmp_path: Path, service: Service) -> None:
    """Events are selected by payment, reference, type and time; one is shown with its records."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    fields = {"metadata": {"reference": "booking-list"}}
    service.deliver_payment_event("evt_l1", "pi_l1", created=1_769_860_800, **fields)
    service.deliver_payment_event("evt_l2", "pi_l2", created=1_769_864_400, **fields)
    service.deliver_payment_event("evt_l3", "pi_l2", type="payment_intent.canceled")
    service.deliver_payment_event("evt_l2", "pi_l2", created=1_769_864_400, **fields)

    def listed(*arguments: str) -> list[str]:
        document, _ = run_json(tmp_path, settings, "events", "list", *arguments)
        return [row["event_id"] for row in document["data"]]

    assert listed("--reference", "booking-list") == ["evt_l1", "evt_l2", "evt_l2"]
    assert listed("--payment", "pi_l2", "--limit", "1") == ["evt_l3"]
    assert listed(
        "--payment", "pi_l1", "--payment", "pi_l2", "--type", "payment_intent.canceled"
    ) == ["evt_l3"]
    early = ("--since", "2026-01-31T12:00:00Z", "--until", "2026-01-31T13:00:00Z")
    assert listed("--reference", "booking-list", *early) == ["evt_l1"]
    assert listed("--payment", "pi_unknown") == []
    shown, _ = run_json(tmp_path, settings, "events", "show", "evt_l2")
    assert (shown["type"], shown["subject"]) == ("PaymentSucceededEvent", "pi_l2")
    assert shown["data"]["reference"] == "booking-list"
    assert len(shown["records"]) == 2
    _, messages = run_json(tmp_path, settings, "events", "show", "evt_unknown", code=1)
    assert "paycli events replay --id evt_unknown" in messages
    _, messages = run_json(
        tmp_path, settings, "events", "list", "--type", "payment_intent.cancelled", code=2
    )
    assert "payment_intent.canceled?" in messages
    newest, messages = run_json(
        tmp_path, settings, "events", "list", "--reference", "booking-list", "--limit", "1"
    )
    assert ([row["event_id"] for row in newest["data"]], newest["omitted"]) == (["evt_l2"], 2)
    assert "2 older events are not listed" in messages
    complete, messages = run_json(tmp_path, settings, "events", "list", "--payment", "pi_l1")
    assert (complete["omitted"], messages) == (0, "")
    missing_topic = {**settings, "PAYCLI_KAFKA_TOPIC": "not.there"}
    run_json(tmp_path, missing_topic, "events", "list", code=5)
    run_json(tmp_path, missing_topic, "events", "show", "evt_l2", code=5)


def test_a_forged_reference_shows_its_account(tmp_path: Path, service: Service) -> None:
    """On a table, an event of a connected account differs from ours with the same reference."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    for event_id, account in (("evt_f1", None), ("evt_f2", "acct_host")):
        body = json.loads(
            payment_intent_event(event_id, "pi_f", metadata={"reference": "booking-forged"})
        )
        service.deliver(json.dumps(body | {"account": account}).encode())
    for arguments in (
        ("list", "--reference", "booking-forged", "-o", "table"),
        ("tail", "--from-beginning", "--exit", "--payment", "pi_f", "-o", "table"),
    ):
        done = run(tmp_path, ("events", *arguments), settings)
        lines = [line for line in done.stdout.splitlines() if "booking-forged" in line]
        assert ["acct_host" in line for line in lines] == [False, True], done.stdout + done.stderr


def test_a_timeline_marks_missing_events_until_they_are_replayed(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """The printed replay command publishes the missing events."""
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    payment = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    stripe.pay(payment)
    other = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    stripe.call("POST", "/v1/payment_intents", PAYMENT | {"metadata[reference]": "BOOKING-42"})
    stripe.call("POST", "/v1/refunds", {"payment_intent": payment, "amount": "500"})

    def ids() -> dict[str, str]:
        events = stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"]
        return {event["type"]: event["id"] for event in events if payment in json.dumps(event)}

    # Stripe sends refund.updated once the refund has its reference number.
    wait_until(lambda: "refund.updated" in ids(), 10, "Stripe has all events")
    created, succeeded = ids()["payment_intent.created"], ids()["payment_intent.succeeded"]
    run(tmp_path, ("events", "replay", "--id", created), settings)
    history, messages = run_json(tmp_path, settings, "payment", "timeline", payment)
    assert history["payments"][0]["id"] == payment
    assert "client_secret" not in json.dumps(history)
    by_id = {entry["event_id"]: entry for entry in history["entries"]}
    assert succeeded in history["missing"]
    assert created not in history["missing"]
    assert by_id[created]["records"][0]["origin"] == "replay"
    assert {"RefundSucceededEvent", "PaymentSucceededEvent"} <= {e["type"] for e in by_id.values()}
    command = messages.split("paycli ")[-1].split()
    assert run(tmp_path, command, settings).returncode == 0
    history, _ = run_json(tmp_path, settings, "payment", "timeline", payment)
    assert history["missing"] == []
    assert len(history["entries"]) == len(by_id)
    history, _ = run_json(tmp_path, settings, "payment", "timeline", "--reference", "booking-42")
    assert {each["id"] for each in history["payments"]} == {payment, other}
    assert len(history["missing"]) == 1
    code, lines = run_in_terminal([*PAYCLI, "payment", "timeline", other], 60, settings)
    assert code == 0
    assert max(map(len, lines)) <= 200
    assert "MISSING" in " ".join(lines)


def test_a_timeline_has_all_payments_of_a_reference(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """More payments than one page of Stripe's search has: each is there, with its event."""
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    ids = {stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"] for _ in range(101)}
    history, _ = run_json(tmp_path, settings, "payment", "timeline", "--reference", "booking-42")
    assert {payment["id"] for payment in history["payments"]} == ids
    assert len(history["entries"]) == len(ids)
    assert history["listed_since"] is None
    early = ("--since", "2020-01-01T00:00:00Z")
    history, messages = run_json(
        tmp_path, settings, "payment", "timeline", history["payments"][0]["id"], *early
    )
    assert "last 30 days" in messages
    assert history["listed_since"] > "2026"


@pytest.mark.parametrize(
    ("arguments", "changes", "code"),
    [
        ((), {}, 2),
        (("pi_1", "--reference", "x"), {}, 2),
        (("pi_1", "--since", "later"), {}, 2),
        (("not an id",), {}, 4),
        (("pi_unknown",), {}, 4),
        (("--reference", "unknown"), {}, 4),
        (("pi_1",), {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": ""}, 3),
    ],
)
def test_failures_have_an_exit_code(
    tmp_path: Path,
    stripe: Stripe,
    arguments: tuple[str, ...],
    changes: dict[str, str],
    code: int,
) -> None:
    """Wrong usage, missing settings and unknown payments have different exit codes."""
    settings = daemon_settings(stripe.url, "127.0.0.1:9", "payments") | changes
    done = run(tmp_path, ("payment", "timeline", *arguments), settings)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr


def test_unreachable_brokers_exit_with_5(tmp_path: Path, stripe: Stripe) -> None:
    """A timeline of an existing payment needs a broker."""
    payment = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    settings = daemon_settings(stripe.url, "127.0.0.1:9", "payments")
    done = run(tmp_path, ("payment", "timeline", payment), settings)
    assert done.returncode == 5, done.stderr
