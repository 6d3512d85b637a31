"""A delivery made by hand: posted to a daemon as Stripe would, and looked for in Kafka."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from paycli.models import Offsets, StoredRecord, WebhookAnswer


class Reader(Protocol):
    """One topic, to be read."""

    @property
    def topic(self) -> str:
        """Its name."""

    def end_offsets(self) -> Offsets:
        """Where the next record of each partition will be. Raises KafkaError."""

    def follow(self, since: Offsets, *, timeout_seconds: float) -> Iterator[StoredRecord]:
        """The records from `since` on as they come, until the time is over."""


def deliver(
    event_id: str,
    post: Callable[[], WebhookAnswer],
    readers: Sequence[Reader],
    *,
    timeout_seconds: float,
) -> tuple[WebhookAnswer, str | None, StoredRecord | None]:
    """Posts the event and finds its record: (the answer, the record's topic, the record).

    The daemon is believed when it says that the event is on no topic; when it says that it is on
    one, it is looked for. Raises what `post` raises, and KafkaError.
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
