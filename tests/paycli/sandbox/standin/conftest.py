"""A stand-in for each test, and Stripe's SDK as its client."""

from collections.abc import Iterator

import pytest
import stripe

from harness.stripe import Stripe
from harness.stripe_sdk import connect


@pytest.fixture
def fast_stand_in() -> Iterator[Stripe]:
    """A stand-in whose bank debits and refunds settle after 50 ms."""
    with Stripe(settle_seconds=0.05) as stand_in:
        yield stand_in


@pytest.fixture
def client(fast_stand_in: Stripe) -> stripe.StripeClient:
    """Stripe's SDK as a client of that stand-in."""
    return connect(fast_stand_in)
