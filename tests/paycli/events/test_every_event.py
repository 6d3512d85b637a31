"""Every documented event has its name, its key and exactly its fields."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from event_table import COMMON, TABLE, WHEN, Case
from harness.stripe_objects import example, stripe_event
from paycli.events import catalogue
from paycli.events.stripe_event import parse_event
from paycli.models import InternalEvent

every_case = pytest.mark.parametrize("case", TABLE, ids=str)


def translate(event: Mapping[str, object]) -> InternalEvent:
    """Translate an event into an internal event."""
    result = catalogue.translate(parse_event(json.dumps(event).encode()))
    assert result is not None
    return result


def value(event: Mapping[str, object]) -> dict[str, Any]:
    """Return the value of a readable event."""
    result = translate(event)
    assert not result.unreadable, result.value
    parsed: dict[str, Any] = json.loads(result.value)
    return parsed


def test_the_table_matches_the_catalogue() -> None:
    """The table has all types and all events of the catalogue, and no others."""
    assert {case.stripe_type for case in TABLE} == set(catalogue.CATALOGUE)
    stripe_types_by_event = {
        name.__name__ for row in catalogue.CATALOGUE.values() for name in row.events
    }
    assert {case.name for case in TABLE} == stripe_types_by_event


@every_case
def test_each_event_has_its_name_its_key_and_exactly_its_fields(case: Case) -> None:
    """The key is the id of the PaymentIntent, or of the object itself."""
    result = translate(case.event())
    assert (result.name, result.version, result.unreadable) == (case.name, 1, False)
    assert (result.subject, result.occurred_at) == (case.key, WHEN)
    assert json.loads(result.value) == case.value()


@every_case
def test_absent_optional_fields_are_present_in_the_value(case: Case) -> None:
    """An object with only the required fields gives all fields of the event."""
    event = case.event()
    event["data"]["object"] = {name: event["data"]["object"][name] for name in case.required}
    assert value(event).keys() == case.value().keys()


@every_case
def test_null_is_equivalent_to_absence(case: Case) -> None:
    """A null optional field gives the same value as an absent one."""
    event, bare = case.event(), case.event()
    for name in event["data"]["object"].keys() - set(case.required):
        event["data"]["object"][name] = None
        del bare["data"]["object"][name]
    assert value(event) == value(bare)


@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case in TABLE for name in case.required], ids=str
)
@pytest.mark.parametrize("wrong", ["absent", None, [1], {}, 1.5])
def test_an_invalid_required_field_makes_an_event_unreadable(
    case: Case, name: str, wrong: object
) -> None:
    """An event without a required field, or with one of another type, is unreadable."""
    event = case.event()
    event["data"]["object"][name] = wrong
    if wrong == "absent":
        del event["data"]["object"][name]
    result = translate(event)
    assert (result.unreadable, result.subject) == (True, "evt_1")
    assert f"data.object.{name}: " in json.loads(result.value)["reason"]


@pytest.mark.parametrize(
    "case", [case for case in TABLE if "payment_intent" in case.changes], ids=str
)
def test_without_a_payment_intent_the_key_is_the_objects_id(case: Case) -> None:
    """An object without a PaymentIntent, such as a refund of a charge, has its own id as key."""
    event = case.event()
    event["data"]["object"]["payment_intent"] = None
    assert value(event)["payment_id"] is None
    assert translate(event).subject == case.changes["id"]


def test_a_checkout_that_saves_a_card_is_no_free_checkout() -> None:
    """Both need no payment; this one has the mode `setup` and no amount."""
    saved = example("checkout_session") | {
        "id": "cs_1",
        "amount_total": None,
        "mode": "setup",
        "payment_intent": None,
        "payment_status": "no_payment_required",
    }
    record = value(stripe_event("checkout.session.completed", saved))
    assert (record["mode"], record["payment_status"]) == ("setup", "no_payment_required")
    assert (record["amount"], record["payment_id"]) == (None, None)


def test_a_payment_method_without_a_card_has_no_expiry() -> None:
    """A SEPA debit has null in place of month and year."""
    debit = example("payment_method") | {"type": "sepa_debit", "card": None, "customer": "cus_1"}
    record = value(stripe_event("payment_method.attached", debit))
    assert (record["exp_month"], record["exp_year"], record["customer_id"]) == (None, None, "cus_1")


def test_a_detached_payment_method_has_the_customer_whose_it_was() -> None:
    """Without `previous_attributes`, as in an event that Stripe abbreviates, it is null."""
    detached = example("payment_method") | {"customer": None}
    event = stripe_event("payment_method.detached", detached, {"customer": "cus_1"})
    assert value(event)["customer_id"] == "cus_1"
    assert value(stripe_event("payment_method.detached", detached))["customer_id"] is None


def test_a_deauthorization_without_its_account_is_unreadable() -> None:
    """The account is the key, and is in no field of Stripe's object."""
    event = stripe_event("account.application.deauthorized", example("application"))
    assert translate(event).unreadable


