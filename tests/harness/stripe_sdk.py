"""Stripe's SDK as a client of the stand-in."""

import stripe

from .stripe import SECRET_KEY, Stripe


def connect(stand_in: Stripe, key: str = SECRET_KEY) -> stripe.StripeClient:
    """Return a client without retries."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": stand_in.url},
        http_client=stripe.RequestsClient(),
        max_network_retries=0,
    )
