"""How events are delivered: https://docs.stripe.com/webhooks#retries."""

from collections.abc import Iterator
from dataclasses import dataclass

FIRST_RETRY_SECONDS = 300
MAX_RETRY_DELAY_SECONDS = 12 * 3600
MAX_RETRY_PERIOD_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How events are delivered.

    `time_scale` shortens Stripe's delays, which grow for three days: 1/300 makes a minute of five
    hours. `duplicates` is the share of events that are delivered twice. Each delivery is delayed
    by up to `disorder_seconds`, so that later ones overtake it. `in_flight` is the number of
    deliveries at the same time.
    """

    time_scale: float = 1 / 300
    timeout_seconds: float = 10.0
    duplicates: float = 0.0
    disorder_seconds: float = 0.0
    in_flight: int = 16

    def retry_delays(self) -> Iterator[float]:
        """The seconds before each retry, until Stripe would stop retrying."""
        delay, total = FIRST_RETRY_SECONDS, 0
        while (total := total + delay) <= MAX_RETRY_PERIOD_SECONDS:
            yield delay * self.time_scale
            delay = min(delay * 2, MAX_RETRY_DELAY_SECONDS)
