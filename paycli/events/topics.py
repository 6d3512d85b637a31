"""The topics, and the publisher that the use cases require."""

from dataclasses import dataclass
from typing import Protocol

from paycli.models import Acknowledgement, InternalEvent, Record


class Publisher(Protocol):
    """Publishes records to Kafka."""

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once the broker has persisted the record. Raises KafkaFailure."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic of events and the topic of unreadable events."""

    events: str
    unreadable: str

    def topic_for(self, event: InternalEvent) -> str:
        """Returns the topic of an event."""
        return self.unreadable if event.unreadable else self.events
