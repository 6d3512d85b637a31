"""The test oracle: compares acknowledged webhooks with the records on the topic.

It knows the contract (a record's key, headers and fields) and none of the service's code.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.kafka_records import ConsumedRecord
from harness.sender import Attempt

COMMON = (
    *("payment_id", "account", "status", "amount", "currency", "reference", "metadata"),
    "occurred_at",
)
FIELDS = {
    "PaymentSucceededEvent": (
        *COMMON,
        *("amount_received", "charge_id", "payment_method_id", "payment_method_types"),
    ),
    "PaymentFailedEvent": (*COMMON, "code", "decline_code", "advice_code"),
}
"""The compared fields of each event; further fields are skipped, as consumers do."""


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """An event that was sent, with the fingerprint of the record that it must become."""

    event_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class PersistedEvent:
    """The event id and the fingerprint of a record on the topic."""

    event_id: str
    fingerprint: str


@dataclass(frozen=True)
class Verdict:
    """The result of a run. The guarantee holds if each group of event ids is empty.

    Attributes:
        sent: The number of events that were sent.
        acknowledged: The number of events with a 2xx response.
        persisted: The number of sent events that are on the topic.
        records: The number of records on the topic.
        lost: On the topic less often than it was acknowledged.
        missing: Sent and not on the topic, acknowledged or not.
        unacknowledged: Sent and never acknowledged with 2xx.
        altered: On the topic with other content than expected in any of its records.
        repeated: On the topic more often than there were attempts to deliver it.
        unknown: On the topic and never sent.
        vanished: Read by a consumer during the run and not on the topic at its end.
    """

    sent: int
    acknowledged: int
    persisted: int
    records: int
    lost: frozenset[str] = field(default=frozenset())
    missing: frozenset[str] = field(default=frozenset())
    unacknowledged: frozenset[str] = field(default=frozenset())
    altered: frozenset[str] = field(default=frozenset())
    repeated: frozenset[str] = field(default=frozenset())
    unknown: frozenset[str] = field(default=frozenset())
    vanished: frozenset[str] = field(default=frozenset())

    @property
    def problems(self) -> dict[str, frozenset[str]]:
        """Each group that is not empty."""
        groups = {name: getattr(self, name) for name in GROUPS}
        return {name: ids for name, ids in groups.items() if ids}

    @property
    def holds(self) -> bool:
        """Whether the guarantee holds."""
        return not self.problems


GROUPS = ("lost", "missing", "unacknowledged", "altered", "repeated", "unknown", "vanished")


def fingerprint(key: str, type_: str, data: Mapping[str, object]) -> str:
    """Return the SHA-256 of a record's key, its type and its data, in whatever order."""
    text = json.dumps([key, type_, data], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def persisted_event(
    record: ConsumedRecord, compared: Mapping[str, Iterable[str]] = FIELDS
) -> PersistedEvent:
    """Return the event id and the fingerprint of a record, of the `compared` fields of its type."""
    type_ = record.header("__TypeId__") or ""
    event_id = record.header("ce_id") or ""
    try:
        data = json.loads(record.value or b"")
        fields = {name: data[name] for name in compared[type_]}
    except (ValueError, LookupError, TypeError):
        return PersistedEvent(event_id, "unreadable")
    return PersistedEvent(event_id, fingerprint((record.key or b"").decode(), type_, fields))


def check(
    expected: Iterable[ExpectedEvent],
    attempts: Iterable[Attempt],
    records: Iterable[PersistedEvent],
    seen: Iterable[str] = (),
) -> Verdict:
    """Compare the expected records with the actual ones.

    Args:
        expected: All events that were sent.
        attempts: Every attempt to deliver them.
        records: All records on the topic at the end of the run.
        seen: The event ids that a consumer read during the run.
    """
    fingerprints = {each.event_id: each.fingerprint for each in expected}
    made: Counter[str] = Counter()
    acknowledged: Counter[str] = Counter()
    for attempt in attempts:
        made[attempt.event_id] += 1
        if attempt.status is not None and 200 <= attempt.status < 300:
            acknowledged[attempt.event_id] += 1
    actual: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        actual[record.event_id].append(record.fingerprint)
    present = frozenset(actual)
    return Verdict(
        sent=len(fingerprints),
        acknowledged=len(acknowledged),
        persisted=len(present & fingerprints.keys()),
        records=sum(map(len, actual.values())),
        lost=frozenset(
            event_id for event_id, times in acknowledged.items() if len(actual[event_id]) < times
        ),
        missing=frozenset(fingerprints.keys() - present),
        unacknowledged=frozenset(fingerprints.keys() - acknowledged.keys()),
        altered=frozenset(
            event_id
            for event_id in present & fingerprints.keys()
            if {*actual[event_id]} != {fingerprints[event_id]}
        ),
        repeated=frozenset(
            event_id
            for event_id, each in actual.items()
            if event_id in fingerprints and len(each) > made[event_id]
        ),
        unknown=frozenset(present - fingerprints.keys()),
        vanished=frozenset(set(seen) - present),
    )
