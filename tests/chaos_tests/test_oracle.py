"""The judge finds what is wrong, names it, and finds nothing where nothing is."""

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
from chaos.oracle import Expected, Persisted, Verdict, fingerprint, judge, persisted
from harness.kafka_records import ConsumedRecord
from harness.sender import Attempt

TOLD = {
    "payment_id": "pi_1",
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
RECORD = ConsumedRecord(
    key=b"pi_1",
    value=json.dumps(TOLD).encode(),
    headers=(("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent")),
    partition=0,
    offset=0,
    timestamp_ms=0,
)


@dataclass(frozen=True)
class History:
    """What the judge is given."""

    expected: tuple[Expected, ...]
    attempts: tuple[Attempt, ...]
    records: tuple[Persisted, ...]

    def verdict(self, seen: tuple[str, ...] = ()) -> Verdict:
        """What the judge says."""
        return judge(self.expected, self.attempts, self.records, seen)


def attempt(event_id: str, status: int | None) -> Attempt:
    """An attempt that ended with a status."""
    return Attempt(event_id, 0.0, 0.1, status, "http://127.0.0.1:1/")


@st.composite
def kept_promises(draw: st.DrawFn) -> History:
    """Draw runs in which all is well: failed attempts, then a 2xx; at most a record for each."""
    names = draw(st.sets(st.text(string.ascii_lowercase, min_size=1), min_size=1, max_size=8))
    expected, attempts, records = [], [], []
    for name in sorted(names):
        failures = draw(st.lists(st.sampled_from([None, 400, 500, 503]), max_size=3))
        copies = draw(st.integers(1, 1 + len(failures)))
        expected.append(Expected(name, f"print of {name}"))
        attempts += [*(attempt(name, status) for status in failures), attempt(name, 200)]
        records += [Persisted(name, f"print of {name}")] * copies
    return History(
        tuple(expected),
        tuple(draw(st.permutations(attempts))),
        tuple(draw(st.permutations(records))),
    )


@given(kept_promises())
def test_a_kept_promise_is_green(history: History) -> None:
    """Whatever failed on the way, in whatever order: acknowledged, there, and as it must be."""
    verdict = history.verdict(seen=tuple(record.event_id for record in history.records))
    assert verdict.problems == {}
    assert verdict.kept
    assert verdict.acknowledged == verdict.persisted == verdict.sent == len(history.expected)


def without_records(history: History, name: str) -> History:
    """Its records are gone."""
    return replace(history, records=tuple(r for r in history.records if r.event_id != name))


def never_accepted(history: History, name: str) -> History:
    """It was refused each time."""
    refused = (attempt(name, 503) if a.event_id == name else a for a in history.attempts)
    return replace(history, attempts=tuple(refused))


def altered(history: History, name: str) -> History:
    """One of its records says something else."""
    first = next(place for place, r in enumerate(history.records) if r.event_id == name)
    records = [*history.records]
    records[first] = Persisted(name, "another print")
    return replace(history, records=tuple(records))


def once_too_often(history: History, name: str) -> History:
    """It has one record more than it had attempts."""
    attempts = sum(a.event_id == name for a in history.attempts)
    copies = sum(r.event_id == name for r in history.records)
    more = (Persisted(name, f"print of {name}"),) * (attempts + 1 - copies)
    return replace(history, records=history.records + more)


def made_up(history: History, name: str) -> History:
    """There is a record of an event that nobody sent."""
    return replace(history, records=(*history.records, Persisted(name.upper(), "x")))


MISTAKES: list[tuple[Callable[[History, str], History], set[str]]] = [
    (without_records, {"lost", "missing"}),
    (never_accepted, {"unacknowledged"}),
    (altered, {"altered"}),
    (once_too_often, {"repeated"}),
    (made_up, {"unknown"}),
]


@pytest.mark.parametrize(("spoil", "groups"), MISTAKES)
@given(history=kept_promises(), data=st.data())
def test_each_mistake_is_named(
    spoil: Callable[[History, str], History],
    groups: set[str],
    history: History,
    data: st.DataObject,
) -> None:
    """One event that was dealt with wrongly among others is named, in its group and no other."""
    name = data.draw(st.sampled_from([each.event_id for each in history.expected]))
    verdict = spoil(history, name).verdict()
    assert not verdict.kept
    assert verdict.problems.keys() == groups
    assert all({each.lower() for each in ids} == {name} for ids in verdict.problems.values())


def test_what_a_consumer_saw_and_is_gone_has_vanished() -> None:
    """A record that was there for a consumer and is not at the end is a problem of its own."""
    history = History((Expected("a", "p"),), (attempt("a", 200),), (Persisted("a", "p"),))
    assert history.verdict(seen=("a", "b")).problems == {"vanished": {"b"}}


def test_a_record_is_judged_by_key_type_and_every_field_of_the_contract() -> None:
    """Another order and further fields don't matter; any other value, key or type does."""
    expected = Persisted("evt_1", fingerprint("pi_1", "PaymentSucceededEvent", TOLD))
    assert persisted(RECORD) == expected
    reordered = {"added_later": 1, **dict(reversed(TOLD.items()))}
    assert persisted(replace(RECORD, value=json.dumps(reordered).encode())) == expected
    assert persisted(replace(RECORD, key=b"pi_2")) != expected
    other_type = (("ce_id", b"evt_1"), ("__TypeId__", b"PaymentFailedEvent"))
    assert persisted(replace(RECORD, headers=other_type)) != expected
    for field in TOLD:
        for changed in ({**TOLD, field: "x"}, {k: v for k, v in TOLD.items() if k != field}):
            assert persisted(replace(RECORD, value=json.dumps(changed).encode())) != expected
    for broken in (b"", b"[]", b"{", None):
        assert persisted(replace(RECORD, value=broken)) != expected


@pytest.mark.parametrize("module", ["oracle", "webhooks", "consumer"])
def test_the_judge_knows_nothing_of_the_service(module: str) -> None:
    """Neither the judge nor what it expects imports a line of the service."""
    source = (Path(chaos.__file__).parent / f"{module}.py").read_text()
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    plain = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)]
    names = [node.module or "" for node in imports]
    names += [alias.name for node in plain for alias in node.names]
    assert names
    assert not [name for name in names if name.split(".")[0] in ("paycli", "server")]
