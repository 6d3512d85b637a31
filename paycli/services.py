"""What the daemon serves, joined in `paycli.bootstrap` and handed to the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from paycli.models import BrokerStatus
from paycli.payments.payments import Payments
from paycli.payments.refunds import Refunds
from paycli.tracing import NO_TRACER, Tracer
from paycli.webhooks.ingest import Webhooks


class Broker(Protocol):
    """The broker's side of readiness."""

    def status(self) -> BrokerStatus:
        """The state now; never blocks."""

    def poll_delivery_reports(self, seconds: float) -> None:
        """Polls delivery reports for at most so long, for requests that are suspended."""

    def wait_until_ready(self) -> None:
        """Returns once Kafka has answered and the topic was there."""


class Registration(Protocol):
    """This daemon's entry in a registry. No method raises, and only `close` waits, a few seconds.

    It is never in the way of serving, whatever the registry does.
    """

    @property
    def registered(self) -> bool:
        """Whether a registry has confirmed the entry with the last heartbeat."""

    def start(self) -> None:
        """Registers, and keeps it so from then on."""

    def take_out_of_service(self) -> None:
        """Leads callers elsewhere; the entry stays."""

    def close(self) -> None:
        """Takes the entry out."""


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of one process, and how to end them."""

    payments: Payments
    refunds: Refunds
    webhooks: Webhooks
    broker: Broker
    callers: Mapping[str, str | None]
    close: Callable[[], None]
    tracer: Tracer = NO_TRACER
