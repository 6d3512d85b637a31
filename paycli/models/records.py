"""Events and Kafka records: what is published and what is read back."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

INT32_MAX, INT64_MAX = 2**31 - 1, 2**63 - 1
"""Kafka's partitions, and its offsets and times: https://kafka.apache.org/protocol#protocol_types"""

Headers = tuple[tuple[str, bytes | None], ...]
"""Header fields in order; names may repeat and values may be null."""
Offsets = dict[int, int]
"""Partition -> offset."""


@dataclass(frozen=True, slots=True)
class InternalEvent:
    """A translated event: `value` is the event data as JSON, `subject` becomes the record's key.

    `occurred_at` is in RFC 3339, None only if Stripe's timestamp is invalid. `unreadable` events go
    to a topic of their own.
    """

    name: str
    version: int
    subject: str
    value: bytes
    occurred_at: str | None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A record to publish, with its header fields in order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: ClassVar[int | None] = None
    partition: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Where the broker has persisted a record."""

    topic: str
    partition: int
    offset: int


class StoredRecord(NamedTuple):
    """A record read from a topic, byte for byte; `timestamp_ms` is Unix time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> str | None:
        """Returns the last non-null header field of that name as text; None without one."""
        values = [value for known, value in self.headers if known == name and value is not None]
        return values[-1].decode("utf-8", "replace") if values else None
