"""A fresh stand-in, and Stripe's own SDK as its client."""

from collections.abc import Iterator

import pytest
import stripe

from harness.stripe import Stripe
from harness.stripe_sdk import connect


@pytest.fixture
def quick() -> Iterator[Stripe]:
    """Give a stand-in whose bank debits and refunds settle at once."""
    with Stripe(settle_seconds=0.05) as stand_in:
        yield stand_in


@pytest.fixture
def client(quick: Stripe) -> stripe.StripeClient:
    """Give Stripe's SDK, speaking to the quick stand-in."""
    return connect(quick)
