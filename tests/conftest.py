"""The outside world of the tests: one broker and one stripe-mock for all, the rest fresh."""

import uuid
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from hypothesis import settings

from harness.browser import Browser
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe
from harness.stripe_mock import StripeMock
from harness.tools import MissingToolError

Server = TypeVar("Server")

# A machine that others use too may be slow at any moment.
settings.register_profile("at any speed", deadline=None)
settings.load_profile("at any speed")


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """Give a running Kafka broker that all tests share; leave it running."""
    with _made(KafkaBroker) as broker:
        yield broker


@pytest.fixture(scope="session")
def stripe_mock() -> Iterator[StripeMock]:
    """Give a running stripe-mock."""
    with _made(StripeMock) as mock:
        yield mock


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a browser that all tests share; leave it open."""
    with _made(Browser) as browser:
        yield browser


@pytest.fixture
def stand_in() -> Iterator[Stripe]:
    """Give a fresh server that plays Stripe."""
    with Stripe() as double:
        yield double


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    """Give the name of a new topic, which has its `.unreadable` one beside it."""
    name = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_topic(name)
    kafka.create_topic(f"{name}.unreadable")
    return name


def _made(make: Callable[[], Server]) -> Server:
    try:
        return make()
    except MissingToolError as error:
        missing = str(error)
    pytest.fail(missing, pytrace=False)
