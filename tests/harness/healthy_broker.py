"""A broker for applications that run without one."""

from paycli.models import BrokerStatus


class HealthyBroker:
    """Ready at once, and nothing is wrong with it."""

    def status(self) -> BrokerStatus:
        """Return that all is well."""
        return BrokerStatus(ready=True, reachable=True, missing_topics=())

    def poll_delivery_reports(self, seconds: float) -> None:
        """Take in nothing."""

    def wait_until_ready(self) -> None:
        """Return."""
