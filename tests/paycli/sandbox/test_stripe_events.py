"""Generated events have Stripe's API version, envelope and example objects."""

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
    """Make an event; `__` in a name stands for the dots of a path."""
    paths = {path.replace("__", "."): value for path, value in overrides.items()}
    return stripe_events.make_event(event_type, paths, created=CREATED)


def test_all_mapped_types_have_templates() -> None:
    """EVENT_TYPES are exactly the types of the table of events."""
    assert set(stripe_events.EVENT_TYPES) == {case.stripe_type for case in TABLE}


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_an_event_has_stripes_envelope_and_a_complete_object(case: Case) -> None:
    """The envelope has Stripe's fields, the object all fields of Stripe's example."""
    event = make(case.stripe_type)
    event_object, example_object = event["data"]["object"], example(case.fixture)
    assert event.keys() == ENVELOPE
    assert event["data"].keys() - {"previous_attributes"} == {"object"}
    assert (event["object"], event["type"]) == ("event", case.stripe_type)
    assert event["created"] == CREATED
    if "created" in example_object:  # an application has no time
        assert event_object["created"] == CREATED
    assert (event["livemode"], event_object.get("livemode", False)) == (False, False)
    assert (
        example_object.keys()
        <= event_object.keys()
        <= example_object.keys() | {"payment_intent", "failure_reason"}
    )
    assert event_object["object"] == example_object["object"]


def test_the_api_version_is_that_of_stripes_sdk() -> None:
    """Events have the API version of the pinned SDK."""
    assert make()["api_version"] == stripe.api_version


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_an_event_is_translated_as_its_type_requires(case: Case) -> None:
    """The event is translated to the table's event name and status."""
    translated = catalogue.translate(parse_event(stripe_events.to_body(make(case.stripe_type))))
    assert translated is not None
    assert not translated.unreadable
    same_type = [each for each in TABLE if each.stripe_type == case.stripe_type]
    assert translated.name in {each.name for each in same_type}
    status = json.loads(translated.value)["status"]
    assert status in {each.expected.get("status") for each in same_type}


def test_due_dates_are_after_the_event() -> None:
    """A payout's arrival and a dispute's evidence are due after the event."""
    payout = make("payout.paid")["data"]["object"]
    dispute = make("charge.dispute.created")["data"]["object"]
    assert CREATED < payout["arrival_date"] < CREATED + 7 * 86_400
    assert CREATED < dispute["evidence_details"]["due_by"] < CREATED + 60 * 86_400


def test_an_account_event_comes_from_the_account() -> None:
    """An account's event has its id in `account`; other events have null."""
    event = make("account.updated")
    assert event["account"] == event["data"]["object"]["id"]
    assert make()["account"] is None


def test_ids_are_unique_and_consistent() -> None:
    """Each event is about a new payment, whose client secret begins with its id."""
    events = [make(), make()]
    intents = [event["data"]["object"] for event in events]
    assert len({event["id"] for event in events}) == 2
    assert len({intent["id"] for intent in intents}) == 2
    for event, intent in zip(events, intents, strict=True):
        assert re.fullmatch(r"evt_[A-Za-z0-9]{10,}", event["id"])
        assert re.fullmatch(r"pi_[A-Za-z0-9]{10,}", intent["id"])
        assert intent["client_secret"].startswith(f"{intent['id']}_secret_")


def test_any_field_can_be_set() -> None:
    """Paths set fields of the envelope and the object, including null and new ones."""
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
def test_overrides_do_not_change_later_events(event_type: str, path: str, value: JsonValue) -> None:
    """Overrides of one event do not change the templates."""
    before = without_ids(make(event_type))
    changed = stripe_events.make_event(event_type, {path: value}, created=CREATED)
    assert without_ids(changed) != before
    assert without_ids(make(event_type)) == before


def without_ids(event: dict[str, Any]) -> str:
    """Return the event as text, without its unique ids."""
    return re.sub(r"(evt|pi)_[0-9a-f]{24}(_secret_[0-9a-f]+)?", "ID", json.dumps(event))


@pytest.mark.parametrize(
    "path", ["id.x", "created.x", "data.object.amount.x.y", "data.object.payment_method_types.9"]
)
def test_an_invalid_path_is_refused(path: str) -> None:
    """A path through a string or number, or past the end of a list, is refused and named."""
    with pytest.raises(stripe_events.InvalidFieldPath, match=re.escape(path)):
        stripe_events.make_event(SUCCEEDED, {path: 1}, created=CREATED)


def test_the_body_is_the_event_as_utf8_json() -> None:
    """The body is the event as unescaped UTF-8 JSON, indented as Stripe's."""
    event = make(data__object__description="Zwei Nächte 🏨")
    body = stripe_events.to_body(event)
    assert json.loads(body) == event
    assert "Zwei Nächte 🏨".encode() in body
    assert body.startswith(b'{\n  "id": "evt_')


def test_a_number_in_a_path_is_a_list_index() -> None:
    """The item at the index is replaced."""
    overrides = {"data.object.payment_method_types.0": "sepa_debit"}
    event: Any = stripe_events.make_event("payment_intent.created", overrides, created=1)
    assert event["data"]["object"]["payment_method_types"][0] == "sepa_debit"
