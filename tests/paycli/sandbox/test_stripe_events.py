"""Made events are shaped as Stripe's own: its API version, its example objects, its envelope."""

import json
import re
from typing import Any

import pytest
import stripe
from pydantic import JsonValue

from event_table import TABLE, Case
from harness.stripe_objects import CREATED, example
from paycli.events import catalogue
from paycli.events.stripe_event import parse_event
from paycli.sandbox import stripe_events

SUCCEEDED = "payment_intent.succeeded"

# https://docs.stripe.com/api/events/object
ENVELOPE = {
    "id",
    "object",
    "account",
    "api_version",
    "created",
    "data",
    "livemode",
    "pending_webhooks",
    "request",
    "type",
}


def make(event_type: str = SUCCEEDED, **overrides: JsonValue) -> dict[str, Any]:
    """Make an event; `__` stands for the dots of a path."""
    paths = {path.replace("__", "."): value for path, value in overrides.items()}
    return stripe_events.make_event(event_type, paths, created=CREATED)


def test_all_documented_types_can_be_made() -> None:
    """Every row of the table of events is among them, and nothing else."""
    assert set(stripe_events.EVENT_TYPES) == {case.stripe_type for case in TABLE}


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_an_event_has_stripes_envelope_and_a_whole_object(case: Case) -> None:
    """The envelope has Stripe's fields, the object all that Stripe's example has."""
    event = make(case.stripe_type)
    made, known = event["data"]["object"], example(case.fixture)
    assert event.keys() == ENVELOPE
    assert event["data"].keys() - {"previous_attributes"} == {"object"}
    assert (event["object"], event["type"]) == ("event", case.stripe_type)
    assert (event["created"], made["created"]) == (CREATED, CREATED)
    assert (event["livemode"], made.get("livemode", False)) == (False, False)
    assert known.keys() <= made.keys() <= known.keys() | {"payment_intent", "failure_reason"}
    assert made["object"] == known["object"]


def test_the_api_version_is_the_one_that_stripes_library_speaks() -> None:
    """Events are made in the version that the pinned SDK asks for."""
    assert make()["api_version"] == stripe.api_version


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_an_event_means_what_its_type_says(case: Case) -> None:
    """It can be told in our words, with the table's name, and the status that goes with it."""
    told = catalogue.translate(parse_event(stripe_events.to_body(make(case.stripe_type))))
    assert told is not None
    assert not told.unreadable
    same_type = [each for each in TABLE if each.stripe_type == case.stripe_type]
    assert told.name in {each.name for each in same_type}
    status = json.loads(told.value)["status"]
    assert status in {each.expected.get("status") for each in same_type}


def test_times_lie_after_the_event() -> None:
    """A payout is still to arrive, and evidence can still be sent."""
    payout = make("payout.paid")["data"]["object"]
    dispute = make("charge.dispute.created")["data"]["object"]
    assert CREATED < payout["arrival_date"] < CREATED + 7 * 86_400
    assert CREATED < dispute["evidence_details"]["due_by"] < CREATED + 60 * 86_400


def test_an_account_reports_itself() -> None:
    """The event of a connected account says so in its envelope; others are of our own account."""
    event = make("account.updated")
    assert event["account"] == event["data"]["object"]["id"]
    assert make()["account"] is None


def test_ids_are_new_each_time_and_fit_each_other() -> None:
    """Two events are of two payments; a payment's secret begins with its id, as Stripe's does."""
    events = [make(), make()]
    intents = [event["data"]["object"] for event in events]
    assert len({event["id"] for event in events}) == 2
    assert len({intent["id"] for intent in intents}) == 2
    for event, intent in zip(events, intents, strict=True):
        assert re.fullmatch(r"evt_[A-Za-z0-9]{10,}", event["id"])
        assert re.fullmatch(r"pi_[A-Za-z0-9]{10,}", intent["id"])
        assert intent["client_secret"].startswith(f"{intent['id']}_secret_")


def test_any_field_can_be_set() -> None:
    """Paths reach the envelope, the object, what is null there and what is not there yet."""
    event = make(
        id="evt_mine",
        livemode=True,
        api_version=None,
        data__object__amount=500,
        data__object__metadata__order="7",
        data__object__shipping__address__city="Köln",
        data__previous_attributes__status="processing",
        brand__new=[1],
    )
    intent = event["data"]["object"]
    assert (event["id"], event["livemode"], event["api_version"]) == ("evt_mine", True, None)
    assert intent["amount"] == 500
    assert intent["metadata"] == {"reference": "booking-42", "order": "7"}
    assert intent["shipping"] == {"address": {"city": "Köln"}}
    assert event["data"]["previous_attributes"] == {"status": "processing"}
    assert event["brand"] == {"new": [1]}


@pytest.mark.parametrize(
    ("event_type", "path", "value"),
    [
        (SUCCEEDED, "data.object.metadata.order", "7"),
        ("payment_intent.payment_failed", "data.object.last_payment_error.code", "expired_card"),
        ("payment_intent.requires_action", "data.object.next_action.type", "redirect_to_url"),
        (
            "payment_intent.partially_funded",
            "data.object.next_action.display_bank_transfer_instructions.amount_remaining",
            1,
        ),
    ],
)
def test_what_is_set_in_one_event_is_not_in_the_next(
    event_type: str, path: str, value: JsonValue
) -> None:
    """Each event is made afresh."""
    before = without_ids(make(event_type))
    changed = stripe_events.make_event(event_type, {path: value}, created=CREATED)
    assert without_ids(changed) != before
    assert without_ids(make(event_type)) == before


def without_ids(event: dict[str, Any]) -> str:
    """Return the event as text, without what is new each time."""
    return re.sub(r"(evt|pi)_[0-9a-f]{24}(_secret_[0-9a-f]+)?", "ID", json.dumps(event))


@pytest.mark.parametrize(
    "path", ["id.x", "created.x", "data.object.amount.x.y", "data.object.payment_method_types.9"]
)
def test_a_path_through_something_without_fields_is_refused(path: str) -> None:
    """A text and a number have no fields, a list ends; the refusal repeats the path."""
    with pytest.raises(stripe_events.InvalidFieldPath, match=re.escape(path)):
        stripe_events.make_event(SUCCEEDED, {path: 1}, created=CREATED)


def test_the_body_is_the_event_as_utf8_json() -> None:
    """What is sent is the event, in the letters it was given, indented as Stripe's are."""
    event = make(data__object__description="Zwei Nächte 🏨")
    body = stripe_events.to_body(event)
    assert json.loads(body) == event
    assert "Zwei Nächte 🏨".encode() in body
    assert body.startswith(b'{\n  "id": "evt_')


def test_a_number_in_a_path_is_a_place_in_a_list() -> None:
    """What stands there in the list is replaced."""
    overrides = {"data.object.payment_method_types.0": "sepa_debit"}
    event: Any = stripe_events.make_event("payment_intent.created", overrides, created=1)
    assert event["data"]["object"]["payment_method_types"][0] == "sepa_debit"
