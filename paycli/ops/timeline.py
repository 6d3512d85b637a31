"""What happened, as our topics tell it, and beside it as Stripe does."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from paycli.errors import EventNotOnTopic, TopicMissing
from paycli.events import catalogue
from paycli.events.stripe_event import StripeEvent
from paycli.models import StoredRecord
from paycli.ops.rate_limit import Progress, silent
from paycli.ops.replay import Selection
from paycli.ops.stored_event import StoredEvent
from paycli.ops.stripe_events_api import StripeEventsReader
from paycli.ops.topic_range import Reader, happened_since, read


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: by payment, reference, type, and time at Stripe (Unix seconds)."""

    payments: Collection[str] = ()
    types: Collection[str] = ()
    reference: str | None = None
    since: float | None = None
    until: float | None = None

    def has(self, event: StoredEvent) -> bool:
        """Whether the event is among them; one without a time is of any time."""
        if self.reference is not None and event.field("reference") != self.reference:
            return False
        if event.time is None or (self.since is None and self.until is None):
            return True
        try:
            happened = datetime.fromisoformat(event.time).timestamp()
        except ValueError:
            return True
        return (self.since is None or happened >= self.since) and (
            self.until is None or happened < self.until
        )


def events(
    reader: Reader, wanted: Wanted, progress: Progress = silent
) -> Iterator[tuple[StoredRecord, StoredEvent]]:
    """The selected events of a topic, in the order of each partition. Raises KafkaFailure."""
    plain = Selection(payments=wanted.payments, types=wanted.types)
    since, until = happened_since(wanted.since).bounds(reader)
    for record in read(reader, since, until, progress):
        if plain.has(record):
            event = StoredEvent.of(record)
            if wanted.has(event):
                yield record, event


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a record of an event is."""

    topic: str
    event: StoredEvent


def find(readers: Sequence[Reader], event_id: str, progress: Progress = silent) -> list[Copy]:
    """All records of one event on both topics. Raises EventNotOnTopic, KafkaFailure."""
    wanted = Selection(ids={event_id})
    found: list[Copy] = []
    for reader in readers:
        try:
            since, until = wanted.window.bounds(reader)
        except TopicMissing:
            if reader is readers[0]:
                raise
            continue
        found += [
            Copy(reader.topic, StoredEvent.of(record))
            for record in read(reader, since, until, progress)
            if wanted.has(record)
        ]
    if not found:
        raise EventNotOnTopic(
            f"{event_id} is not on {' or '.join(reader.topic for reader in readers)}: "
            f"paycli events replay --id {event_id} publishes it from Stripe"
        )
    return found


@dataclass(slots=True)
class Entry:
    """One event of a payment; `stripe` None where Stripe no longer lists it."""

    event_id: str
    type: str
    time: str | None
    stripe: StripeEvent | None = None
    copies: list[Copy] = field(default_factory=list)

    @property
    def missing(self) -> bool:
        """Whether Stripe has it and the topics have not."""
        return self.stripe is not None and not self.copies


def timeline(
    log: StripeEventsReader,
    readers: Sequence[Reader],
    payments: Collection[str],
    since: int,
    until: int,
    progress: Progress = silent,
) -> list[Entry]:
    """Everything that happened to payments (`pi_…`, `cs_…`) in a time, in its order.

    Stripe can't be asked for the events of one payment: all of the time are listed.
    Raises StripeFailure, KafkaFailure.
    """
    entries: dict[str, Entry] = {}
    for event in log.events(catalogue.stripe_types(()), since, until, progress):
        told = catalogue.translate(event)
        if told is not None and _about(event, payments) | {told.subject} & set(payments):
            entries[event.id] = Entry(event.id, told.name, told.occurred_at, event)
    wanted = Wanted(since=since, until=until + 1)
    for reader in readers:
        for copy in _copies(reader, wanted, payments, entries, progress):
            known = copy.event
            identity = known.event_id or ""
            entry = entries.setdefault(identity, Entry(identity, known.type or "-", known.time))
            entry.copies.append(copy)
    return sorted(entries.values(), key=lambda entry: (entry.time or "", entry.type))


def _copies(
    reader: Reader,
    wanted: Wanted,
    payments: Collection[str],
    entries: Mapping[str, Entry],
    progress: Progress,
) -> Iterator[Copy]:
    try:
        for _, event in events(reader, wanted, progress):
            if event.event_id in entries or {event.subject, event.field("payment_id")} & set(
                payments
            ):
                yield Copy(reader.topic, event)
    except TopicMissing:
        if not reader.topic.endswith(".unreadable"):
            raise


def _about(event: StripeEvent, payments: Collection[str]) -> set[str]:
    """Which of the payments the event's object is or belongs to, also where it can't be told."""
    it = event.object or {}
    named = {value for value in (it.get("id"), it.get("payment_intent")) if isinstance(value, str)}
    return named & set(payments)
