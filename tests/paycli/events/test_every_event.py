"""Every row of the published table of events: its name, its key, exactly its fields, no more."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from event_table import COMMON, TABLE, WHEN, Case
from paycli.events import catalogue
from paycli.events.stripe_event import parse_event
from paycli.models import InternalEvent

every_case = pytest.mark.parametrize("case", TABLE, ids=str)


def told(event: Mapping[str, object]) -> InternalEvent:
    """Return the event in our words."""
    found = catalogue.translate(parse_event(json.dumps(event).encode()))
    assert found is not None
    return found


def value(event: Mapping[str, object]) -> dict[str, Any]:
    """Return the value of an event that could be read."""
    found = told(event)
    assert not found.unreadable, found.value
    parsed: dict[str, Any] = json.loads(found.value)
    return parsed


def test_the_table_is_the_catalogue() -> None:
    """No row is missing, and none is told that the table does not have."""
    assert {case.stripe_type for case in TABLE} == set(catalogue.CATALOGUE)
    stripe_types_by_event = {
        name.__name__ for row in catalogue.CATALOGUE.values() for name in row.events
    }
    assert {case.name for case in TABLE} == stripe_types_by_event


@every_case
def test_each_row_has_its_name_its_key_and_exactly_its_fields(case: Case) -> None:
    """A row's event has the table's name, is kept under the payment or else the object's own id."""
    found = told(case.event())
    assert (found.name, found.version, found.unreadable) == (case.name, 1, False)
    assert (found.subject, found.occurred_at) == (case.key, WHEN)
    assert json.loads(found.value) == case.value()


@every_case
def test_every_field_is_there_where_stripe_has_nothing(case: Case) -> None:
    """An object with nothing but what it must have gives all fields of the event."""
    event = case.event()
    event["data"]["object"] = {name: event["data"]["object"][name] for name in case.required}
    assert value(event).keys() == case.value().keys()


@every_case
def test_null_reads_like_absence(case: Case) -> None:
    """What Stripe sends as null is told as null, unless the event needs it."""
    event, bare = case.event(), case.event()
    for name in event["data"]["object"].keys() - set(case.required):
        event["data"]["object"][name] = None
        del bare["data"]["object"][name]
    assert value(event) == value(bare)


@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case in TABLE for name in case.required], ids=str
)
@pytest.mark.parametrize("wrong", ["absent", None, [1], {}, 1.5])
def test_what_an_event_needs_makes_it_unreadable_when_it_is_wrong(
    case: Case, name: str, wrong: object
) -> None:
    """Without a field that it needs, or with one of another type, an event is set aside."""
    event = case.event()
    event["data"]["object"][name] = wrong
    if wrong == "absent":
        del event["data"]["object"][name]
    found = told(event)
    assert (found.unreadable, found.subject) == (True, "evt_1")
    assert f"data.object.{name}: " in json.loads(found.value)["reason"]


@pytest.mark.parametrize(
    "case", [case for case in TABLE if "payment_intent" in case.changes], ids=str
)
def test_without_a_payment_the_key_is_the_objects_own_id(case: Case) -> None:
    """What has no PaymentIntent, such as a refund of a bare charge, is kept under its own id."""
    event = case.event()
    event["data"]["object"]["payment_intent"] = None
    assert value(event)["payment_id"] is None
    assert told(event).subject == case.changes["id"]


@pytest.mark.parametrize("status", ["won", "lost", "warning_closed", "prevented"])
def test_a_dispute_has_an_outcome_once_it_is_decided(status: str) -> None:
    """The outcome is the final status, whichever event tells it."""
    case = next(case for case in TABLE if case.name == "DisputeUpdatedEvent")
    event = case.event()
    event["data"]["object"]["status"] = status
    assert value(event)["outcome"] == status


def test_a_disputes_own_metadata_is_told() -> None:
    """A dispute has metadata only if somebody gave it some; the payment's is not among it."""
    case = next(case for case in TABLE if case.name == "DisputeOpenedEvent")
    event = case.event()
    assert (value(event)["metadata"], value(event)["reference"]) == (None, None)
    event["data"]["object"]["metadata"] = {"clerk": "7"}
    assert value(event)["metadata"] == {"clerk": "7"}


@pytest.mark.parametrize("previous", [None, {}, {"metadata": {}}])
def test_a_refund_succeeds_once(previous: Mapping[str, object] | None) -> None:
    """An update that did not change the status never tells the success a second time."""
    case = next(c for c in TABLE if c.stripe_type == "refund.updated")
    event = case.event()
    event["data"]["previous_attributes"] = previous
    assert told(event).name == "RefundUpdatedEvent"


# What must not be told

