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
from harness.sender import rolled_signature
from service import EVENTS, daemon_settings

pytestmark = pytest.mark.timeout(120)

OLD, NEW = "whsec_that_was_in_use_001", "whsec_that_will_be_used_2"
CLIENTS = 4
INTERVAL_SECONDS = 0.02
"""Between the webhooks of a client: enough are on their way at any moment."""
ENOUGH = 100
"""How many webhooks are answered in each step."""


@dataclass
class WebhookSender:
    """Sends webhooks continuously to the daemons in service, signed with `secrets`."""

    in_service: list[Daemon]
    secrets: Sequence[str] = (OLD,)
    responses: list[tuple[str, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def client(self, number: int) -> None:
        """Send one webhook after another until `stop` is set."""
        choice = random.Random(number)
        while not self.stop.wait(INTERVAL_SECONDS):
            event_id = f"evt_{uuid.uuid4().hex}"
            body = payment_intent_event(event_id, f"pi_{event_id}")
            daemon = choice.choice(self.in_service)
            header = rolled_signature(body, self.secrets)
            response = daemon.request("POST", EVENTS, body, {"Stripe-Signature": header})
            self.responses.append((event_id, response.status))

    def wait_for_more(self) -> None:
        """Return after ENOUGH more responses."""
        until = len(self.responses) + ENOUGH
        wait_until(lambda: len(self.responses) >= until, 30, f"{until} responses")


def test_no_webhook_is_refused_while_its_secret_is_rolled(kafka: KafkaBroker, topic: str) -> None:
    """Two daemons are restarted in turn with NEW,OLD, then with NEW: all webhooks are published."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    # As behind a load balancer, requests may still be on their way to the daemon.
    settings |= {"PAYCLI_DRAIN_SECONDS": "1"}
    del settings["PAYCLI_STRIPE_API_BASE"]
    with ExitStack() as stack:

        def started(secrets: str) -> Daemon:
            daemon = Daemon({**settings, "PAYCLI_STRIPE_WEBHOOK_SECRETS": secrets})
            stack.enter_context(daemon).wait_ready()
            return daemon

        sender = WebhookSender([started(OLD), started(OLD)])
        clients = [threading.Thread(target=sender.client, args=(n,)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        stack.callback(sender.stop.set)

        def restart_all(secrets: str) -> None:
            for place, daemon in enumerate(sender.in_service):
                others = [each for each in sender.in_service if each is not daemon]
                sender.in_service = others
                assert daemon.stop() == 0
                sender.in_service = [*others[:place], started(secrets), *others[place:]]
                sender.wait_for_more()

        sender.wait_for_more()
        restart_all(f"{NEW},{OLD}")
        sender.secrets = (NEW, OLD)  # rolled in the Dashboard, with an overlap
        sender.wait_for_more()
        sender.secrets = (NEW,)  # the overlap is over
        sender.wait_for_more()
        restart_all(NEW)
        sender.stop.set()
        for client in clients:
            client.join(20)
        body = payment_intent_event("evt_stolen", "pi_stolen")
        late = {"Stripe-Signature": rolled_signature(body, (OLD,))}
        refused = sender.in_service[0].request("POST", EVENTS, body, late)

    assert Counter(status for _, status in sender.responses).keys() == {200}
    published = {r.header("ce_id") for r in read_records(kafka.bootstrap_servers, topic)}
    assert {event_id for event_id, _ in sender.responses} <= published
    assert (refused.status, "evt_stolen" in published) == (400, False)
