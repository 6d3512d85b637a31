"""The services that the daemon's HTTP layer uses; `paycli.bootstrap` creates them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from paycli.models import BrokerStatus
from paycli.payments.use_cases import UseCases
from paycli.permissions import Permissions
from paycli.tracing import NO_TRACER, Tracer
from paycli.webhooks.ingest import Webhooks


class Broker(Protocol):
    """The Kafka connection, as readiness checks see it."""

    def status(self) -> BrokerStatus:
        """Returns the current status without blocking."""

    def wait_until_ready(self) -> None:
        """Blocks until Kafka has responded and the topics exist."""


class Registration(Protocol):
    """The daemon's registration in a service registry.

    No method raises, and only `close` blocks, for a few seconds: a registry that is slow or down
    never affects requests.
    """

    @property
    def registered(self) -> bool:
        """Whether a registry confirmed the last heartbeat."""

    def start(self) -> None:
        """Registers the daemon and keeps sending heartbeats."""

    def take_out_of_service(self) -> None:
        """Sets the status to out of service; the registration remains."""

    def close(self) -> None:
        """Deregisters the daemon."""


@dataclass(frozen=True, slots=True)
class Services:
    """What one process serves.

    `use_cases` are those of internal callers, `webhooks` those of Stripe. `callers` maps each
    bearer token to its caller's name, None for an unnamed caller; `permissions` are by that name.
    `close` releases all connections.
    """

    use_cases: UseCases
    webhooks: Webhooks
    broker: Broker
    callers: Mapping[str, str | None]
    close: Callable[[], None]
    permissions: Mapping[str, Permissions] = field(default_factory=dict)
    tracer: Tracer = NO_TRACER
