"""The topics that events go to."""

from dataclasses import dataclass
from typing import Protocol

from paycli.models import Acknowledgement, InternalEvent, Record


class Publisher(Protocol):
    """Where records go."""

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once the broker has persisted the record; raises KafkaFailure otherwise."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic of events, and that of events whose shape can't be read."""

    events: str
    unreadable: str

    def topic_for(self, event: InternalEvent) -> str:
        """The topic of an event."""
        return self.unreadable if event.unreadable else self.events
