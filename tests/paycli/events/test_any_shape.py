"""Any JSON object is translated into a valid event or into an unreadable event."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from event_table import TABLE, Case
from harness.scale import examples
from paycli.events import catalogue
from paycli.events.asyncapi import event_types
from paycli.events.json_schema import document
from paycli.events.stripe_event import parse_event

VALIDATORS = {kind.__name__: Draft202012Validator(document(kind)) for kind in event_types()}
# Includes integers beyond any Unix time and beyond 64 bits.
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
def events_with_malformed_fields(draw: st.DrawFn) -> tuple[Case, dict[str, Any]]:
    """Draw a case and its event, with some fields of its object replaced by arbitrary JSON."""
    case = draw(st.sampled_from(TABLE))
    event = case.event()
    object_ = event["data"]["object"]
    names = sorted({*object_, "charges", "last_payment_error", "next_action", "failure_reason"})
    for name in draw(st.lists(st.sampled_from(names), min_size=1, max_size=4)):
        object_[name] = draw(JSON)
    event["data"]["previous_attributes"] = draw(JSON)
    return case, event


@given(events_with_malformed_fields())
@settings(max_examples=examples(250), deadline=None)
def test_any_object_is_translated_or_unreadable(drawn: tuple[Case, dict[str, Any]]) -> None:
    """There is always an event with a key, and its value is valid by the schema of its name."""
    case, event = drawn
    translated = catalogue.translate(parse_event(json.dumps(event).encode()))
    assert translated is not None
    assert translated.unreadable == (translated.name == "StripeEventUnreadable")
    assert translated.unreadable or translated.name in expected_names(case.stripe_type)
    assert translated.subject
    value = json.loads(translated.value)
    VALIDATORS[translated.name].validate(value)
    if translated.unreadable:
        assert value["reason"].startswith("data.object.")
    assert catalogue.translate(parse_event(json.dumps(event).encode())) == translated


def expected_names(stripe_type: str) -> set[str]:
    """Return the names that the table has for a Stripe event type."""
    return {case.name for case in TABLE if case.stripe_type == stripe_type}
