"""Any record on a topic can be listed: one bad record does not end a listing."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.cli.events.list import _table_row
from paycli.cli.events.tail import _columns
from paycli.cli.json_text import to_json_text
from paycli.cli.tables import list_table, object_table
from paycli.models import Offsets, StoredRecord
from paycli.ops.stored_event import StoredEvent
from paycli.ops.timeline import build_timeline
from paycli.ops.topic_range import TopicReader

GOOD = b'{"payment_id": "pi_1", "amount": 5, "currency": "eur"}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payment_id", "amount", "currency", "status", "reference"]), inner
        )
    ),
    max_leaves=6,
)
BYTES = st.none() | st.binary() | JSON.map(lambda value: json.dumps(value).encode())
RECORDS = st.builds(
    StoredRecord,
    topic=st.just("t"),
    partition=st.just(0),
    offset=st.integers(0, 2**63 - 1),
    timestamp_ms=st.none() | st.integers(-(2**63), 2**63 - 1),
    key=BYTES,
    value=BYTES,
    headers=st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_time", "ce_subject", "__TypeId__", "origin"]) | st.text(),
            st.none() | st.binary() | st.text().map(str.encode) | st.just(b"0001-01-01T00:00:00"),
        ),
        max_size=5,
    ).map(tuple),
)


def record(value: bytes) -> StoredRecord:
    """Return a record of a payment with this value."""
    headers = (("ce_id", b"evt_1"), ("ce_time", b"2026-01-31T12:00:00Z"), ("__TypeId__", b"X"))
    return StoredRecord("t", 0, 0, 0, b"pi_1", value, headers)


@pytest.mark.parametrize(
    "value",
    [
        b'"\\ud800"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"NaN",
        b'{"amount": -Infinity}',
        b"9" * 5000,
        b"\xff",
        b"",
    ],
)
def test_a_value_that_is_not_json_is_no_data(value: bytes) -> None:
    """The rest of the record is still shown."""
    event = StoredEvent.from_record(record(value))
    assert (event.event_id, event.data) == ("evt_1", None)


@given(RECORDS)
def test_any_record_is_printed(stored: StoredRecord) -> None:
    """As JSON, as a row of a list, as a line of tail, and as the table of one event."""
    event = StoredEvent.from_record(stored)
    json.loads(to_json_text(event.as_row(), 2))
    list_table([_table_row(event)])
    _columns(event)
    object_table(event.as_row())


class Topic:
    """A topic of one partition."""

    topic = "t"

    def __init__(self, records: list[StoredRecord]) -> None:
        self._records = records

    def begin_offsets(self) -> Offsets:
        """Return 0."""
        return {0: 0}

    def end_offsets(self) -> Offsets:
        """Return the number of records."""
        return {0: len(self._records)}

    def offsets_at(self, _: int) -> Offsets:
        """Return 0."""
        return {0: 0}

    def batches(self, _since: Offsets, _until: Offsets) -> Iterator[list[StoredRecord]]:
        """Yield all records at once."""
        yield self._records


class NoStripeEvents:
    """A Stripe that has no events."""

    def events(self, *_: object) -> list[object]:
        """Return none."""
        return []


@given(RECORDS)
def test_any_record_leaves_the_others_in_a_timeline(stored: StoredRecord) -> None:
    """The good record of the payment is found, whatever is next to it."""
    reader: TopicReader = Topic([stored._replace(offset=0), record(GOOD)._replace(offset=1)])
    entries = build_timeline(NoStripeEvents(), [reader], {"pi_1"}, 0, 2**31)  # type: ignore[arg-type]  # a double
    assert "evt_1" in {entry.event_id for entry in entries}


@pytest.mark.parametrize("payment_id", ["[]", "{}", "[[1]]"])
def test_a_payment_id_that_is_no_text_matches_no_payment(payment_id: str) -> None:
    """A record of another producer may have anything there."""
    foreign = record(b'{"payment_id": %b}' % payment_id.encode())
    others = foreign._replace(key=b"x", headers=(("ce_id", b"evt_2"),))
    reader: TopicReader = Topic([others])
    assert build_timeline(NoStripeEvents(), [reader], {"pi_1"}, 0, 2**31) == []  # type: ignore[arg-type]  # a double
