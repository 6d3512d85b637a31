"""What happened is found on the topics, and told beside Stripe's view with what is missing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import PAYCLI, run
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.stripe import Stripe
from harness.terminal import run_in_terminal
from service import Service, daemon_settings

PAYMENT = {"amount": "2000", "currency": "eur", "metadata[reference]": "booking-42"}


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    """Give a Stripe without endpoints: nothing is sent by itself."""
    with Stripe() as double:
        yield double


def ask(folder: Path, settings: dict[str, str], *arguments: str, code: int = 0) -> tuple[Any, str]:
    """Run a command; return its JSON (None without) and its messages."""
    done = run(folder, (*arguments, "--json"), settings)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or "null"), done.stderr


def test_events_are_listed_and_shown(tmp_path: Path, service: Service) -> None:
    """By payment, reference, type and time; one event with all its records."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    made = {"metadata": {"reference": "booking-list"}}
    service.deliver_payment_event("evt_l1", "pi_l1", created=1_769_860_800, **made)
    service.deliver_payment_event("evt_l2", "pi_l2", created=1_769_864_400, **made)
    service.deliver_payment_event("evt_l3", "pi_l2", type="payment_intent.canceled")
    service.deliver_payment_event("evt_l2", "pi_l2", created=1_769_864_400, **made)

    def listed(*arguments: str) -> list[str]:
        rows, _ = ask(tmp_path, settings, "events", "list", *arguments)
        return [row["event_id"] for row in rows]

    assert listed("--reference", "booking-list") == ["evt_l1", "evt_l2", "evt_l2"]
    assert listed("--payment", "pi_l2", "--limit", "1") == ["evt_l3"]
    assert listed(
        "--payment", "pi_l1", "--payment", "pi_l2", "--type", "payment_intent.canceled"
    ) == ["evt_l3"]
    early = ("--since", "2026-01-31T12:00:00Z", "--until", "2026-01-31T13:00:00Z")
    assert listed("--reference", "booking-list", *early) == ["evt_l1"]
    assert listed("--payment", "pi_nobody") == []
    shown, _ = ask(tmp_path, settings, "events", "show", "evt_l2")
    assert (shown["type"], shown["subject"]) == ("PaymentSucceededEvent", "pi_l2")
    assert shown["data"]["reference"] == "booking-list"
    assert len(shown["records"]) == 2
    _, said = ask(tmp_path, settings, "events", "show", "evt_nobody", code=1)
    assert "paycli events replay --id evt_nobody" in said
    _, said = ask(
        tmp_path, settings, "events", "list", "--type", "payment_intent.cancelled", code=2
    )
    assert "payment_intent.canceled?" in said
    gone = {**settings, "PAYCLI_KAFKA_TOPIC": "not.there"}
    ask(tmp_path, gone, "events", "list", code=5)
    ask(tmp_path, gone, "events", "show", "evt_l2", code=5)


def test_a_timeline_marks_what_is_missing_until_it_is_repaired(
    tmp_path: Path, stripe: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Stripe's view beside Kafka's; the command that it names puts it right."""
    settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    made = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    stripe.pay(made)
    other = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    stripe.call("POST", "/v1/refunds", {"payment_intent": made, "amount": "500"})

    def ids() -> dict[str, str]:
        events = stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"]
        return {event["type"]: event["id"] for event in events if made in json.dumps(event)}

    # Stripe tells of a refund a second time when its bank number is there.
    wait_until(lambda: "refund.updated" in ids(), 10, "all has happened at Stripe")
    created, succeeded = ids()["payment_intent.created"], ids()["payment_intent.succeeded"]
    run(tmp_path, ("events", "replay", "--id", created), settings)
    told, said = ask(tmp_path, settings, "payment", "timeline", made)
    assert told["payments"][0]["id"] == made
    assert "client_secret" not in json.dumps(told)
    by_id = {entry["event_id"]: entry for entry in told["entries"]}
    assert succeeded in told["missing"]
    assert created not in told["missing"]
    assert by_id[created]["records"][0]["origin"] == "replay"
    assert {"RefundSucceededEvent", "PaymentSucceededEvent"} <= {e["type"] for e in by_id.values()}
    command = said.split("paycli ")[-1].split()
    assert run(tmp_path, command, settings).returncode == 0
    told, _ = ask(tmp_path, settings, "payment", "timeline", made)
    assert told["missing"] == []
    assert len(told["entries"]) == len(by_id)
    told, _ = ask(tmp_path, settings, "payment", "timeline", "--reference", "booking-42")
    assert {it["id"] for it in told["payments"]} == {made, other}
    assert len(told["missing"]) == 1
    code, lines = run_in_terminal([*PAYCLI, "payment", "timeline", other], 60, settings)
    assert code == 0
    assert max(map(len, lines)) <= 200
    assert "MISSING" in " ".join(lines)


@pytest.mark.parametrize(
    ("arguments", "changes", "code"),
    [
        ((), {}, 2),
        (("pi_1", "--reference", "x"), {}, 2),
        (("pi_1", "--since", "later"), {}, 2),
        (("not an id",), {}, 4),
        (("pi_nobody",), {}, 4),
        (("--reference", "nobody"), {}, 4),
        (("pi_1",), {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": ""}, 3),
    ],
)
def test_what_is_wrong_has_its_exit_code(
    tmp_path: Path,
    stripe: Stripe,
    arguments: tuple[str, ...],
    changes: dict[str, str],
    code: int,
) -> None:
    """Usage, settings and Stripe are told apart."""
    settings = daemon_settings(stripe.url, "127.0.0.1:9", "payments") | changes
    done = run(tmp_path, ("payment", "timeline", *arguments), settings)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr


def test_without_kafka_it_is_5(tmp_path: Path, stripe: Stripe) -> None:
    """A payment that is there, and no broker: exit code 5."""
    made = stripe.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
    settings = daemon_settings(stripe.url, "127.0.0.1:9", "payments")
    done = run(tmp_path, ("payment", "timeline", made), settings)
    assert done.returncode == 5, done.stderr
