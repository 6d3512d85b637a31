"""A fresh stand-in, and Stripe's own SDK as its client."""

from collections.abc import Callable, Iterator

import pytest
import stripe

from harness.stripe import SECRET_KEY, Stripe

Connect = Callable[[Stripe], stripe.StripeClient]


@pytest.fixture
def quick() -> Iterator[Stripe]:
    """Give a stand-in whose bank debits and refunds settle at once."""
    with Stripe(settle_seconds=0.05) as stand_in:
        yield stand_in


@pytest.fixture
def client(quick: Stripe) -> stripe.StripeClient:
    """Give Stripe's SDK, speaking to the quick stand-in."""
    return connect(quick)


def connect(stand_in: Stripe, key: str = SECRET_KEY) -> stripe.StripeClient:
    """Return Stripe's SDK, speaking to a stand-in."""
    session = stripe.RequestsClient()
    return stripe.StripeClient(
        key,
        base_addresses={"api": stand_in.url},
        http_client=session,
        max_network_retries=0,
    )
