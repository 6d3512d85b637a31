"""The services of one process over test doubles, for tests that need no daemon."""

from collections.abc import Mapping
from typing import Protocol

from paycli.events.topics import Publisher, Topics
from paycli.payments.access import Access
from paycli.payments.gateway import Gateway
from paycli.payments.payments import Payments
from paycli.payments.refunds import Refunds
from paycli.services import Broker, Services
from paycli.webhooks.ingest import Webhooks


class Outside(Gateway, Publisher, Broker, Protocol):
    """Stripe and Kafka, in one double."""


def services_over(
    outside: Outside,
    *,
    secret: str = "whsec_1",
    callers: Mapping[str, str | None] | None = None,
    max_in_flight: int = 1,
) -> Services:
    """All use cases over the double; without `callers` the only token is `token`."""
    access = Access(outside, max_in_flight)
    webhooks = Webhooks(
        outside, Topics("t", "u"), secrets=[secret], tolerance_seconds=300, livemode=False
    )
    return Services(
        payments=Payments(access),
        refunds=Refunds(access),
        webhooks=webhooks,
        broker=outside,
        callers={"token": None} if callers is None else callers,
        close=lambda: None,
    )
