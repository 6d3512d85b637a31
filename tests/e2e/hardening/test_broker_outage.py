"""A long outage of Kafka while webhooks keep arriving: memory, deadlines, recovery."""

import time
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.scale import scaled
from harness.sender import send
from harness.stripe import Stripe
from service import ACK_TIMEOUT_SECONDS, EVENTS, SECRET, Service, daemon_settings

SECONDS = scaled(5.0, 300.0)
RATE_PER_SECOND = 100
RECOVERY_SECONDS = 5
GROWTH_MIB = 20


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    """Give a broker that a test may kill."""
    with KafkaBroker() as broker:
        broker.create_event_topics("payments.events")
        yield broker


@pytest.fixture
def own_service(broker: KafkaBroker, stand_in: Stripe) -> Iterator[Service]:
    """Give a ready daemon on that broker."""
    settings = daemon_settings(stand_in.url, broker.bootstrap_servers, "payments.events")
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        yield Service(daemon, stand_in, broker.bootstrap_servers, "payments.events")


def test_an_outage_leaks_no_memory_and_webhooks_recover(
    broker: KafkaBroker, own_service: Service, figures: dict[str, object]
) -> None:
    """All webhooks get 503 in time, memory stays bounded, and after the restart they get 200."""
    url = own_service.daemon.url + EVENTS
    warm_up = send(payment_deliveries(500, SECRET, seed=1), url)
    assert Counter(outcome.status for outcome in warm_up) == {200: 500}
    before_mib = own_service.daemon.rss_mib()
    broker.kill()
    outcomes = send(
        payment_deliveries(int(SECONDS * RATE_PER_SECOND), SECRET),
        url,
        clients=64,
        rate_per_second=RATE_PER_SECOND,
    )
    growth_mib = own_service.daemon.rss_mib() - before_mib
    slowest = max(outcome.latency_seconds for outcome in outcomes)
    figures["responses by status"] = dict(Counter(outcome.status for outcome in outcomes))
    figures["largest response time, s"] = slowest
    figures["growth of memory, MiB"] = growth_mib
    assert {outcome.status for outcome in outcomes} == {503}
    assert slowest < ACK_TIMEOUT_SECONDS + 1
    assert growth_mib <= GROWTH_MIB
    broker.start()
    restarted_at = time.monotonic()
    wait_until(lambda: publishes(own_service), RECOVERY_SECONDS, "webhooks are published again")
    figures["recovery after the start of the broker, s"] = time.monotonic() - restarted_at


def publishes(service: Service) -> bool:
    """Deliver one new event; return whether it is published."""
    name = uuid.uuid4().hex
    return service.deliver_payment_event(f"evt_{name}", f"pi_{name}").status == 200
