"""The judge: compares what was acknowledged with what lies on the topic.

It knows the contract (a record's key, headers and fields) and nothing of the service's code.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.kafka_records import ConsumedRecord
from harness.sender import Attempt

COMMON = ("payment_id", "status", "amount", "currency", "reference", "metadata", "occurred_at")
FIELDS = {
    "PaymentSucceededEvent": (
        *COMMON,
        *("amount_received", "charge_id", "payment_method_id", "payment_method_types"),
    ),
    "PaymentFailedEvent": (*COMMON, "code", "decline_code", "advice_code"),
}
"""What is compared of each event; consumers skip what else there is, and so does this."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of an event."""

    event_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Persisted:
    """A record, as far as the judge looks: whose it is, and what it says."""

    event_id: str
    fingerprint: str


@dataclass(frozen=True)
class Verdict:
    """What was found. The promise is kept if each group of event ids is empty.

    `lost`: acknowledged and not on the topic. `missing`: sent and not on the topic, acknowledged
    or not. `unacknowledged`: sent and never answered with 2xx. `altered`: on the topic, saying
    something else than it must, or twice and not the same. `repeated`: on the topic more often
    than once and once more for each attempt that ended otherwise than 2xx. `unknown`: on the topic
    and never sent. `vanished`: seen by a consumer during the run and not there at its end.
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
    def kept(self) -> bool:
        """Whether the promise was kept."""
        return not self.problems


GROUPS = ("lost", "missing", "unacknowledged", "altered", "repeated", "unknown", "vanished")


def fingerprint(key: str, type_: str, told: Mapping[str, object]) -> str:
    """The SHA-256 of a record's key, its type and what it tells, whatever their order."""
    text = json.dumps([key, type_, told], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(record: ConsumedRecord) -> Persisted:
    """What the judge looks at, of a record as it lies on the topic."""
    type_ = record.header("__TypeId__") or ""
    event_id = record.header("ce_id") or ""
    try:
        told = json.loads(record.value or b"")
        fields = {name: told[name] for name in FIELDS[type_]}
    except (ValueError, LookupError, TypeError):
        return Persisted(event_id, "unreadable")
    return Persisted(event_id, fingerprint((record.key or b"").decode(), type_, fields))


def judge(
    expected: Iterable[Expected],
    attempts: Iterable[Attempt],
    records: Iterable[Persisted],
    seen: Iterable[str] = (),
) -> Verdict:
    """Compare what must be there with what is.

    In: all that was sent, every attempt to deliver it, all records at the end of the run, and the
    event ids that a consumer saw during it.
    """
    wanted = {each.event_id: each.fingerprint for each in expected}
    failures: Counter[str] = Counter()
    acknowledged = set()
    for attempt in attempts:
        if attempt.status is not None and 200 <= attempt.status < 300:
            acknowledged.add(attempt.event_id)
        else:
            failures[attempt.event_id] += 1
    found: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        found[record.event_id].append(record.fingerprint)
    there = found.keys()
    return Verdict(
        sent=len(wanted),
        acknowledged=len(acknowledged),
        persisted=len(there & wanted.keys()),
        records=sum(map(len, found.values())),
        lost=frozenset(acknowledged - there),
        missing=frozenset(wanted.keys() - there),
        unacknowledged=frozenset(wanted.keys() - acknowledged),
        altered=frozenset(
            event_id
            for event_id in there & wanted.keys()
            if {*found[event_id]} != {wanted[event_id]}
        ),
        repeated=frozenset(
            event_id for event_id, each in found.items() if len(each) > 1 + failures[event_id]
        ),
        unknown=frozenset(there - wanted.keys()),
        vanished=frozenset(set(seen) - there),
    )
