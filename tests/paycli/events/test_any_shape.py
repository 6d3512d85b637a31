"""Whatever Stripe may send as an object, it is told by its schema or set aside; nothing breaks."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from event_table import TABLE, Case
from paycli.events import catalogue
from paycli.events.asyncapi import event_types
from paycli.events.json_schema import document
from paycli.events.stripe_event import parse_event

VALIDATORS = {kind.__name__: Draft202012Validator(document(kind)) for kind in event_types()}
# Whole numbers beyond a Unix time, and beyond what 64 bits hold, are among them.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "code", "data", "due_by"]), inner)
    ),
    max_leaves=6,
)


@st.composite
def bent(draw: st.DrawFn) -> tuple[Case, dict[str, Any]]:
    """Draw a case and its event, with some of its object's fields bent out of shape."""
    case = draw(st.sampled_from(TABLE))
    event = case.event()
    object_ = event["data"]["object"]
    names = sorted({*object_, "charges", "last_payment_error", "next_action", "failure_reason"})
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=4)):
        object_[name] = draw(JSON)
    event["data"]["previous_attributes"] = draw(JSON)
    return case, event


@given(bent())
@settings(max_examples=500, deadline=None)
def test_any_shape_is_told_or_set_aside(drawn: tuple[Case, dict[str, Any]]) -> None:
    """There is always an event, under a key, and its value fits the schema of its name."""
    case, event = drawn
    told = catalogue.translate(parse_event(json.dumps(event).encode()))
    assert told is not None
    assert told.unreadable == (told.name == "StripeEventUnreadable")
    assert told.unreadable or told.name in names_of(case.stripe_type)
    assert told.subject
    value = json.loads(told.value)
    VALIDATORS[told.name].validate(value)
    if told.unreadable:
        assert value["reason"].startswith("data.object.")
    assert catalogue.translate(parse_event(json.dumps(event).encode())) == told


def names_of(stripe_type: str) -> set[str]:
    """Return what the table tells events of a Stripe type as."""
    return {case.name for case in TABLE if case.stripe_type == stripe_type}
