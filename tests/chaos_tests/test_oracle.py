"""The oracle reports every kind of violation and no false one."""

import ast
import json
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chaos
from chaos.oracle import ExpectedEvent, PersistedEvent, Verdict, check, fingerprint, persisted_event
from harness.kafka_records import json_record
from harness.sender import Attempt

DATA = {
    "payment_id": "pi_1",
    "account": None,
    "status": "succeeded",
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "metadata": {"reference": "booking-42"},
    "occurred_at": "2026-01-31T12:00:00Z",
    "amount_received": 2000,
    "charge_id": "ch_1",
    "payment_method_id": "pm_1",
    "payment_method_types": ["card"],
}
RECORD = json_record(b"pi_1", DATA, (("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent")))


@dataclass(frozen=True)
class History:
    """The input of the oracle."""

    expected: tuple[ExpectedEvent, ...]
    attempts: tuple[Attempt, ...]
    records: tuple[PersistedEvent, ...]

    def verdict(self, seen: tuple[str, ...] = ()) -> Verdict:
        """Return the oracle's verdict."""
        return check(self.expected, self.attempts, self.records, seen)


def attempt(event_id: str, status: int | None) -> Attempt:
    """Return an attempt that ended with a status."""
    return Attempt(event_id, 0.0, 0.1, status, "http://127.0.0.1:1/")


@st.composite
def correct_histories(draw: st.DrawFn) -> History:
    """Draw runs without a violation: failed attempts, then a 2xx; at most a record for each."""
    names = draw(st.sets(st.text(string.ascii_lowercase, min_size=1), min_size=1, max_size=8))
    expected, attempts, records = [], [], []
    for name in sorted(names):
        failures = draw(st.lists(st.sampled_from([None, 400, 500, 503]), max_size=3))
        copies = draw(st.integers(1, 1 + len(failures)))
        expected.append(ExpectedEvent(name, f"fingerprint of {name}"))
        attempts += [*(attempt(name, status) for status in failures), attempt(name, 200)]
        records += [PersistedEvent(name, f"fingerprint of {name}")] * copies
    return History(
        tuple(expected),
        tuple(draw(st.permutations(attempts))),
        tuple(draw(st.permutations(records))),
    )


@given(correct_histories())
def test_a_correct_run_has_no_problems(history: History) -> None:
    """Failed attempts and any order are no problem if every event is acknowledged and correct."""
    verdict = history.verdict(seen=tuple(record.event_id for record in history.records))
    assert verdict.problems == {}
    assert verdict.holds
    assert verdict.acknowledged == verdict.persisted == verdict.sent == len(history.expected)


def without_records(history: History, name: str) -> History:
    """Remove the records of an event."""
    return replace(history, records=tuple(r for r in history.records if r.event_id != name))


def never_accepted(history: History, name: str) -> History:
    """Let every attempt of an event fail."""
    refused = (attempt(name, 503) if a.event_id == name else a for a in history.attempts)
    return replace(history, attempts=tuple(refused))


def altered(history: History, name: str) -> History:
    """Change the content of one record of an event."""
    first = next(index for index, r in enumerate(history.records) if r.event_id == name)
    records = [*history.records]
    records[first] = PersistedEvent(name, "another fingerprint")
    return replace(history, records=tuple(records))


def repeated(history: History, name: str) -> History:
    """Give an event one record more than it had attempts."""
    attempts = sum(a.event_id == name for a in history.attempts)
    copies = sum(r.event_id == name for r in history.records)
    more = (PersistedEvent(name, f"fingerprint of {name}"),) * (attempts + 1 - copies)
    return replace(history, records=history.records + more)


def unknown(history: History, name: str) -> History:
    """Add a record of an event that was not sent."""
    return replace(history, records=(*history.records, PersistedEvent(name.upper(), "x")))


VIOLATIONS: list[tuple[Callable[[History, str], History], set[str]]] = [
    (without_records, {"lost", "missing"}),
    (never_accepted, {"unacknowledged"}),
    (altered, {"altered"}),
    (repeated, {"repeated"}),
    (unknown, {"unknown"}),
]


@pytest.mark.parametrize(("violate", "groups"), VIOLATIONS)
@given(history=correct_histories(), data=st.data())
def test_each_violation_is_reported(
    violate: Callable[[History, str], History],
    groups: set[str],
    history: History,
    data: st.DataObject,
) -> None:
    """One violation among correct events is reported in its groups and no other."""
    name = data.draw(st.sampled_from([each.event_id for each in history.expected]))
    verdict = violate(history, name).verdict()
    assert not verdict.holds
    assert verdict.problems.keys() == groups
    assert all({each.lower() for each in ids} == {name} for ids in verdict.problems.values())


def test_a_record_that_disappears_is_reported() -> None:
    """A record that a consumer read and that is missing at the end is reported as vanished."""
    history = History((ExpectedEvent("a", "p"),), (attempt("a", 200),), (PersistedEvent("a", "p"),))
    assert history.verdict(seen=("a", "b")).problems == {"vanished": {"b"}}


def test_a_record_is_compared_by_key_type_and_every_field_of_the_contract() -> None:
    """The order of fields and further fields do not matter; any other value, key or type does."""
    expected = PersistedEvent("evt_1", fingerprint("pi_1", "PaymentSucceededEvent", DATA))
    assert persisted_event(RECORD) == expected
    reordered = {"added_later": 1, **dict(reversed(DATA.items()))}
    assert persisted_event(replace(RECORD, value=json.dumps(reordered).encode())) == expected
    assert persisted_event(replace(RECORD, key=b"pi_2")) != expected
    other_type = (("ce_id", b"evt_1"), ("__TypeId__", b"PaymentFailedEvent"))
    assert persisted_event(replace(RECORD, headers=other_type)) != expected
    for field in DATA:
        for changed in ({**DATA, field: "x"}, {k: v for k, v in DATA.items() if k != field}):
            assert persisted_event(replace(RECORD, value=json.dumps(changed).encode())) != expected
    for broken in (b"", b"[]", b"{", None):
        assert persisted_event(replace(RECORD, value=broken)) != expected


@pytest.mark.parametrize(
    "module", ["oracle", "webhooks", "consumer", "soak/books", "soak/calls", "soak/callers"]
)
def test_the_oracle_uses_no_code_of_the_service(module: str) -> None:
    """Neither the oracle nor the expectations import a module of the service."""
    source = (Path(chaos.__file__).parent / f"{module}.py").read_text()
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    plain_imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
    names = [node.module or "" for node in imports]
    names += [alias.name for node in plain_imports for alias in node.names]
    assert names
    assert not [name for name in names if name.split(".")[0] in ("paycli", "server")]
