"""The service end to end: a daemon process, a real broker, and a stand-in for Stripe."""

import uuid
from collections.abc import Iterator

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe
from harness.stripe_mock import StripeMock
from paycli.sandbox.standin import WebhookTarget
from service import EVENTS, OLD_SECRET, SECRET, Service, daemon_settings


@pytest.fixture(scope="module")
def service(kafka: KafkaBroker) -> Iterator[Service]:
    """Give a ready daemon on the shared broker, with its own topic and Stripe stand-in."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    with Stripe() as stripe:
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            yield Service(daemon, stripe, kafka.bootstrap_servers, topic)


@pytest.fixture
def endpoints(kafka: KafkaBroker, topic: str) -> Iterator[list[WebhookTarget]]:
    """Give a running daemon as a stand-in's own endpoint and as its Connect endpoint."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    del settings["PAYCLI_STRIPE_API_BASE"]
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        url = daemon.url + EVENTS
        yield [WebhookTarget(url, (SECRET,)), WebhookTarget(url, (OLD_SECRET,), connect=True)]


@pytest.fixture(scope="module")
def mock_service(kafka: KafkaBroker, stripe_mock: StripeMock) -> Iterator[Daemon]:
    """Give a ready daemon on the shared broker and stripe-mock."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    with Daemon(daemon_settings(stripe_mock.url, kafka.bootstrap_servers, topic)) as daemon:
        daemon.wait_ready()
        yield daemon
