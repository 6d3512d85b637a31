"""Names and fields are those of the published table of events; the objects are Stripe's own."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.deliveries import payment_intent_event
from paycli.events import catalogue
from paycli.events.stripe_event import StripeEvent, parse_event
from paycli.models import InternalEvent

CANARY = "CaNaRy8d1f"
CREATED = 1_769_860_800
WHEN = "2026-01-31T12:00:00Z"
METADATA = {"reference": "booking-42", "größe": "XL", "a": "1"}

# The common fields of the events of `intent_event`.
COMMON = {
    "payment_id": "pi_1",
    "account": None,
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "metadata": METADATA,
    "occurred_at": WHEN,
}
UNREADABLE_FIELDS = {
    "stripe_event_id",
    "stripe_event_type",
    "stripe_api_version",
    "reason",
    "occurred_at",
}
DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "message": "Your card has insufficient funds.",
}
BANK_TRANSFER = {
    "type": "display_bank_transfer_instructions",
    "display_bank_transfer_instructions": {"amount_remaining": 500, "currency": "eur"},
}

# By Stripe event type: the name, the changes of the intent, and the specific fields.
TABLE: dict[str, tuple[str, Mapping[str, object], Mapping[str, object]]] = {
    "payment_intent.created": (
        "PaymentCreatedEvent",
        {"status": "requires_payment_method", "capture_method": "manual"},
        {"capture_method": "manual", "payment_method_types": ["card"]},
    ),
    "payment_intent.processing": ("PaymentProcessingEvent", {"status": "processing"}, {}),
    "payment_intent.requires_action": (
        "PaymentActionRequiredEvent",
        {"status": "requires_action", "next_action": {"type": "redirect_to_url"}},
        {"next_action_type": "redirect_to_url"},
    ),
    "payment_intent.amount_capturable_updated": (
        "PaymentAuthorizedEvent",
        {"status": "requires_capture", "amount_capturable": 1900},
        {"amount_capturable": 1900},
    ),
    "payment_intent.partially_funded": (
        "PaymentPartiallyFundedEvent",
        {"status": "requires_action", "next_action": BANK_TRANSFER},
        {"amount_remaining": 500},
    ),
    "payment_intent.succeeded": (
        "PaymentSucceededEvent",
        {
            "status": "succeeded",
            "amount_received": 1999,
            "latest_charge": "ch_1",
            "payment_method": "pm_1",
            "payment_method_types": ["card", "sepa_debit"],
        },
        {
            "amount_received": 1999,
            "charge_id": "ch_1",
            "payment_method_id": "pm_1",
            "payment_method_types": ["card", "sepa_debit"],
        },
    ),
    "payment_intent.payment_failed": (
        "PaymentFailedEvent",
        {"status": "requires_payment_method", "last_payment_error": DECLINED},
        {
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "advice_code": "try_again_later",
        },
    ),
    "payment_intent.canceled": (
        "PaymentCanceledEvent",
        {"status": "canceled", "cancellation_reason": "abandoned"},
        {"cancellation_reason": "abandoned"},
    ),
}
SUCCEEDED = "payment_intent.succeeded"


def intent_event(event_type: str, **changes: object) -> dict[str, Any]:
    """Return an event about a PaymentIntent of 20 euros with these changes."""
    body = payment_intent_event(
        "evt_1",
        "pi_1",
        event_type,
        amount=2000,
        metadata=METADATA,
        created=CREATED,
        changes={**TABLE[event_type][1], **changes},
    )
    event: dict[str, Any] = json.loads(body)
    return event


def parse(event: Mapping[str, object]) -> StripeEvent:
    """Parse an event as it is received."""
    return parse_event(json.dumps(event).encode())


def translate(event: Mapping[str, object]) -> InternalEvent:
    """Translate an event into an internal event."""
    result = catalogue.translate(parse(event))
    assert result is not None
    return result


def value_of(event: Mapping[str, object]) -> bytes:
    """Return the value of a value_of event."""
    result = translate(event)
    assert not result.unreadable, result.value
    return result.value


@pytest.mark.parametrize("event_type", TABLE)
def test_each_event_has_its_name_and_exactly_its_fields(event_type: str) -> None:
    """An event has the name, the common and the specific fields of the table."""
    name, changes, own = TABLE[event_type]
    result = translate(intent_event(event_type))
    assert (result.name, result.version, result.unreadable) == (name, 1, False)
    assert (result.subject, result.occurred_at) == ("pi_1", WHEN)
    assert json.loads(result.value) == {**COMMON, "status": changes["status"], **own}


@pytest.mark.parametrize("event_type", TABLE)
def test_absent_optional_fields_are_null(event_type: str) -> None:
    """An intent with only the required fields gives the same fields, the others null."""
    event = intent_event(event_type)
    event["data"]["object"] = {"id": "pi_1", "status": "s", "amount": 1, "currency": "eur"}
    assert json.loads(value_of(event)) == {
        **dict.fromkeys({**COMMON, **TABLE[event_type][2]}),
        "payment_id": "pi_1",
        "status": "s",
        "amount": 1,
        "currency": "eur",
        "occurred_at": WHEN,
    }


@pytest.mark.parametrize("event_type", TABLE)
def test_null_optional_fields_are_null(event_type: str) -> None:
    """A null optional object or field is equivalent to an absent one."""
    event = intent_event(event_type)
    intent = event["data"]["object"]
    for name in intent.keys() - {"id", "status", "amount", "currency"}:
        intent[name] = None
    result = json.loads(value_of(event))
    assert result.keys() == {*COMMON, "status", *TABLE[event_type][2]}
    assert [result[name] for name in TABLE[event_type][2]] == [None] * len(TABLE[event_type][2])


@pytest.mark.parametrize("event_type", TABLE)
def test_the_types_of_the_table_are_mapped(event_type: str) -> None:
    """Every type in the table is reported as mapped."""
    assert catalogue.is_mapped(event_type)


@pytest.mark.parametrize(
    "event_type",
    ["charge.refunded", "charge.refund.updated", "plan.created", "payment_intent", "", "__class__"],
)
def test_other_types_are_not_translated(event_type: str) -> None:
    """A type that is not in the table gives no event, even if its object has all fields."""
    event = intent_event(SUCCEEDED) | {"type": event_type or "x"}
    assert catalogue.translate(parse(event)) is None
    assert not catalogue.is_mapped(event_type)


def test_thin_events_are_not_translated() -> None:
    """A thin notification has no object, regardless of its type."""
    event = intent_event(SUCCEEDED) | {"object": "v2.core.event"}
    assert catalogue.translate(parse(event)) is None
    del event["data"]
    assert catalogue.translate(parse(event)) is None


@pytest.mark.parametrize("event_type", TABLE)
def test_the_order_of_keys_does_not_matter(event_type: str) -> None:
    """Metadata and object in another order give the same bytes."""
    event = intent_event(event_type)
    reordered = copy.deepcopy(event)
    reordered["data"]["object"] = dict(reversed(reordered["data"]["object"].items()))
    reordered["data"]["object"]["metadata"] = dict(reversed(METADATA.items()))
    assert list(reordered["data"]["object"]["metadata"]) != list(
        event["data"]["object"]["metadata"]
    )
    assert value_of(reordered) == value_of(event)


@pytest.mark.parametrize("event_type", TABLE)
def test_the_envelope_does_not_affect_the_value(event_type: str) -> None:
    """A redelivery differs only in the envelope, and gives the same bytes."""
    event = intent_event(event_type)
    other = event | {
        "id": "evt_2",
        "api_version": "2019-12-03",
        "pending_webhooks": 0,
        "request": None,
        "livemode": True,
    }
    assert value_of(other) == value_of(event)


# As API versions before 2022-11-15 render it: https://docs.stripe.com/upgrades#2022-11-15
CHARGES = {
    "object": "list",
    "data": [{"id": "ch_1", "object": "charge"}, {"id": "ch_0", "object": "charge"}],
    "has_more": False,
    "total_count": 2,
    "url": "/v1/charges?payment_intent=pi_1",
}


def _before_latest_charge(intent: dict[str, Any]) -> None:
    del intent["latest_charge"]
    intent["charges"] = CHARGES


def _expanded(intent: dict[str, Any]) -> None:
    intent["latest_charge"] = {"id": "ch_1", "object": "charge", "status": "succeeded"}
    intent["payment_method"] = {"id": "pm_1", "object": "payment_method", "type": "card"}


def _with_unknown_fields(intent: dict[str, Any]) -> None:
    intent |= {"brand_new": {"a": [1]}, "occurred_at": "never", "payment_id": "pi_other"}


@pytest.mark.parametrize("render", [_before_latest_charge, _expanded, _with_unknown_fields])
def test_every_representation_gives_the_same_bytes(render: Any) -> None:  # noqa: ANN401  (one of those above)
    """Old API versions, expanded objects and fields unknown to us change nothing."""
    event = intent_event(SUCCEEDED)
    other = copy.deepcopy(event)
    render(other["data"]["object"])
    assert other != event
    assert value_of(other) == value_of(event)


def test_an_empty_list_of_charges_gives_no_charge() -> None:
    """In old API versions, an empty list of charges is read as no charge."""
    event = intent_event(SUCCEEDED)
    del event["data"]["object"]["latest_charge"]
    event["data"]["object"]["charges"] = {**CHARGES, "data": []}
    assert json.loads(value_of(event))["charge_id"] is None


def test_different_payments_give_different_bytes() -> None:
    """The control: differences in published fields affect the value."""
    values = {
        value_of(intent_event(SUCCEEDED)),
        value_of(intent_event(SUCCEEDED, amount=2001)),
        value_of(intent_event(SUCCEEDED, latest_charge="ch_2")),
        value_of(intent_event(SUCCEEDED, metadata={})),
        value_of(intent_event(SUCCEEDED, metadata=None)),
    }
    assert len(values) == 5


# Must never be published.

PRIVATE: Mapping[str, object] = {
    "client_secret": f"pi_1_secret_{CANARY}",
    "description": CANARY,
    "receipt_email": CANARY,
    "customer": CANARY,
    "shipping": {"name": CANARY, "address": {"line1": CANARY}},
    "payment_method_options": {"card": {"x": CANARY}},
    "latest_charge": {
        "id": "ch_1",
        "billing_details": {"email": CANARY},
        "payment_method_details": {"card": {"last4": CANARY}},
    },
    "payment_method": {"id": "pm_1", "card": {"last4": CANARY}, "billing_details": CANARY},
    "next_action": {
        **BANK_TRANSFER,
        "redirect_to_url": {"url": CANARY},
        "use_stripe_sdk": {"client_secret": CANARY},
    },
    "last_payment_error": {
        **DECLINED,
        "message": CANARY,
        "charge": CANARY,
        "payment_intent": {"client_secret": CANARY},
        "payment_method": {"card": {"last4": CANARY}, "billing_details": {"name": CANARY}},
    },
}


@pytest.mark.parametrize("event_type", TABLE)
def test_secrets_and_personal_data_are_never_published(event_type: str) -> None:
    """Client secrets, card and billing details are in no value, wherever Stripe sends them."""
    event = intent_event(event_type, **PRIVATE)
    assert CANARY not in value_of(event).decode()
    event["data"]["object"]["metadata"]["k"] = CANARY
    assert CANARY in value_of(event).decode()


# Invalid values by field.

MISTYPED: list[tuple[str, str, object]] = [
    *((SUCCEEDED, "id", value) for value in (1, None, "", {"id": [CANARY]})),
    *((SUCCEEDED, "status", value) for value in (1, None, [CANARY])),
    *((SUCCEEDED, "amount", value) for value in (CANARY, "2000", 2000.0, True, None)),
    *((SUCCEEDED, "currency", value) for value in (978, None, {"code": CANARY})),
    *((SUCCEEDED, "metadata", value) for value in ([CANARY], CANARY, {"k": 1}, {"k": None})),
    (SUCCEEDED, "amount_received", CANARY),
    (SUCCEEDED, "latest_charge", 1),
    (SUCCEEDED, "latest_charge", {"object": CANARY}),
    (SUCCEEDED, "payment_method", [CANARY]),
    (SUCCEEDED, "payment_method_types", CANARY),
    (SUCCEEDED, "payment_method_types", [1]),
    ("payment_intent.created", "capture_method", [CANARY]),
    ("payment_intent.requires_action", "next_action", {"type": [CANARY]}),
    ("payment_intent.amount_capturable_updated", "amount_capturable", 1.5),
    ("payment_intent.payment_failed", "last_payment_error", {"code": {"x": CANARY}}),
    ("payment_intent.canceled", "cancellation_reason", {"x": CANARY}),
]


def check_unreadable(event: Mapping[str, object], occurred_at: str | None = WHEN) -> str:
    """Check that the event is unreadable as documented; return the reason."""
    result = translate(event)
    assert (result.name, result.version, result.unreadable) == ("StripeEventUnreadable", 1, True)
    assert (result.subject, result.occurred_at) == ("evt_1", occurred_at)
    value: dict[str, str | None] = json.loads(result.value)
    assert value.keys() == UNREADABLE_FIELDS
    reason = value.pop("reason")
    assert value == {
        "stripe_event_id": "evt_1",
        "stripe_event_type": event["type"],
        "stripe_api_version": event.get("api_version"),
        "occurred_at": occurred_at,
    }
    assert reason
    assert CANARY not in reason
    return reason


@pytest.mark.parametrize(
    ("event_type", "name", "value"), MISTYPED, ids=lambda value: str(value)[:40]
)
def test_a_mistyped_field_makes_an_event_unreadable(
    event_type: str, name: str, value: object
) -> None:
    """The reason contains the name of a field with a wrong type, but not its value."""
    reason = check_unreadable(intent_event(event_type, **{name: value}))
    assert f"data.object.{name}" in reason


@pytest.mark.parametrize("event_type", TABLE)
@pytest.mark.parametrize("name", ["id", "status", "amount", "currency"])
def test_a_missing_field_makes_an_event_unreadable(event_type: str, name: str) -> None:
    """Id, status, amount and currency of a payment are required."""
    event = intent_event(event_type)
    del event["data"]["object"][name]
    assert f"data.object.{name}" in check_unreadable(event)


@pytest.mark.parametrize("value", ["absent", None, [], CANARY, 1])
def test_an_event_without_an_object_is_unreadable(value: object) -> None:
    """`data.object` of a mapped type must be an object."""
    event = intent_event(SUCCEEDED)
    event["data"] = {} if value == "absent" else {"object": value}
    assert "data.object" in check_unreadable(event)


@pytest.mark.parametrize("value", ["absent", None, "true", 0, CANARY])
def test_an_event_without_a_mode_is_unreadable(value: object) -> None:
    """`livemode` must be a boolean."""
    event = intent_event(SUCCEEDED) | {"livemode": value}
    if value == "absent":
        del event["livemode"]
    assert "livemode" in check_unreadable(event)


@pytest.mark.parametrize(
    "value", ["absent", None, "1769860800", 1.5, True, CANARY, 10**30, -(10**30), 253_402_300_800]
)
def test_an_event_without_a_time_is_unreadable(value: object) -> None:
    """An invalid `created` gives an unreadable event without a time."""
    event = intent_event(SUCCEEDED) | {"created": value}
    if value == "absent":
        del event["created"]
    check_unreadable(event, occurred_at=None)


def test_an_unreadable_event_may_have_no_api_version() -> None:
    """All five fields are present if the Stripe event has no API version."""
    event = intent_event(SUCCEEDED, amount=None)
    del event["api_version"]
    check_unreadable(event)


def test_many_invalid_fields_give_a_short_reason() -> None:
    """The size of the reason is bounded, so that its record is never too large."""
    event = intent_event(SUCCEEDED, metadata={f"k{n}": n for n in range(10_000)})
    assert len(check_unreadable(event)) < 1000


def test_a_long_reason_has_the_number_of_the_others() -> None:
    """The first five fields are named, and the others are counted."""
    names = ("status", "amount", "currency", "metadata", "amount_received", "payment_method")
    event = json.loads(payment_intent_event("evt_1", "pi_1"))
    event["data"]["object"] |= dict.fromkeys(names, 1.5)
    translated = catalogue.translate(parse_event(json.dumps(event).encode()))
    assert translated is not None
    reason = json.loads(translated.value)["reason"]
    assert len(reason.split("; ")) == 6
    assert reason.endswith("; and 1 more")
