"""An endpoint is created, its secret rotated by a second one under load, and the old one retired.

This is the procedure of scripts/deploy/README.md, with the commands of an operator.
"""

import json
import stat
import threading
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import CompletedProcess
from typing import Self

import pytest

from harness.command_line import run
from harness.daemon import Daemon
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.ports import free_port
from harness.sender import stripe_signature
from harness.stripe import Stripe
from paycli.sandbox.standin import DeliverySettings
from paycli.sandbox.standin.store.events import EmittedEvent
from service import EVENTS, daemon_settings

pytestmark = pytest.mark.timeout(60)

PAYMENT = {"amount": "2000", "currency": "eur"}
INTERVAL_SECONDS = 0.02
ENOUGH = 15
"""How many payments are created in each step."""
FAST_RETRIES = DeliverySettings(time_scale=1 / 1500)
"""The first retry is after 0.2 s."""


class Guests:
    """Creates payments at Stripe, one after another, until the end of the `with` statement."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pay)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)

    def _pay(self) -> None:
        while not self._stop.wait(INTERVAL_SECONDS):
            self._stripe.call("POST", "/v1/payment_intents", PAYMENT)

    def wait_for_more(self) -> None:
        """Return after ENOUGH more payments."""
        until = len(self._stripe.payment_ids()) + ENOUGH
        wait_until(lambda: len(self._stripe.payment_ids()) >= until, 20, f"{until} payments")


def statuses(stripe: Stripe) -> dict[str, list[int | None]]:
    """Return the status of each attempt to deliver each event."""

    def collect() -> dict[str, list[int | None]]:
        events = stripe.store.newest_first(EmittedEvent)
        return {event.id: [attempt.status for attempt in event.attempts] for event in events}

    return stripe.run_in_loop(collect)


class Operator:
    """Runs commands in one folder, with the settings of the daemon."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder, self._settings = folder, settings

    def run(self, *arguments: str) -> CompletedProcess[str]:
        """Run `paycli`, which prints JSON."""
        return run(self._folder, [*arguments, "-o", "json"], self._settings)

    def apply(self, url: str, file: str, *more: str) -> tuple[str, str]:
        """Create an endpoint; return its id and its secret, which only the file has."""
        done = self.run("endpoint", "apply", "--url", url, "--secret-file", file, *more)
        assert done.returncode == 0, done.stderr
        assert stat.S_IMODE((self._folder / file).stat().st_mode) == 0o600
        secret = (self._folder / file).read_text().strip()
        assert secret.startswith("whsec_")
        assert "whsec_" not in done.stdout + done.stderr
        (row,) = json.loads(done.stdout)
        assert (row["action"], row["url"]) == ("create", url)
        return row["id"], secret


def test_no_event_is_lost_while_the_secret_is_rotated_by_a_second_endpoint(
    tmp_path: Path, kafka: KafkaBroker, topic: str
) -> None:
    """Every event is answered 200 in the end and on the topic; duplicates have the same ce_id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{EVENTS}"
    with Stripe(delivery=FAST_RETRIES) as stripe, ExitStack() as stack:
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        settings["PAYCLI_DRAIN_SECONDS"] = "0"
        operator = Operator(tmp_path, settings)

        def started(secrets: str) -> Daemon:
            more = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": secrets}
            daemon = Daemon({**settings, **more}, port=port)
            stack.enter_context(daemon).wait_ready()
            return daemon

        old, old_secret = operator.apply(url, "old-secret")
        daemon = started(old_secret)
        with Guests(stripe) as guests:
            guests.wait_for_more()
            new, new_secret = operator.apply(url, "new-secret", "--new")
            assert (new != old, new_secret != old_secret) == (True, True)
            # The control: the new endpoint's webhooks are refused, so it has another secret.
            wait_until(lambda: any(400 in it for it in statuses(stripe).values()), 10, "a 400")
            assert daemon.stop() == 0
            daemon = started(f"{old_secret},{new_secret}")
            guests.wait_for_more()
            retired = operator.run("endpoint", "retire", old)
            assert (retired.returncode, json.loads(retired.stdout)["status"]) == (0, "disabled")
            guests.wait_for_more()
        wait_until(lambda: all(200 in it for it in statuses(stripe).values()), 20, "a 200 each")
        events = statuses(stripe)
        body = payment_intent_event("evt_forged", "pi_forged")
        header = {"Stripe-Signature": stripe_signature(body, "whsec_of_no_endpoint_0001")}
        forged = daemon.request("POST", EVENTS, body, header)
        checks = json.loads(operator.run("doctor").stdout)

    values = defaultdict(list)
    for record in read_records(kafka.bootstrap_servers, topic):
        values[record.header("ce_id")].append(record.value)
    assert len(events) >= 3 * ENOUGH
    assert values.keys() == events.keys()
    assert all(len(set(copies)) == 1 for copies in values.values())
    assert any(len(copies) > 1 for copies in values.values()), "both endpoints were in service"
    # 503 while Kafka is not reached yet; None without a response, while nothing listens.
    assert {status for each in events.values() for status in each} <= {200, 400, 503, None}
    assert (forged.status, "evt_forged" in values) == (400, False)
    at_stripe = {it["id"]: it["state"] for it in checks if it["id"].startswith("stripe.")}
    assert set(at_stripe.values()) == {"ok"}
