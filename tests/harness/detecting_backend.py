"""A backend that shows whether a request reached a use case."""

from typing import NoReturn

from harness.healthy_broker import HealthyBroker
from paycli.models import Acknowledgement, Record

REACHED = 500


class Reached(Exception):
    """A use case was called."""


class DetectingBackend(HealthyBroker):
    """A gateway, publisher and broker; a call to any of them results in a 500."""

    def open(self, account: str | None) -> NoReturn:
        """Raises Reached."""
        self._reach(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Raises Reached."""
        self._reach(record)

    def _reach(self, *_arguments: object) -> NoReturn:
        raise Reached
