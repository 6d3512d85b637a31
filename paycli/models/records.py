"""The nouns of events: what goes to Kafka, what comes back from it, what webhooks are answered."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

Headers = tuple[tuple[str, bytes | None], ...]
"""In order, repeats and nulls among them."""
Offsets = dict[int, int]
"""Partition -> offset."""


@dataclass(frozen=True, slots=True)
class InternalEvent:
    """An event in our words: `value` is its data as JSON, `subject` the record's key.

    `occurred_at` is RFC 3339, None only if Stripe's own time can't be read.
    """

    name: str
    version: int
    subject: str
    value: bytes
    occurred_at: str | None
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One of our events as it goes to the broker, headers in order."""

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


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """How it stands with Kafka: `ready` once it has answered and the topic was there, for good.

    `alive` is about ourselves: whether acknowledgements are taken in. `waiting` records are not
    acknowledged yet.
    """

    ready: bool
    reachable: bool
    missing_topics: tuple[str, ...]
    alive: bool = True
    waiting: int = 0


class StoredRecord(NamedTuple):
    """A record as a topic holds it, byte for byte; `timestamp_ms` is Unix time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> str | None:
        """The text of the last header of that name, None if there is none."""
        found = [value for known, value in self.headers if known == name and value is not None]
        return found[-1].decode("utf-8", "replace") if found else None


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What a daemon answered to a webhook: `outcome` with 200, else the problem's `code`."""

    status: int
    outcome: str | None
    code: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Stripe sends webhooks; `api_version` None: the account's own. `*` is all events."""

    id: str
    url: str
    enabled: bool
    api_version: str | None
    enabled_events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """How a topic is set up; None where the broker does not say. `retention_ms` -1: for ever."""

    partitions: int
    replicas: int
    min_insync_replicas: int | None
    cleanup_policy: str | None
    retention_ms: int | None
    may_write: bool | None


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """What one registry answers about the daemon, by its address there without credentials.

    `failure`: why it did not answer as a registry does; `refused`: it did not take the
    credentials. `status`: the instance's, such as `UP`, None: not registered. `others`: host:port
    of the service's further instances.
    """

    url: str
    failure: str | None = None
    refused: bool = False
    status: str | None = None
    others: tuple[str, ...] = ()
