"""A test double for the broker of applications that run without Kafka."""

from paycli.models import BrokerStatus


class HealthyBroker:
    """Ready and reachable from the start."""

    def status(self) -> BrokerStatus:
        """Return that the broker is ready and reachable and no topic is missing."""
        return BrokerStatus(ready=True, reachable=True, missing_topics=())

    def wait_until_ready(self) -> None:
        """Return immediately."""