def test_a_free_checkout_says_that_it_needs_no_payment() -> None:
    """Without a PaymentIntent there is only this event to fulfil on; its key is the Session."""
    case = next(case for case in TABLE if case.name == "CheckoutCompletedEvent")
    event = case.event()
    event["data"]["object"] |= {
        "amount_total": 0,
        "payment_intent": None,
        "payment_status": "no_payment_required",
    }
    free = value(event)
    assert (free["payment_status"], free["amount"]) == ("no_payment_required", 0)
    assert (free["payment_id"], translate(event).subject) == (None, "cs_1")


@pytest.mark.parametrize("status", ["won", "lost", "warning_closed", "prevented"])
def test_a_closed_dispute_has_an_outcome(status: str) -> None:
    """The outcome is the final status, in every event of a dispute."""
    case = next(case for case in TABLE if case.name == "DisputeUpdatedEvent")
    event = case.event()
    event["data"]["object"]["status"] = status
    assert value(event)["outcome"] == status


def test_the_metadata_of_a_dispute_is_published() -> None:
    """Empty metadata is null; the metadata of the payment is not included."""
    case = next(case for case in TABLE if case.name == "DisputeOpenedEvent")
    event = case.event()
    assert (value(event)["metadata"], value(event)["reference"]) == (None, None)
    event["data"]["object"]["metadata"] = {"clerk": "7"}
    assert value(event)["metadata"] == {"clerk": "7"}


@pytest.mark.parametrize("previous", [None, {}, {"metadata": {}}])
def test_a_refund_succeeds_only_once(previous: Mapping[str, object] | None) -> None:
    """An update that did not change the status is no RefundSucceededEvent."""
    case = next(c for c in TABLE if c.stripe_type == "refund.updated")
    event = case.event()
    event["data"]["previous_attributes"] = previous
    assert translate(event).name == "RefundUpdatedEvent"


# The paths in Stripe's object whose strings may be published, in addition to `metadata`.
ALLOWED: Mapping[str, set[str]] = {
    "payment_intent": {
        *("id", "status", "currency", "capture_method", "payment_method_types.0"),
        *("next_action.type", "latest_charge.id", "payment_method.id", "cancellation_reason"),
        *(f"last_payment_error.{name}" for name in ("code", "decline_code", "advice_code")),
    },
    "charge": {"id", "status", "currency", "payment_intent.id"},
    "checkout_session": {
        *("id", "status", "currency", "mode", "payment_intent.id", "payment_status"),
    },
    "refund": {
        *("id", "status", "currency", "reason", "failure_reason"),
        *("payment_intent.id", "charge.id", "destination_details.card.type"),
    },
    "dispute": {"id", "status", "currency", "reason", "payment_intent.id"},
    "radar_early_fraud_warning": {"fraud_type", "charge.id", "payment_intent.id"},
    "review": {"reason", "closed_reason", "charge.id", "payment_intent.id"},
    "setup_intent": {"id", "status", "payment_method.id", "customer.id"},
    "payout": {"id", "status", "currency", "failure_code"},
    "account": set(),
    "payment_method": {"id", "customer.id"},
    "customer": {"id", "currency"},
    "application": {"id"},
    "transfer": {"id", "currency", "destination"},
    "application_fee": {"id", "currency", "charge.id"},
}
CANARY = "CaNaRy:"
SECRETS = ("client_secret", "receipt_email", "receipt_url", "name", "email", "phone", "last4")
EXPANDABLE = {"payment_intent", "charge", "latest_charge", "payment_method", "customer"}


