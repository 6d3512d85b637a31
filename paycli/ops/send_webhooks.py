"""Deliveries made by hand: posted to a daemon as Stripe would, and looked for in Kafka."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from paycli.errors import PaycliError, TopicMissing
from paycli.models import Offsets, StoredRecord, WebhookResponse
from paycli.ops.rate_limit import rate_limited


class Reader(Protocol):
    """One topic, to be read."""

    @property
    def topic(self) -> str:
        """Its name."""

    def end_offsets(self) -> Offsets:
        """Where the next record of each partition will be. Raises KafkaFailure."""

    def read(self, since: Offsets, until: Offsets) -> Iterator[StoredRecord]:
        """The records from `since` up to `until`."""

    def follow(self, since: Offsets, *, timeout_seconds: float) -> Iterator[StoredRecord]:
        """The records from `since` on as they come, until the time is over."""


def deliver(
    event_id: str,
    post: Callable[[], WebhookResponse],
    readers: Sequence[Reader],
    *,
    timeout_seconds: float,
) -> tuple[WebhookResponse, str | None, StoredRecord | None]:
    """Posts the event and finds its record: (the answer, the record's topic, the record).

    The daemon is believed when it says that the event is on no topic; when it says that it is on
    one, it is looked for. Raises what `post` raises, and KafkaFailure.
    """
    before = [(reader, reader.end_offsets()) for reader in readers]
    answer = post()
    if answer.outcome not in ("published", "unreadable"):
        return answer, None, None
    for reader, offsets in before:
        if (answer.outcome == "unreadable") != reader.topic.endswith(".unreadable"):
            continue
        for record in reader.follow(offsets, timeout_seconds=timeout_seconds):
            if record.header("ce_id") == event_id:
                return answer, reader.topic, record
    return answer, None, None


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery: its event, the daemon's answer (None without one), and how long it took."""

    event_id: str
    answer: WebhookResponse | None
    seconds: float


@dataclass(slots=True)
class Report:
    """What came of many deliveries; `in_kafka` counts the records of each event."""

    sent: list[Sent] = field(default_factory=list)
    in_kafka: Counter[str] = field(default_factory=Counter)

    def missing(self) -> list[str]:
        """Events that the daemon said were persisted, and that are on no topic."""
        said = {
            each.event_id
            for each in self.sent
            if each.answer and each.answer.outcome in ("published", "unreadable")
        }
        return sorted(said - self.in_kafka.keys())


def deliver_many(
    deliveries: Iterable[tuple[str, Callable[[], WebhookResponse]]],
    readers: Sequence[Reader],
    *,
    concurrency: int,
    per_second: float | None,
) -> Report:
    """Posts events, so many at a time and a second, then looks for them. Raises KafkaFailure."""
    before = [(reader, offsets) for reader in readers if (offsets := _ends(reader)) is not None]
    report, lock = Report(), threading.Lock()
    waiting = iter(rate_limited(deliveries, per_second))

    def work() -> None:
        while True:
            with lock:
                it = next(waiting, None)
            if it is None:
                return
            sent = _post(*it)
            with lock:
                report.sent.append(sent)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ours = {each.event_id for each in report.sent}
    for reader, since in before:
        for record in reader.read(since, reader.end_offsets()):
            identity = record.header("ce_id")
            if identity in ours:
                report.in_kafka[identity] += 1
    return report


def _post(event_id: str, post: Callable[[], WebhookResponse]) -> Sent:
    started_at = time.perf_counter()
    try:
        answer = post()
    except PaycliError:
        answer = None
    return Sent(event_id, answer, time.perf_counter() - started_at)


def _ends(reader: Reader) -> Offsets | None:
    try:
        return reader.end_offsets()
    except TopicMissing:
        if reader.topic.endswith(".unreadable"):
            return None
        raise