# Where in Stripe's object each event may take a text from, beside `metadata`.
NAMED: Mapping[str, set[str]] = {
    "payment_intent": {
        *("id", "status", "currency", "capture_method", "payment_method_types.0"),
        *("next_action.type", "latest_charge.id", "payment_method.id", "cancellation_reason"),
        *(f"last_payment_error.{name}" for name in ("code", "decline_code", "advice_code")),
    },
    "charge": {"id", "status", "currency", "payment_intent.id"},
    "checkout_session": {"id", "status", "currency", "payment_intent.id", "payment_status"},
    "refund": {
        *("id", "status", "currency", "reason", "failure_reason"),
        *("payment_intent.id", "charge.id"),
    },
    "dispute": {"id", "status", "currency", "reason", "payment_intent.id"},
    "radar_early_fraud_warning": {"fraud_type", "charge.id", "payment_intent.id"},
    "review": {"reason", "closed_reason", "charge.id", "payment_intent.id"},
    "setup_intent": {"id", "status", "payment_method.id", "customer.id"},
    "payout": {"id", "status", "currency", "failure_code"},
    "account": set(),
}
CANARY = "CaNaRy:"
SECRETS = ("client_secret", "receipt_email", "receipt_url", "name", "email", "phone", "last4")
EXPANDABLE = {"payment_intent", "charge", "latest_charge", "payment_method", "customer"}


def poisoned(value: object, path: str) -> object:
    """Return the value with a text of its own, naming its place, in each place for a text."""
    if isinstance(value, dict):
        return {name: poisoned(inner, f"{path}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, f"{path}.{number}") for number, inner in enumerate(value)]
    return f"{CANARY}{path}" if value is None or isinstance(value, str) else value


def expanded(path: str) -> dict[str, object]:
    """Return an object in place of its id, as Stripe expands it, full of what is nobody's."""
    return {
        name: f"{CANARY}{path}.{name}" for name in ("id", *SECRETS, "fingerprint", "number", "cvc")
    }


def texts(value: object) -> Iterator[str]:
    """Yield all texts of a JSON value, names of fields too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def poisoned_event(case: Case) -> dict[str, Any]:
    """Return the case's event with a canary in every text, and in what no example shows."""
    event = case.event()
    object_ = event["data"]["object"]
    details = dict.fromkeys(SECRETS, "")
    object_ |= {**details, "billing_details": details, "payment_method_details": {"card": details}}
    object_ = {name: poisoned(inner, name) for name, inner in object_.items()}
    for name in EXPANDABLE & object_.keys():
        object_[name] = expanded(name)
    if case.fixture == "payment_intent":
        error = object_["last_payment_error"]
        details = {name: f"{CANARY}last_payment_error.{name}" for name in ("message", "charge")}
        object_["last_payment_error"] = {**error, **details, "payment_method": expanded("x")}
    event["data"]["object"] = object_
    return event


@every_case
def test_nothing_but_the_named_fields_gets_through(case: Case) -> None:
    """With a canary in every text of the object, only those of the fields named here come out."""
    found = set(texts(value(poisoned_event(case))))
    places = {text.removeprefix(CANARY) for text in found if text.startswith(CANARY)}
    allowed = NAMED[case.fixture] | {"metadata.reference", "metadata.k"}
    assert places <= allowed
    key = told(poisoned_event(case)).subject.removeprefix(CANARY)
    assert key in {"id", "payment_intent.id"}


@every_case
def test_an_unreadable_event_tells_nothing_of_its_object(case: Case) -> None:
    """When a needed field is wrong, no text of the object gets into the note."""
    event = poisoned_event(case)
    event["data"]["object"][case.required[-1]] = {"no": f"{CANARY}wrong"}
    found = told(event)
    assert found.unreadable
    assert CANARY not in found.value.decode()


def test_the_canaries_are_there() -> None:
    """The control: the poisoned object is full of them, and its named fields show them."""
    case = TABLE[5]
    event = poisoned_event(case)
    assert json.dumps(event).count(CANARY) > 50
    assert value(event)["charge_id"] == f"{CANARY}latest_charge.id"


@every_case
def test_the_same_object_in_another_order_gives_the_same_bytes(case: Case) -> None:
    """Neither the order of Stripe's keys nor what stands around the object shows."""
    event = case.event()
    other = copy.deepcopy(event) | {"id": "evt_2", "api_version": "2020-08-27", "account": "acct_1"}
    other["data"]["object"] = dict(reversed(other["data"]["object"].items()))
    if metadata := other["data"]["object"].get("metadata"):
        other["data"]["object"]["metadata"] = dict(reversed(metadata.items()))
    assert told(other).value == told(event).value


def test_all_events_have_the_common_fields_first() -> None:
    """Every value begins with the same seven fields, in the same order."""
    for case in TABLE:
        assert tuple(json.loads(told(case.event()).value))[:7] == COMMON
