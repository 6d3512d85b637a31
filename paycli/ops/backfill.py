"""Finds the events that Stripe has and our topics lack, and publishes exactly those.

There is no other state than the topics: the next run finds there what this one has published.
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
from paycli.ops.batching import batched
from paycli.ops.progress import Progress, no_progress
from paycli.ops.stripe_events_api import StripeEventsReader
from paycli.ops.topic_range import TopicReader, range_of_events_since, read_records

_BATCH_SIZE = 100


class BulkPublisher(Publisher, Protocol):
    """Publishes records one by one or many at a time."""

    def publish_all(self, batches: Iterable[Sequence[Record]]) -> Iterator[int]:
        """Publishes in order; yields the growing number of persisted records.

        Raises KafkaFailure.
        """


@dataclass(frozen=True, slots=True)
class MissingEvent:
    """An event that the topics lack, with its record; `event` has no object, to save memory."""

    event: StripeEvent
    translated: InternalEvent
    record: Record


@dataclass(slots=True)
class BackfillPlan:
    """The number of events of each Stripe type, and the missing ones, oldest first."""

    at_stripe: Counter[str] = field(default_factory=Counter)
    missing: list[MissingEvent] = field(default_factory=list)
    published: int = 0
    """How many of the missing events are persisted."""
    dropped: bool = False
    """Whether the topic may have dropped records of these events, which then seem missing."""


class Backfill:
    """Compares Stripe's events with the topics. `livemode` is the mode of our own key.

    `events` and `unreadable` read the two `topics`.
    """

    def __init__(
        self,
        stripe_events: StripeEventsReader,
        topics: Topics,
        events: TopicReader,
        unreadable: TopicReader,
        *,
        livemode: bool,
        progress: Progress = no_progress,
    ) -> None:
        self._stripe_events = stripe_events
        self._topics = topics
        self._readers = (events, unreadable)
        self._livemode = livemode
        self._progress = progress
        self._unreadable_ids: Collection[str] = ()

    def find_missing(self, since: int, until: int, types: Collection[str] = ()) -> BackfillPlan:
        """Returns the missing events created from `since` to `until` (Unix seconds).

        `types` are event types, Stripe's or ours; empty: all. Publishes nothing. Raises
        StripeFailure, KafkaFailure.
        """
        ids = [_PublishedIds(reader, since, self._progress) for reader in self._readers]
        plan = BackfillPlan()
        candidates, seen = [], set[str]()
        for event, translated in self._translated_events(since, until, types):
            if event.id in seen:
                continue
            seen.add(event.id)
            plan.at_stripe[event.type] += 1
            if not self._is_published(event, translated, ids):
                without_object = replace(event, object=None, previous_attributes={})
                record = self._record(translated, event, "backfill")
                candidates.append(MissingEvent(without_object, translated, record))
        # Webhooks are published while Stripe's events are listed.
        for published_ids in ids:
            published_ids.update()
        self._unreadable_ids = ids[1].known
        plan.dropped = ids[0].dropped
        # Stripe lists the newest first; the sort is stable for events of the same second.
        candidates.reverse()
        candidates.sort(key=lambda candidate: candidate.event.created or 0)
        plan.missing = [
            candidate
            for candidate in candidates
            if not self._is_published(candidate.event, candidate.translated, ids)
        ]
        return plan

    def publish(self, plan: BackfillPlan, publisher: BulkPublisher) -> None:
        """Publishes the missing events, oldest first, and counts them in `plan.published`.

        Raises KafkaFailure. A repeated backfill then publishes the rest; only records that were in
        flight may be duplicated, with the same `ce_id`.
        """
        try:
            records = [missing.record for missing in plan.missing]
            for count in publisher.publish_all(batched(records, _BATCH_SIZE)):
                self._advance(plan, count)
        except RecordTooLarge:
            for missing in plan.missing[plan.published :]:
                self._publish_one(missing, publisher)
                self._advance(plan, plan.published + 1)

    def _publish_one(self, missing: MissingEvent, publisher: Publisher) -> None:
        """Publishes as a webhook does: a record that is too large becomes an unreadable event."""
        try:
            publisher.publish(missing.record)
        except RecordTooLarge as error:
            if missing.translated.unreadable:
                raise
            if missing.event.id not in self._unreadable_ids:
                unreadable = catalogue.unreadable(missing.event, error.detail)
                publisher.publish(self._record(unreadable, missing.event, "backfill"))

    def _advance(self, plan: BackfillPlan, count: int) -> None:
        plan.published = count
        self._progress("publishing", count / max(len(plan.missing), 1))

    def _translated_events(
        self, since: int, until: int, types: Collection[str]
    ) -> Iterator[tuple[StripeEvent, InternalEvent]]:
        stripe_types = catalogue.stripe_types(types)
        for event in self._stripe_events.events(stripe_types, since, until, self._progress):
            translated = catalogue.translate(event)
            if translated is not None and (not types or {event.type, translated.name} & set(types)):
                yield event, translated

    def _is_published(
        self, event: StripeEvent, translated: InternalEvent, ids: Sequence["_PublishedIds"]
    ) -> bool:
        """An event on the unreadable topic is missing if it can be translated now."""
        events, unreadable = ids
        return event.id in events.known or (translated.unreadable and event.id in unreadable.known)

    def _record(self, translated: InternalEvent, event: StripeEvent, origin: Origin) -> Record:
        return to_record(
            translated,
            event,
            topic=self._topics.topic_for(translated),
            origin=origin,
            livemode=self._livemode,
            schema_id=self._topics.schema_ids.get(translated.name),
        )


class _PublishedIds:
    """The ids of the events on one topic that were created since a time (Unix seconds)."""

    def __init__(self, reader: TopicReader, since: float, progress: Progress) -> None:
        self.known: set[str] = set()
        self.dropped = False
        self._reader = reader
        self._progress = progress
        self._next_offsets: Offsets = {}
        self._range = range_of_events_since(since)
        self._read(lambda: self._range.resolve(reader))

    def update(self) -> None:
        """Reads the records that were added after the last read."""
        self._read(lambda: (self._next_offsets, self._reader.end_offsets()))

    def _read(self, offsets: Callable[[], tuple[Offsets, Offsets]]) -> None:
        try:
            since, until = offsets()
        except TopicMissing:
            if not self._reader.topic.endswith(".unreadable"):
                raise
            return
        since = {p: since.get(p, 0) for p in until}
        if not self._next_offsets:
            begin = self._reader.begin_offsets()
            # If the oldest remaining record is in the range, deleted ones may have been too.
            self.dropped = any(begin[p] > 0 and since[p] <= begin[p] for p in until)
        count = 0
        for record in read_records(self._reader, since, until, self._progress):
            count += 1
            event_id = record.header("ce_id")
            if event_id is not None:
                self.known.add(event_id)
        # A compacted topic has gaps between its records.
        self.dropped |= count < sum(until[p] - since[p] for p in until)
        self._next_offsets = until
