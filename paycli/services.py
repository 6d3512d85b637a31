"""What the daemon serves, joined in `paycli.bootstrap` and handed to the server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from paycli.events import Webhooks
from paycli.models import BrokerStatus
from paycli.payments import Payments


class Broker(Protocol):
    """The broker's side of readiness."""

    def status(self) -> BrokerStatus:
        """The state now; never blocks."""

    def wait_until_ready(self) -> None:
        """Returns once Kafka has answered and the topic was there."""


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of one process, and how to end them."""

    payments: Payments
    webhooks: Webhooks
    broker: Broker
    callers: Mapping[str, str | None]
    close: Callable[[], None]
