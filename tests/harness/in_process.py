"""The services of one process over test doubles, for tests that need no daemon."""

from collections.abc import Mapping
from typing import NoReturn, Protocol

from harness.healthy_broker import HealthyBroker
from paycli.adapters.stripe.gateway import StripeAccount, StripeGateway
from paycli.events.topics import Publisher, Topics
from paycli.models import Record
from paycli.payments.access import Access
from paycli.payments.gateway import Gateway
from paycli.payments.use_cases import UseCases
from paycli.permissions import Permissions
from paycli.services import Broker, Services
from paycli.settings import StripeSettings
from paycli.webhooks.ingest import Webhooks


class Outside(Gateway, Publisher, Broker, Protocol):
    """Stripe and Kafka, in one double."""


def services_over(
    outside: Outside,
    *,
    secret: str = "whsec_1",
    callers: Mapping[str, str | None] | None = None,
    max_in_flight: int = 1,
    permissions: Mapping[str, Permissions] | None = None,
) -> Services:
    """All use cases over the double; without `callers` the only token is `token`."""
    access = Access(outside, max_in_flight)
    webhooks = Webhooks(
        outside, Topics("t", "u"), secrets=[secret], tolerance_seconds=300, livemode=False
    )
    return Services(
        use_cases=UseCases(access),
        webhooks=webhooks,
        broker=outside,
        callers={"token": None} if callers is None else callers,
        close=lambda: None,
        permissions=permissions or {},
    )


class StripeBackend(HealthyBroker):
    """Stripe by the real gateway, at an address; a Kafka that no webhook reaches."""

    def __init__(self, stripe_url: str) -> None:
        values = {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stripe_url}
        self._gateway = StripeGateway(StripeSettings.model_validate(values))

    def open(self, account: str | None) -> StripeAccount:
        """Open Stripe."""
        return self._gateway.open(account)

    def publish(self, record: Record) -> NoReturn:
        """Refuse: no webhook is sent."""
        raise AssertionError(record)
