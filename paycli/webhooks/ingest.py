"""Ingests a webhook: verifies the signature, translates the event and publishes it to Kafka."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from paycli.errors import ModeMismatch, RecordTooLarge
from paycli.events import catalogue
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import StripeEvent, parse_event
from paycli.events.topics import Publisher, Topics
from paycli.models import InternalEvent
from paycli.tracing import NO_TRACER, Tracer
from paycli.webhooks import signature

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


class Outcome(StrEnum):
    """The outcome of a verified webhook."""

    PUBLISHED = "published"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class IngestResult:
    """The result of an accepted webhook.

    `publish_seconds` is the time spent waiting for Kafka. `age_seconds` is the time from creation
    of the event at Stripe to the acknowledgement of its record, None without a record.
    """

    event_id: str
    outcome: Outcome
    event_type: str
    publish_seconds: float = 0.0
    age_seconds: float | None = None


class Webhooks:
    """Ingests Stripe's webhooks; `livemode` is the mode of our API key.

    `topics` are where it publishes events.
    """

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
        self.topics = topics
        self._secrets = tuple(secrets)
        self._tolerance_seconds = tolerance_seconds
        self._livemode = livemode
        self._clock = clock

    def ingest(
        self, body: bytes, signature_header: str | None, traceparent: str | None = None
    ) -> IngestResult:
        """Verifies, translates and publishes a webhook; returns once the broker has persisted it.

        The body is parsed only after the signature is verified. Raises SignatureInvalid,
        NotAStripeEvent and ModeMismatch. Raises KafkaFailure if the record is not known to be
        persisted; Stripe then delivers the event again.
        """
        signature.verify(
            body,
            signature_header,
            self._secrets,
            now=self._clock(),
            tolerance_seconds=self._tolerance_seconds,
        )
        event = parse_event(body)
        if event.livemode is not None and event.livemode != self._livemode:
            return self._result_for_other_mode(event)
        translated = catalogue.translate(event)
        if translated is None:
            return IngestResult(event.id, Outcome.IGNORED, event.type)
        started_at = time.perf_counter()
        if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
            traceparent = None
        try:
            self._publish(translated, event, traceparent)
        except RecordTooLarge as error:
            if translated.unreadable:
                raise
            translated = catalogue.unreadable(event, error.detail)
            self._publish(translated, event, traceparent)
        outcome = Outcome.UNREADABLE if translated.unreadable else Outcome.PUBLISHED
        publish_seconds = time.perf_counter() - started_at
        age_seconds = self._clock() - event.created if event.created is not None else None
        return IngestResult(event.id, outcome, event.type, publish_seconds, age_seconds)

    def _publish(
        self, translated: InternalEvent, event: StripeEvent, traceparent: str | None
    ) -> None:
        topic = self.topics.topic_for(translated)
        with self._tracer.span(f"publish {topic}", "producer") as span:
            span.set_attributes(messaging__system="kafka", messaging__destination__name=topic)
            self._publisher.publish(
                to_record(
                    translated,
                    event,
                    topic=topic,
                    origin="webhook",
                    livemode=self._livemode,
                    traceparent=span.traceparent or traceparent,
                    schema_id=self.topics.schema_ids.get(translated.name),
                )
            )

    def _result_for_other_mode(self, event: StripeEvent) -> IngestResult:
        if event.livemode:
            raise ModeMismatch(
                "a live event arrived at a daemon with a test key: point the live endpoint at the "
                "daemon with the live key; Stripe keeps the event and delivers it again"
            )
        # A live Connect endpoint receives test events too: https://docs.stripe.com/connect/webhooks
        return IngestResult(event.id, Outcome.IGNORED, event.type)
