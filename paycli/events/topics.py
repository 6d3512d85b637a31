"""The topics, and the publisher that the use cases require."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from paycli.models import Acknowledgement, InternalEvent, Record


class Publisher(Protocol):
    """Publishes records to Kafka."""

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once the broker has persisted the record. Raises KafkaFailure."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic of events and the topic of unreadable events.

    `schema_ids` has the schema id header of the records, by name of the event; empty without one.
    """

    events: str
    unreadable: str
    schema_ids: Mapping[str, bytes] = field(default_factory=dict)

    def topic_for(self, event: InternalEvent) -> str:
        """Returns the topic of an event."""
        return self.unreadable if event.unreadable else self.events
