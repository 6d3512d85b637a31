"""Events are listed as https://docs.stripe.com/api/events/list has it, against a simple model."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stripe import Stripe
from harness.stripe_schema import Json
from harness.stripe_sdk import connect

PAYMENT = {"amount": "2000", "currency": "eur"}
TYPES = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.*"]


@pytest.fixture(scope="module")
def eventful() -> Iterator[Stripe]:
    """Give a stand-in with 30 events made in five different seconds."""
    with Stripe(seed=1) as stripe_:
        for second in range(5):
            stripe_.control("clock", offset_seconds=second * 10)
            for _ in range(2):
                made = stripe_.call("POST", "/v1/payment_intents", PAYMENT).json["id"]
                stripe_.pay(made)
        yield stripe_


def everything(stripe_: Stripe) -> list[Json]:
    """Return all events, newest first."""
    events: list[Json] = stripe_.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    return events


def test_all_events_newest_first(eventful: Stripe) -> None:
    """The whole list is in the order of creation, backwards, and each event can be read alone."""
    events = everything(eventful)
    assert len(events) == 30
    assert all(newer["created"] >= older["created"] for newer, older in pairwise(events))
    assert [event["type"] for event in events[:3]] == [
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert eventful.call("GET", f"/v1/events/{events[7]['id']}").json == events[7]
    assert eventful.call("GET", "/v1/events/evt_none").status == 404


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 12),
    start=st.none() | st.integers(0, 29),
    end=st.none() | st.integers(0, 29),
    types=st.none() | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
    bounds=st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), st.integers(0, 29)),
)
def test_pages_are_those_of_a_model(
    eventful: Stripe,
    limit: int,
    start: int | None,
    end: int | None,
    types: list[str] | None,
    bounds: dict[str, int],
) -> None:
    """A page is what filtering and slicing the whole list gives, with every filter together."""
    events = everything(eventful)
    form = {"limit": str(limit)}
    wanted = [
        event for event in events if _of_types(event, types) and _in_time(events, event, bounds)
    ]
    for index, name in enumerate(types or ()):
        form[f"types[{index}]"] = name
    for sign, index in bounds.items():
        form[f"created[{sign}]"] = str(events[index]["created"])
    if start is not None:
        form["starting_after"] = events[start]["id"]
        older = [event for event in wanted if events.index(event) > start]
        expected, more = older[:limit], len(older) > limit
    elif end is not None:
        form["ending_before"] = events[end]["id"]
        newer = [event for event in wanted if events.index(event) < end]
        expected, more = newer[-limit:], len(newer) > limit
    else:
        expected, more = wanted[:limit], len(wanted) > limit
    page = eventful.call("GET", "/v1/events", form).json
    assert page["data"] == expected
    assert page["has_more"] is more
    assert (page["object"], page["url"]) == ("list", "/v1/events")


def _of_types(event: Json, types: list[str] | None) -> bool:
    return (
        types is None
        or event["type"] in types
        or ("charge.*" in types and "charge." in event["type"])
    )


def _in_time(events: list[Json], event: Json, bounds: dict[str, int]) -> bool:
    at: dict[str, int] = {sign: events[index]["created"] for sign, index in bounds.items()}
    created: int = event["created"]
    return (
        created > at.get("gt", 0)
        and created >= at.get("gte", 0)
        and created < at.get("lt", 10**12)
        and created <= at.get("lte", 10**12)
    )


def test_the_sdk_pages_through_all(eventful: Stripe) -> None:
    """Automatic paging, forwards and backwards, gives each event once."""
    client = connect(eventful)
    ids = [event["id"] for event in everything(eventful)]
    forwards = client.v1.events.list({"limit": 7}).auto_paging_iter()
    assert [event.id for event in forwards] == ids
    backwards = client.v1.events.list({"limit": 7, "ending_before": ids[-1]}).auto_paging_iter()
    assert [event.id for event in backwards] == ids[-2::-1]


@pytest.mark.parametrize(
    "asked",
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
def test_wrong_filters_are_refused(eventful: Stripe, asked: dict[str, object]) -> None:
    """What can't be asked for is 400 or 404, never another list."""
    with pytest.raises(stripe.InvalidRequestError):
        connect(eventful).v1.events.list(asked)  # type: ignore[arg-type]  # wrong on purpose
