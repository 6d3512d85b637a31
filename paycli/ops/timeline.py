"""The events of a payment, at Stripe and on our topics, in order of time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from paycli.errors import EventNotOnTopic, TopicMissing
from paycli.events import catalogue
from paycli.events.stripe_event import StripeEvent
from paycli.ops.progress import Progress, no_progress
from paycli.ops.replay import Selection
from paycli.ops.stored_event import StoredEvent
from paycli.ops.stripe_events_api import StripeEventsReader
from paycli.ops.topic_range import TopicReader, range_of_events_since, read_records
from paycli.printable import shell_word


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Selects events by payment, reference, type, and creation at Stripe (Unix seconds)."""

    payments: Collection[str] = ()
    types: Collection[str] = ()
    reference: str | None = None
    since: float | None = None
    until: float | None = None

    def matches(self, event: StoredEvent) -> bool:
        """Whether reference and time match; an event without a readable time matches any time."""
        if self.reference is not None and event.field("reference") != self.reference:
            return False
        if event.time is None or (self.since is None and self.until is None):
            return True
        try:
            created = datetime.fromisoformat(event.time).timestamp()
        except (ValueError, OverflowError):
            return True
        return (self.since is None or created >= self.since) and (
            self.until is None or created < self.until
        )


def read_events(
    reader: TopicReader, event_filter: EventFilter, progress: Progress = no_progress
) -> Iterator[StoredEvent]:
    """Yields the matching events of a topic, in the order of each partition.

    Raises KafkaFailure.
    """
    selection = Selection(payments=event_filter.payments, types=event_filter.types)
    since, until = range_of_events_since(event_filter.since).resolve(reader)
    for record in read_records(reader, since, until, progress):
        if selection.matches(record):
            event = StoredEvent.from_record(record)
            if event_filter.matches(event):
                yield event


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event as one record of a topic has it."""

    topic: str
    event: StoredEvent


def find_records(
    readers: Sequence[TopicReader], event_id: str, progress: Progress = no_progress
) -> list[PublishedEvent]:
    """Returns all records of one event on the topics. Raises EventNotOnTopic, KafkaFailure."""
    selection = Selection(ids={event_id})
    records: list[PublishedEvent] = []
    for reader in readers:
        try:
            since, until = selection.range.resolve(reader)
        except TopicMissing:
            if reader is readers[0]:
                raise
            continue
        records += [
            PublishedEvent(reader.topic, StoredEvent.from_record(record))
            for record in read_records(reader, since, until, progress)
            if selection.matches(record)
        ]
    if not records:
        raise EventNotOnTopic(
            f"{event_id} is not on {' or '.join(reader.topic for reader in readers)}: "
            f"paycli events replay --id {shell_word(event_id)} publishes it from Stripe"
        )
    return records


@dataclass(slots=True)
class TimelineEntry:
    """One event of a payment; `stripe` is None if Stripe no longer lists it."""

    event_id: str
    type: str
    time: str | None
    stripe: StripeEvent | None = None
    records: list[PublishedEvent] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        """Whether Stripe has the event and the topics lack it."""
        return self.stripe is not None and not self.records


def build_timeline(
    stripe_events: StripeEventsReader,
    readers: Sequence[TopicReader],
    payments: Collection[str],
    since: int,
    until: int,
    progress: Progress = no_progress,
) -> list[TimelineEntry]:
    """Returns all events of the payments (`pi_…`, `cs_…`) from `since` to `until`, oldest first.

    Those of the same second are in the order in which Stripe lists them, then in that of the
    topic. Both times are Unix seconds. Stripe cannot list the events of one payment: all of that
    time are read. Raises StripeFailure, KafkaFailure.
    """
    entries: dict[str, TimelineEntry] = {}
    # Of all types, since Stripe lists at most 20 types at a time, which would lose their order.
    for event in stripe_events.events((), since, until, progress):
        translated = catalogue.translate(event)
        if translated is not None and (
            _payments_of(event, payments) | {translated.subject} & set(payments)
        ):
            entries[event.id] = TimelineEntry(
                event.id, translated.name, translated.occurred_at, event
            )
    event_filter = EventFilter(since=since, until=until + 1)
    for reader in readers:
        for record in _records_of(reader, event_filter, payments, entries, progress):
            stored = record.event
            event_id = stored.event_id or ""
            entry = entries.setdefault(
                event_id, TimelineEntry(event_id, stored.type or "-", stored.time)
            )
            entry.records.append(record)
    # Stripe lists the newest first. The sort is stable, and so keeps the order within a second.
    at_stripe = [entry for entry in entries.values() if entry.stripe is not None]
    not_listed = [entry for entry in entries.values() if entry.stripe is None]
    return sorted([*reversed(at_stripe), *not_listed], key=lambda entry: entry.time or "")


def _records_of(
    reader: TopicReader,
    event_filter: EventFilter,
    payments: Collection[str],
    entries: Mapping[str, TimelineEntry],
    progress: Progress,
) -> Iterator[PublishedEvent]:
    try:
        for event in read_events(reader, event_filter, progress):
            # A tuple, since a foreign record may have a list as its payment_id.
            names = (event.subject, event.field("payment_id"))
            if event.event_id in entries or any(payment in names for payment in payments):
                yield PublishedEvent(reader.topic, event)
    except TopicMissing:
        if not reader.topic.endswith(".unreadable"):
            raise


def _payments_of(event: StripeEvent, payments: Collection[str]) -> set[str]:
    """Returns those of the payments that the event's object is or belongs to.

    Unlike the translated event's subject, this works for an unreadable event too.
    """
    stripe_object = event.object or {}
    ids = {
        value
        for value in (stripe_object.get("id"), stripe_object.get("payment_intent"))
        if isinstance(value, str)
    }
    return ids & set(payments)
