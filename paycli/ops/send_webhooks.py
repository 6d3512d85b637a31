"""Sends test webhooks to a running daemon, and finds their records in Kafka."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from paycli.errors import PaycliError, TopicMissing
from paycli.models import Offsets, StoredRecord, WebhookResponse
from paycli.ops.rate_limit import rate_limited

_PERSISTED_OUTCOMES = ("published", "unreadable")


class TopicFollower(Protocol):
    """Reads one topic and waits for new records."""

    @property
    def topic(self) -> str:
        """The topic's name."""

    def end_offsets(self) -> Offsets:
        """Returns the offset that the next record of each partition will have.

        Raises KafkaFailure.
        """

    def read(self, since: Offsets, until: Offsets) -> Iterator[StoredRecord]:
        """Yields the records from the offsets `since` up to `until`."""

    def follow(self, since: Offsets, *, timeout_seconds: float) -> Iterator[StoredRecord]:
        """Yields the records from the offsets `since` on as they arrive, until the timeout."""


def deliver(
    event_id: str,
    post: Callable[[], WebhookResponse],
    readers: Sequence[TopicFollower],
    *,
    timeout_seconds: float,
) -> tuple[WebhookResponse, str | None, StoredRecord | None]:
    """Posts an event, and looks for its record if the daemon reports it as persisted.

    Returns the daemon's response, and the record with its topic, both None if there is none.
    Raises what `post` raises, and KafkaFailure.
    """
    start_offsets = [(reader, reader.end_offsets()) for reader in readers]
    response = post()
    if response.outcome not in _PERSISTED_OUTCOMES:
        return response, None, None
    for reader, offsets in start_offsets:
        if (response.outcome == "unreadable") != reader.topic.endswith(".unreadable"):
            continue
        for record in reader.follow(offsets, timeout_seconds=timeout_seconds):
            if record.header("ce_id") == event_id:
                return response, reader.topic, record
    return response, None, None


@dataclass(frozen=True, slots=True)
class SentWebhook:
    """One delivery of an event: the daemon's response, None without one, and its duration."""

    event_id: str
    response: WebhookResponse | None
    seconds: float


@dataclass(slots=True)
class SendReport:
    """The result of many deliveries; `records` counts the records of each event in Kafka."""

    sent: list[SentWebhook] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)

    def missing(self) -> list[str]:
        """Returns the events that the daemon reported as persisted and that are on no topic."""
        persisted = {
            delivery.event_id
            for delivery in self.sent
            if delivery.response and delivery.response.outcome in _PERSISTED_OUTCOMES
        }
        return sorted(persisted - self.records.keys())


def deliver_many(
    deliveries: Iterable[tuple[str, Callable[[], WebhookResponse]]],
    readers: Sequence[TopicFollower],
    *,
    concurrency: int,
    per_second: float | None,
) -> SendReport:
    """Posts events on `concurrency` threads, at most `per_second`, then looks for their records.

    `deliveries` are pairs of an event id and a function that posts the event. Raises KafkaFailure.
    """
    start_offsets = [
        (reader, offsets) for reader in readers if (offsets := _end_offsets(reader)) is not None
    ]
    report, lock = SendReport(), threading.Lock()
    pending = iter(rate_limited(deliveries, per_second))

    def work() -> None:
        while True:
            with lock:
                next_delivery = next(pending, None)
            if next_delivery is None:
                return
            delivery = _post(*next_delivery)
            with lock:
                report.sent.append(delivery)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent_ids = {delivery.event_id for delivery in report.sent}
    for reader, since in start_offsets:
        for record in reader.read(since, reader.end_offsets()):
            event_id = record.header("ce_id")
            if event_id in sent_ids:
                report.records[event_id] += 1
    return report


def _post(event_id: str, post: Callable[[], WebhookResponse]) -> SentWebhook:
    started_at = time.perf_counter()
    try:
        response = post()
    except PaycliError:
        response = None
    return SentWebhook(event_id, response, time.perf_counter() - started_at)


def _end_offsets(reader: TopicFollower) -> Offsets | None:
    try:
        return reader.end_offsets()
    except TopicMissing:
        if reader.topic.endswith(".unreadable"):
            return None
        raise
