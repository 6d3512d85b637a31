"""The status of what the daemon depends on, and a daemon's response to a webhook."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """The status of the connection to Kafka.

    `ready` becomes true once Kafka has responded and the topics exist, and then stays true.
    `reachable` is the current state. `alive` is false if this process has stopped polling delivery
    reports. `waiting` is the number of records that are not yet acknowledged.
    """

    ready: bool
    reachable: bool
    missing_topics: tuple[str, ...]
    alive: bool = True
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """A topic's configuration; None where the broker does not return it.

    `retention_ms` is -1 if records are kept for ever. `may_write` is whether ACLs allow writing.
    """

    partitions: int
    replicas: int
    min_insync_replicas: int | None
    cleanup_policy: str | None
    retention_ms: int | None
    may_write: bool | None


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """How a registry lists the daemon; `url` is the registry's address without credentials.

    `failure` is why the registry could not be queried, None if it could. `refused` is whether it
    rejected the credentials. `status` is the instance's status, such as `UP`, None if it is not
    registered. `others` are host:port of the service's other instances.
    """

    url: str
    failure: str | None = None
    refused: bool = False
    status: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """A daemon's response to a webhook: `outcome` with status 200, else the problem's `code`."""

    status: int
    outcome: str | None
    code: str | None
    detail: str | None
