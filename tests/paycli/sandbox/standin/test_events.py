"""Lists of events (https://docs.stripe.com/api/events/list), compared with a simple model."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.scale import examples
from harness.stripe import Stripe
from harness.stripe_schema import Json
from harness.stripe_sdk import connect

PAYMENT = {"amount": "2000", "currency": "eur"}
TYPES = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.*"]


@pytest.fixture(scope="module")
def with_events() -> Iterator[Stripe]:
    """A stand-in with 30 events, created in five different seconds."""
    with Stripe(seed=1) as stand_in:
        for second in range(5):
            stand_in.control("clock", offset_seconds=second * 10)
            for _ in range(2):
                intent_id = stand_in.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
                stand_in.pay(intent_id)
        yield stand_in


def all_events(stand_in: Stripe) -> list[Json]:
    """Return all events, newest first."""
    events: list[Json] = stand_in.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    return events


def test_events_are_listed_newest_first(with_events: Stripe) -> None:
    """Events are listed newest first, and can be retrieved by id."""
    events = all_events(with_events)
    assert len(events) == 30
    assert all(newer["created"] >= older["created"] for newer, older in pairwise(events))
    assert [event["type"] for event in events[:3]] == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert with_events.call("GET", f"/v1/events/{events[7]['id']}").json == events[7]
    assert with_events.call("GET", "/v1/events/evt_none").status == 404


@settings(max_examples=examples(60), deadline=None)
@given(
    limit=st.integers(1, 12),
    start=st.none() | st.integers(0, 29),
    end=st.none() | st.integers(0, 29),
    types=st.none() | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
    bounds=st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), st.integers(0, 29)),
)
def test_pages_are_those_of_the_model(
    with_events: Stripe,
    limit: int,
    start: int | None,
    end: int | None,
    types: list[str] | None,
    bounds: dict[str, int],
) -> None:
    """A page equals the filtered and sliced list of all events, for all filters combined."""
    events = all_events(with_events)
    form = {"limit": str(limit)}
    matching = [
        event for event in events if _has_type(event, types) and _in_range(events, event, bounds)
    ]
    for index, name in enumerate(types or ()):
        form[f"types[{index}]"] = name
    for sign, index in bounds.items():
        form[f"created[{sign}]"] = str(events[index]["created"])
    if start is not None:
        form["starting_after"] = events[start]["id"]
        older = [event for event in matching if events.index(event) > start]
        expected, more = older[:limit], len(older) > limit
    elif end is not None:
        form["ending_before"] = events[end]["id"]
        newer = [event for event in matching if events.index(event) < end]
        expected, more = newer[-limit:], len(newer) > limit
    else:
        expected, more = matching[:limit], len(matching) > limit
    page = with_events.call("GET", "/v1/events", form).json
    assert page["data"] == expected
    assert page["has_more"] is more
    assert (page["object"], page["url"]) == ("list", "/v1/events")


def _has_type(event: Json, types: list[str] | None) -> bool:
    return (
        types is None
        or event["type"] in types
        or ("charge.*" in types and "charge." in event["type"])
    )


def _in_range(events: list[Json], event: Json, bounds: dict[str, int]) -> bool:
    at: dict[str, int] = {sign: events[index]["created"] for sign, index in bounds.items()}
    created: int = event["created"]
    return (
        created > at.get("gt", 0)
        and created >= at.get("gte", 0)
        and created < at.get("lt", 10**12)
        and created <= at.get("lte", 10**12)
    )


def test_the_sdk_pages_through_all_events(with_events: Stripe) -> None:
    """Automatic paging, forwards and backwards, returns each event once."""
    client = connect(with_events)
    ids = [event["id"] for event in all_events(with_events)]
    forwards = client.v1.events.list({"limit": 7}).auto_paging_iter()
    assert [event.id for event in forwards] == ids
    backwards = client.v1.events.list({"limit": 7, "ending_before": ids[-1]}).auto_paging_iter()
    assert [event.id for event in backwards] == ids[-2::-1]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "evt_none"},
        {"type": "charge.succeeded", "types": ["charge.failed"]},
        {"types": [f"charge.{i}" for i in range(21)]},
        {"created": {"after": 1}},
        {"delivery_success": "perhaps"},
    ],
)
def test_invalid_filters_are_refused(with_events: Stripe, params: dict[str, object]) -> None:
    """Invalid filters are 400 or 404, never another list."""
    with pytest.raises(stripe.InvalidRequestError):
        connect(with_events).v1.events.list(params)  # type: ignore[arg-type]  # wrong on purpose
