"""Finds Stripe's events that the topic lacks, and publishes exactly those.

The topic itself is the memory: what was published is found there the next time.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from paycli.errors import RecordTooLarge, TopicMissing
from paycli.events import catalogue
from paycli.events.cloudevents import Origin, to_record
from paycli.events.stripe_event import StripeEvent
from paycli.events.topics import Publisher, Topics
from paycli.models import InternalEvent, Offsets, Record
from paycli.ops import topic_range
from paycli.ops.rate_limit import Progress, batched, silent
from paycli.ops.stripe_events_api import StripeEventsReader

_AT_ONCE = 100


class BulkPublisher(Publisher, Protocol):
    """Where many records go."""

    def publish_all(self, batches: Iterable[Sequence[Record]]) -> Iterator[int]:
        """Publishes in order; tells how many of the first are persisted, as it grows.

        Raises KafkaFailure.
        """


@dataclass(frozen=True, slots=True)
class Missing:
    """An event that the topic lacks, and its record; `event` without its object."""

    event: StripeEvent
    told: InternalEvent
    record: Record


@dataclass(slots=True)
class Plan:
    """What was found: how many events of each Stripe type, and those missing, oldest first."""

    at_stripe: Counter[str] = field(default_factory=Counter)
    missing: list[Missing] = field(default_factory=list)
    published: int = 0
    """How many of the missing ones are persisted."""
    dropped: bool = False
    """Whether the topic has dropped records that may be of the time, and so seem missing."""


class Backfill:
    """Compares Stripe's events with the topics. `livemode` is the mode of our own key."""

    def __init__(
        self,
        log: StripeEventsReader,
        events: topic_range.Reader,
        unreadable: topic_range.Reader,
        *,
        livemode: bool,
        progress: Progress = silent,
    ) -> None:
        self._log = log
        self._topics = Topics(events.topic, unreadable.topic)
        self._readers = (events, unreadable)
        self._livemode = livemode
        self._progress = progress
        self._unreadable_ids: Collection[str] = ()

    def find(self, since: int, until: int, wanted: Collection[str] = ()) -> Plan:
        """What is missing of the events created from `since` to `until` (Unix seconds).

        `wanted` are types, Stripe's or ours; empty: all. Changes nothing. Raises StripeFailure,
        KafkaFailure.
        """
        ids = [_Ids(reader, since, self._progress) for reader in self._readers]
        plan = Plan()
        candidates, seen = [], set[str]()
        for event, told in self._told(since, until, wanted):
            if event.id in seen:
                continue
            seen.add(event.id)
            plan.at_stripe[event.type] += 1
            if not self._is_there(event, told, ids):
                light = replace(event, object=None, previous_attributes={})
                record = self._record(told, event, "backfill")
                candidates.append(Missing(light, told, record))
        # Webhooks come in meanwhile.
        for each in ids:
            each.update()
        self._unreadable_ids = ids[1].known
        plan.dropped = ids[0].dropped
        # Stripe tells the newest first, and several within a second.
        candidates.reverse()
        candidates.sort(key=lambda it: it.event.created or 0)
        plan.missing = [it for it in candidates if not self._is_there(it.event, it.told, ids)]
        return plan

    def publish(self, plan: Plan, publisher: BulkPublisher) -> None:
        """Publishes what is missing, oldest first; `plan.published` tells how far it has come.

        Raises KafkaFailure: then run it again, and at most what was in flight is there twice, with
        the same `ce_id`.
        """
        try:
            records = [it.record for it in plan.missing]
            for count in publisher.publish_all(batched(records, _AT_ONCE)):
                self._advance(plan, count)
        except RecordTooLarge:
            for it in plan.missing[plan.published :]:
                self._publish_one(it, publisher)
                self._advance(plan, plan.published + 1)

    def _publish_one(self, it: Missing, publisher: Publisher) -> None:
        """As a webhook is: too large a record is told on the topic of the unreadable, once."""
        try:
            publisher.publish(it.record)
        except RecordTooLarge as error:
            if it.told.unreadable:
                raise
            if it.event.id not in self._unreadable_ids:
                told = catalogue.unreadable(it.event, error.detail)
                publisher.publish(self._record(told, it.event, "backfill"))

    def _advance(self, plan: Plan, count: int) -> None:
        plan.published = count
        self._progress("publishing", count / max(len(plan.missing), 1))

    def _told(
        self, since: int, until: int, wanted: Collection[str]
    ) -> Iterator[tuple[StripeEvent, InternalEvent]]:
        types = catalogue.stripe_types(wanted)
        for event in self._log.events(types, since, until, self._progress):
            told = catalogue.translate(event)
            if told is not None and (not wanted or {event.type, told.name} & set(wanted)):
                yield event, told

    def _is_there(self, event: StripeEvent, told: InternalEvent, ids: Sequence["_Ids"]) -> bool:
        """What can be told now, and could not when it came, is still missing."""
        events, unreadable = ids
        return event.id in events.known or (told.unreadable and event.id in unreadable.known)

    def _record(self, told: InternalEvent, event: StripeEvent, origin: Origin) -> Record:
        topic = self._topics.topic_for(told)
        return to_record(told, event, topic=topic, origin=origin, livemode=self._livemode)


class _Ids:
    """The ids of the events on one topic that happened since a moment; `update` reads on."""

    def __init__(self, reader: topic_range.Reader, since: float, progress: Progress) -> None:
        self.known: set[str] = set()
        self.dropped = False
        self._reader = reader
        self._progress = progress
        self._read_to: Offsets = {}
        self._window = topic_range.happened_since(since)
        self._read(lambda: self._window.bounds(reader))

    def update(self) -> None:
        """Reads what has come since."""
        self._read(lambda: (self._read_to, self._reader.end_offsets()))

    def _read(self, bounds: Callable[[], tuple[Offsets, Offsets]]) -> None:
        try:
            since, until = bounds()
        except TopicMissing:
            if not self._reader.topic.endswith(".unreadable"):
                raise
            return
        since = {p: since.get(p, 0) for p in until}
        if not self._read_to:
            begin = self._reader.begin_offsets()
            # Where the first record that is left is of the time already, others may have been too.
            self.dropped = any(begin[p] > 0 and since[p] <= begin[p] for p in until)
        count = 0
        for record in topic_range.read(self._reader, since, until, self._progress):
            count += 1
            identity = record.header("ce_id")
            if identity is not None:
                self.known.add(identity)
        # A compacted topic has gaps between its records.
        self.dropped |= count < sum(until[p] - since[p] for p in until)
        self._read_to = until
