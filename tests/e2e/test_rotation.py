"""A webhook secret is rolled as scripts/deploy/README.md describes; no webhook is refused."""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.sender import stripe_signature
from service import EVENTS, daemon_settings

pytestmark = pytest.mark.timeout(120)

OLD, NEW = "whsec_that_was", "whsec_to_be"
CLIENTS = 4
ENOUGH = 100
"""So many webhooks are answered in each step."""


def signed(body: bytes, secrets: Sequence[str]) -> str:
    """Return Stripe's header while secrets are rolled: one time, a signature for each secret."""
    time_, first = stripe_signature(body, secrets[0]).split(",")
    return ",".join([time_, first, *(stripe_signature(body, s).split(",")[1] for s in secrets[1:])])


@dataclass
class Stripe:
    """Sends webhooks without a pause to whichever daemons are in service, signed as it is told."""

    in_service: list[Daemon]
    secrets: Sequence[str] = (OLD,)
    answers: list[tuple[str, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def client(self, number: int) -> None:
        """Send one webhook after the other until told to stop."""
        choice = random.Random(number)
        while not self.stop.is_set():
            event_id = f"evt_{uuid.uuid4().hex}"
            body = payment_intent_event(event_id, f"pi_{event_id}")
            daemon = choice.choice(self.in_service)
            header = signed(body, self.secrets)
            answer = daemon.request("POST", EVENTS, body, {"Stripe-Signature": header})
            self.answers.append((event_id, answer.status))

    def wait_for_more(self) -> None:
        """Return when enough webhooks more are answered."""
        until = len(self.answers) + ENOUGH
        wait_until(lambda: len(self.answers) >= until, 30, f"{until} answers")


def test_no_genuine_webhook_is_refused_while_its_secret_is_rolled(
    kafka: KafkaBroker, topic: str
) -> None:
    """Two daemons are restarted in turn, with NEW,OLD and then NEW: every webhook is published."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    # Time for whoever has chosen the daemon to reach it still, as behind a load balancer.
    settings |= {"PAYCLI_DRAIN_SECONDS": "1"}
    del settings["PAYCLI_STRIPE_API_BASE"]
    with ExitStack() as stack:

        def started(secrets: str) -> Daemon:
            daemon = Daemon({**settings, "PAYCLI_STRIPE_WEBHOOK_SECRETS": secrets})
            stack.enter_context(daemon).wait_ready()
            return daemon

        stripe = Stripe([started(OLD), started(OLD)])
        clients = [threading.Thread(target=stripe.client, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        stack.callback(stripe.stop.set)

        def restart_all(secrets: str) -> None:
            for place, daemon in enumerate(stripe.in_service):
                others = [each for each in stripe.in_service if each is not daemon]
                stripe.in_service = others
                assert daemon.stop() == 0
                stripe.in_service = [*others[:place], started(secrets), *others[place:]]
                stripe.wait_for_more()

        stripe.wait_for_more()
        restart_all(f"{NEW},{OLD}")
        stripe.secrets = (NEW, OLD)  # rolled in the Dashboard, with an overlap
        stripe.wait_for_more()
        stripe.secrets = (NEW,)  # the overlap is over
        stripe.wait_for_more()
        restart_all(NEW)
        stripe.stop.set()
        for client in clients:
            client.join(20)
        body = payment_intent_event("evt_stolen", "pi_stolen")
        late = {"Stripe-Signature": signed(body, (OLD,))}
        refused = stripe.in_service[0].request("POST", EVENTS, body, late)

    assert Counter(status for _, status in stripe.answers).keys() == {200}
    published = {r.header("ce_id") for r in read_records(kafka.bootstrap_servers, topic)}
    assert {event_id for event_id, _ in stripe.answers} <= published
    assert (refused.status, "evt_stolen" in published) == (400, False)
