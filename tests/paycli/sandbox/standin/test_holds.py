"""Holds as Stripe documents them: who may change what, the events, and Stripe's refusals."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.daemon import Response
from harness.stripe import Stripe

# Stripe's JSON; these tests check values, not types.
Json = Any
PATH = "/v1/payment_intents"
CARD = "payment_method_options[card]"
ALL = {
    f"{CARD}[request_{feature}]": "if_available"
    for feature in (
        *("extended_authorization", "incremental_authorization"),
        *("multicapture", "overcapture"),
    )
}
DAY = 86_400


def hold(
    stripe: Stripe, requests: Mapping[str, str], card: str = "pm_card_visa", **more: str
) -> Json:
    """Hold 10 dollars, with the charge."""
    form = {
        "amount": "1000",
        "currency": "usd",
        "capture_method": "manual",
        "confirm": "true",
        "payment_method": card,
        "return_url": "https://shop.test/back",
        "expand[]": "latest_charge",
        **requests,
        **more,
    }
    created = stripe.call("POST", PATH, form)
    assert created.status == 200, created.body
    return created.json


def capture(stripe: Stripe, intent: Json, **form: str) -> Response:
    """Capture a hold."""
    return stripe.call("POST", f"{PATH}/{intent['id']}/capture", form)


def events_of(stripe: Stripe, intent: Json) -> list[tuple[str, Json]]:
    """Return the types and the previous attributes of the intent's events, oldest first."""
    found = stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"][::-1]
    charge = intent["latest_charge"]["id"]
    return [
        (event["type"], event["data"].get("previous_attributes"))
        for event in found
        if event["data"]["object"]["id"] in (intent["id"], charge)
    ]


def test_multicapture_is_as_stripes_example(fast_stand_in: Stripe) -> None:
    """10 USD: 7 with the rest held, then 2 as the final capture, with the documented events.

    https://docs.stripe.com/payments/multicapture
    """
    intent = hold(fast_stand_in, ALL)
    first = capture(fast_stand_in, intent, amount_to_capture="700", final_capture="false").json
    amounts = ("amount", "amount_capturable", "amount_received", "status")
    assert [first[name] for name in amounts] == [1000, 300, 700, "requires_capture"]
    charge = fast_stand_in.call("GET", f"/v1/charges/{first['latest_charge']}").json
    assert (charge["captured"], charge["amount_captured"]) == (False, 700)
    # What was captured can be refunded, and is not "refunded" before the final capture.
    refund = {"payment_intent": intent["id"]}
    assert fast_stand_in.call("POST", "/v1/refunds", refund).json["amount"] == 700
    charge = fast_stand_in.call("GET", f"/v1/charges/{first['latest_charge']}").json
    assert charge["refunded"] is False
    last = capture(fast_stand_in, intent, amount_to_capture="200").json
    assert [last[name] for name in amounts] == [1000, 0, 900, "succeeded"]
    after = events_of(fast_stand_in, intent)[3:]
    assert [type_ for type_, _ in after] == [
        "charge.updated",
        "payment_intent.amount_capturable_updated",
        "charge.refunded",
        "charge.updated",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]
    assert after[1][1] == {"amount_capturable": 1000}


@pytest.mark.parametrize(
    ("requests", "form"),
    [
        ({}, {"final_capture": "false"}),
        (ALL, {"amount_to_capture": "1151"}),
        (ALL, {"amount_to_capture": "0"}),
        (ALL, {"amount_to_capture": "-1"}),
        ({}, {"amount_to_capture": "1001"}),
    ],
)
def test_a_capture_beyond_the_grant_is_refused(
    fast_stand_in: Stripe, requests: Mapping[str, str], form: Mapping[str, str]
) -> None:
    """The hold is as it was."""
    intent = hold(fast_stand_in, requests)
    assert capture(fast_stand_in, intent, **form).status == 400
    now = fast_stand_in.call("GET", f"{PATH}/{intent['id']}").json
    assert (now["status"], now["amount_capturable"]) == ("requires_capture", 1000)