def with_canaries(value: object, path: str) -> object:
    """Return the value with a canary that names its path in place of every string and null."""
    if isinstance(value, dict):
        return {name: with_canaries(inner, f"{path}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [with_canaries(inner, f"{path}.{number}") for number, inner in enumerate(value)]
    return f"{CANARY}{path}" if value is None or isinstance(value, str) else value


def expanded(path: str) -> dict[str, object]:
    """Return an expanded object in place of its id, with a canary in every field."""
    return {
        name: f"{CANARY}{path}.{name}" for name in ("id", *SECRETS, "fingerprint", "number", "cvc")
    }


def strings(value: object) -> Iterator[str]:
    """Yield all strings of a JSON value, including field names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def event_with_canaries(case: Case) -> dict[str, Any]:
    """Return the case's event with a canary in every string of its object."""
    event = case.event()
    object_ = event["data"]["object"]
    details = dict.fromkeys(SECRETS, "")
    object_ |= {**details, "billing_details": details, "payment_method_details": {"card": details}}
    object_ = {name: with_canaries(inner, name) for name, inner in object_.items()}
    for name in EXPANDABLE & object_.keys():
        object_[name] = expanded(name)
    if case.fixture == "payment_intent":
        error = object_["last_payment_error"]
        details = {name: f"{CANARY}last_payment_error.{name}" for name in ("message", "charge")}
        object_["last_payment_error"] = {**error, **details, "payment_method": expanded("x")}
    event["data"]["object"] = object_
    return event


@every_case
def test_only_the_allowed_fields_are_published(case: Case) -> None:
    """Of all canaries, only those of the allowed fields are in the value and the key."""
    result = set(strings(value(event_with_canaries(case))))
    places = {text.removeprefix(CANARY) for text in result if text.startswith(CANARY)}
    allowed = ALLOWED[case.fixture] | {"metadata.reference", "metadata.k"}
    assert places <= allowed
    key = translate(event_with_canaries(case)).subject.removeprefix(CANARY)
    assert key in {"id", "payment_intent.id", case.account}


@every_case
def test_an_unreadable_event_contains_nothing_of_its_object(case: Case) -> None:
    """With an invalid required field, no string of the object is in the value."""
    event = event_with_canaries(case)
    event["data"]["object"][case.required[-1]] = {"no": f"{CANARY}wrong"}
    result = translate(event)
    assert result.unreadable
    assert CANARY not in result.value.decode()


def test_the_canaries_are_found() -> None:
    """The control: the object contains many canaries, and allowed fields publish theirs."""
    case = TABLE[5]
    event = event_with_canaries(case)
    assert json.dumps(event).count(CANARY) > 50
    assert value(event)["charge_id"] == f"{CANARY}latest_charge.id"


@every_case
def test_the_same_object_in_another_order_gives_the_same_bytes(case: Case) -> None:
    """Neither the order of keys nor the event's id and version affect the value."""
    event = case.event()
    other = copy.deepcopy(event) | {"id": "evt_2", "api_version": "2020-08-27"}
    other["data"]["object"] = dict(reversed(other["data"]["object"].items()))
    if metadata := other["data"]["object"].get("metadata"):
        other["data"]["object"]["metadata"] = dict(reversed(metadata.items()))
    assert translate(other).value == translate(event).value


def test_all_events_have_the_common_fields_first() -> None:
    """Every value starts with the same eight fields, in the same order."""
    for case in TABLE:
        assert tuple(json.loads(translate(case.event()).value))[:8] == COMMON


@every_case
def test_each_event_has_the_account_that_it_came_from(case: Case) -> None:
    """`account` is the event's own, also if Stripe's object has a field of that name."""
    event = case.event(account="acct_host")
    event["data"]["object"]["account"] = "acct_forged"
    assert value(event) == case.value() | {"account": "acct_host"}
    if case.account is None:  # the others are unreadable without one
        event["account"] = None
        assert value(event) == case.value() | {"account": None}


@every_case
@pytest.mark.parametrize(
    "envelope",
    [
        {"account": ["acct_1"]},
        {"account": None, "context": {}},
        {"account": ""},
    ],
)
def test_an_event_whose_account_cannot_be_read_is_unreadable(
    case: Case, envelope: Mapping[str, object]
) -> None:
    """It never becomes an event of our own account."""
    result = translate(case.event(**envelope))
    assert (result.unreadable, result.subject) == (True, "evt_1")
    assert json.loads(result.value)["reason"] == "account or context is mistyped"
