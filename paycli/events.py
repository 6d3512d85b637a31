"""What happens to Stripe's events: taken in by webhook, told in our words, kept by Kafka."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from paycli import catalogue, signature
from paycli.errors import EventNotTold, ModeMismatch, RecordTooLarge
from paycli.models import Acknowledgement, InternalEvent, Record
from paycli.records import to_record
from paycli.stripe_event import StripeEvent, read_event
from paycli.tracing import NO_TRACER, Tracer

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


class Publisher(Protocol):
    """Where records go."""

    def publish(self, record: Record) -> Acknowledgement:
        """Returns once the broker has persisted the record; raises KafkaError otherwise."""


class Outcome(StrEnum):
    """What became of a genuine event."""

    PUBLISHED = "published"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an accepted webhook; `publish_seconds` were spent waiting for Kafka.

    `age_seconds` is the time from the event at Stripe to its record, None without a record.
    """

    event_id: str
    outcome: Outcome
    event_type: str
    publish_seconds: float = 0.0
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Topics:
    """Where events go: those that can be told, and those whose shape can't be read."""

    events: str
    unreadable: str

    def of(self, told: InternalEvent) -> str:
        """The topic of an event."""
        return self.unreadable if told.unreadable else self.events


class Webhooks:
    """Takes in Stripe's webhooks. `livemode` is the mode of our own key."""

    def __init__(
        self,
        publisher: Publisher,
        topics: Topics,
        *,
        secrets: Sequence[str],
        tolerance_seconds: int,
        livemode: bool,
        clock: Callable[[], float] = time.time,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._tracer = tracer
        self._publisher = publisher
        self._topics = topics
        self._secrets = tuple(secrets)
        self._tolerance_seconds = tolerance_seconds
        self._livemode = livemode
        self._clock = clock

    def ingest(
        self, body: bytes, signature_header: str | None, traceparent: str | None = None
    ) -> Receipt:
        """Verifies, tells and publishes one delivery; returns once the broker has persisted it.

        Nothing is parsed before the signature holds. Raises SignatureInvalid, NotAStripeEvent,
        ModeMismatch, KafkaError: in each case nothing is known to be published, and Stripe
        delivers again.
        """
        signature.verify(
            body,
            signature_header,
            self._secrets,
            now=self._clock(),
            tolerance_seconds=self._tolerance_seconds,
        )
        event = read_event(body)
        if event.livemode is not None and event.livemode != self._livemode:
            return self._of_other_mode(event)
        told = catalogue.translate(event)
        if told is None:
            return Receipt(event.id, Outcome.IGNORED, event.type)
        started_at = time.perf_counter()
        if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
            traceparent = None
        try:
            self._publish(told, event, traceparent)
        except RecordTooLarge as error:
            if told.unreadable:
                raise
            told = catalogue.unreadable(event, error.detail)
            self._publish(told, event, traceparent)
        outcome = Outcome.UNREADABLE if told.unreadable else Outcome.PUBLISHED
        publish_seconds = time.perf_counter() - started_at
        age_seconds = self._clock() - event.created if event.created is not None else None
        return Receipt(event.id, outcome, event.type, publish_seconds, age_seconds)

    def _publish(self, told: InternalEvent, event: StripeEvent, traceparent: str | None) -> None:
        topic = self._topics.of(told)
        with self._tracer.span(f"publish {topic}", "producer") as span:
            span.note(messaging__system="kafka", messaging__destination__name=topic)
            self._publisher.publish(
                to_record(
                    told,
                    event,
                    topic=topic,
                    origin="webhook",
                    livemode=self._livemode,
                    traceparent=span.traceparent or traceparent,
                )
            )

    def _of_other_mode(self, event: StripeEvent) -> Receipt:
        if event.livemode:
            raise ModeMismatch(
                "a live event reached a daemon with a test key: point the live endpoint at the "
                "daemon that holds the live key; Stripe keeps the event and delivers it again"
            )
        # A live Connect endpoint gets test events too: https://docs.stripe.com/connect/webhooks
        return Receipt(event.id, Outcome.IGNORED, event.type)


def told_again(event: StripeEvent, topics: Topics, *, livemode: bool) -> Record:
    """The record of an event that was fetched from Stripe by its id. Raises EventNotTold."""
    told = catalogue.translate(event)
    if told is None:
        raise EventNotTold(f"{event.id} is a {event.type}, which is not told")
    return to_record(told, event, topic=topics.of(told), origin="replay", livemode=livemode)
