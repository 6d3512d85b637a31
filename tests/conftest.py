"""The outside world of the tests: one broker and one stripe-mock for all, the rest fresh."""

import uuid
from collections.abc import Iterator

import pytest

from harness.kafka_broker import KafkaBroker
from harness.stripe_double import StripeDouble
from harness.stripe_mock import StripeMock
from harness.tools import MissingToolError


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """Give a running Kafka broker that all tests share; leave it running."""
    try:
        broker = KafkaBroker()
    except MissingToolError as error:
        pytest.fail(str(error), pytrace=False)
    with broker:
        yield broker


@pytest.fixture(scope="session")
def stripe_mock() -> Iterator[StripeMock]:
    """Give a running stripe-mock."""
    try:
        mock = StripeMock()
    except MissingToolError as error:
        pytest.fail(str(error), pytrace=False)
    with mock:
        yield mock


@pytest.fixture
def stripe_double() -> Iterator[StripeDouble]:
    """Give a fresh server that plays Stripe."""
    with StripeDouble() as double:
        yield double


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    """Give the name of a new topic, which has its `.unreadable` one beside it."""
    name = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_topic(name)
    kafka.create_topic(f"{name}.unreadable")
    return name