def test_a_declined_increment_changes_nothing(fast_stand_in: Stripe) -> None:
    """The error has the intent, which remains capturable for the previous amount.

    https://docs.stripe.com/api/payment_intents/increment_authorization
    """
    intent = hold(fast_stand_in, ALL, "pm_card_sandboxIncrementDeclined")
    before = fast_stand_in.call("GET", f"{PATH}/{intent['id']}").json
    path = f"{PATH}/{intent['id']}/increment_authorization"
    declined = fast_stand_in.call("POST", path, {"amount": "1500", "metadata[a]": "b"})
    error = declined.json["error"]
    assert (declined.status, error["code"], error["type"]) == (402, "card_declined", "card_error")
    assert error["payment_intent"] == before
    assert fast_stand_in.call("GET", f"{PATH}/{intent['id']}").json == before
    assert capture(fast_stand_in, intent).json["amount_received"] == 1000


@pytest.mark.parametrize(("requests", "days"), [({}, 7), (ALL, 30)], ids=["standard", "extended"])
def test_a_hold_ends_on_time(fast_stand_in: Stripe, requests: Mapping[str, str], days: int) -> None:
    """A second before `capture_before` it can be captured, then it is canceled by Stripe."""
    intent = hold(fast_stand_in, requests)
    details = intent["latest_charge"]["payment_method_details"]["card"]
    assert details["capture_before"] == intent["latest_charge"]["created"] + days * DAY
    try:
        fast_stand_in.control("clock", offset_seconds=days * DAY - 60)
        path = f"{PATH}/{intent['id']}"
        assert fast_stand_in.call("GET", path).json["status"] == "requires_capture"
        fast_stand_in.control("clock", offset_seconds=days * DAY)
        ended = fast_stand_in.call("GET", path).json
    finally:
        fast_stand_in.control("clock", offset_seconds=0)
    assert (ended["status"], ended["cancellation_reason"]) == ("canceled", "automatic")
    assert [type_ for type_, _ in events_of(fast_stand_in, intent)][-2:] == [
        "charge.expired",
        "payment_intent.canceled",
    ]


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({f"{CARD}[request_multicapture]": "always"}, f"{CARD}[request_multicapture]"),
        ({"statement_descriptor_suffix": "42"}, "statement_descriptor_suffix"),
        ({"statement_descriptor_suffix": "A*B"}, "statement_descriptor_suffix"),
        ({"statement_descriptor_suffix": "A" * 23}, "statement_descriptor_suffix"),
    ],
)
def test_wrong_options_are_refused(
    fast_stand_in: Stripe, form: Mapping[str, str], param: str
) -> None:
    """The error names the parameter."""
    refused = fast_stand_in.call("POST", PATH, {"amount": "1000", "currency": "usd", **form})
    assert (refused.status, refused.json["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({}, "success_url"),
        ({"ui_mode": "embedded_page"}, "return_url"),
        ({"ui_mode": "hosted_page", "return_url": "https://a.test"}, "return_url"),
        ({"success_url": "https://a.test", "return_url": "https://a.test"}, "return_url"),
        (
            {"ui_mode": "embedded_page", "return_url": "https://a.test", "cancel_url": "https://a"},
            "cancel_url",
        ),
        ({"success_url": "https://a.test", "locale": "xx"}, "locale"),
        ({"success_url": "https://a.test", "submit_type": "buy"}, "submit_type"),
    ],
)
def test_wrong_options_of_a_session_are_refused(
    fast_stand_in: Stripe, form: Mapping[str, str], param: str
) -> None:
    """https://docs.stripe.com/api/checkout/sessions/create."""
    item = "line_items[0]"
    price = {f"{item}[price_data][currency]": "usd", f"{item}[price_data][unit_amount]": "500"}
    name = {f"{item}[price_data][product_data][name]": "Night", f"{item}[quantity]": "1"}
    session = {"mode": "payment", **price, **name, **form}
    refused = fast_stand_in.call("POST", "/v1/checkout/sessions", session)
    assert (refused.status, refused.json["error"]["param"]) == (400, param)
