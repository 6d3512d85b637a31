"""Holds: what is requested and granted, increments, captures of parts, overcapture, their end."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from harness.daemon import Response
from service import PAYMENTS, Service

# The fields of responses; these tests check values, not types.
Json = Any
ALL = dict.fromkeys(("extended", "incremental", "overcapture", "multicapture"), True)
NONE = dict.fromkeys(ALL, False)
DAY = 86_400


@pytest.fixture(autouse=True)
def _clock(service: Service) -> Iterator[None]:
    """Set Stripe's clock back after each test."""
    yield
    service.stripe.control("clock", offset_seconds=0)


UNEXPECTED = "payment_intent_unexpected_state"
"""https://docs.stripe.com/error-codes#payment-intent-unexpected-state"""


def hold(
    service: Service,
    requested: dict[str, bool] | None,
    card: str = "pm_card_visa",
    **fields: object,
) -> Json:
    """Create a payment of 200 euros that is held on the card; return it."""
    body: dict[str, object] = {
        "amount": 20_000,
        "currency": "eur",
        "reference": "stay-7",
        "capture_method": "manual",
        **({"hold": requested} if requested is not None else {}),
        **fields,
    }
    created = service.write(PAYMENTS, body)
    assert created.status == 201, created.body
    assert created.json["hold"] is None
    assert service.stripe.pay(created.json["id"], card).status == 200
    return service.get_payment(created.json["id"]).json


def increment(
    service: Service,
    payment: Json,
    amount: int,
    key: str | None = None,
) -> Response:
    """Increase the hold."""
    return service.write(f"{payment['id']}/increment", {"amount": amount}, key)


def capture(service: Service, payment: Json, **body: object) -> Response:
    """Capture the payment."""
    return service.write(f"{payment['id']}/capture", body)


def amounts(payment: Json) -> tuple[str, int, int, int]:
    """Return the status, the amount, and what of it can be captured and was."""
    names = ("amount", "amount_capturable", "amount_received")
    return (payment["status"], *(payment[name] for name in names))


def charge_of(service: Service, payment: Json) -> Json:
    """Return the payment's charge."""
    found = service.get(f"{PAYMENTS}/{payment['id']}", include="charge")
    assert found.status == 200, found.body
    return found.json["charge"]


@pytest.mark.parametrize(
    ("requested", "card", "granted"),
    [
        (None, "pm_card_visa", NONE),
        (NONE, "pm_card_visa", NONE),
        ({"incremental": True}, "pm_card_visa", {**NONE, "incremental": True}),
        (ALL, "pm_card_mastercard", ALL),
        # JCB has captures of parts only: https://docs.stripe.com/payments/multicapture
        (ALL, "pm_card_jcb", {**NONE, "multicapture": True}),
    ],
)
def test_the_payment_shows_what_was_granted(
    service: Service, requested: dict[str, bool] | None, card: str, granted: dict[str, bool]
) -> None:
    """Not what was requested: before the customer pays it is null. Lists show it, too."""
    payment = hold(service, requested, card)
    shown = payment["hold"]
    assert {name: shown[name] for name in ALL} == granted
    assert shown["maximum_capturable"] == (23_000 if granted["overcapture"] else 20_000)
    assert shown["capture_before"] == charge_of(service, payment)["capture_before"]
    newest = service.get(PAYMENTS, limit=1).json["data"][0]
    assert (newest["id"], newest["hold"]) == (payment["id"], shown)


def test_the_hold_of_a_saved_card_is_granted_at_once(service: Service) -> None:
    """A charge without the customer shows it in the first response."""
    customer = service.stripe.customer()
    path = "/v1/payment_methods/pm_card_visa/attach"
    method = service.stripe.call("POST", path, {"customer": customer}).json["id"]
    body: dict[str, object] = {
        "amount": 20_000,
        "currency": "eur",
        "reference": "stay-7",
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        "capture_method": "manual",
    }
    held = service.write(PAYMENTS, {**body, "hold": {"incremental": True}}).json
    assert (held["status"], held["hold"]["incremental"]) == ("requires_capture", True)
    assert held == service.get_payment(held["id"]).json


def test_a_hold_is_requested_as_stripe_documents(service: Service) -> None:
    """Each feature is requested if it is available; others are not mentioned."""
    hold(service, {"extended": True, "multicapture": True, "overcapture": False})
    *_, sent = (
        request
        for request in service.stripe.requests
        if (request.method, request.path) == ("POST", "/v1/payment_intents")
    )
    option = "payment_method_options[card]"
    assert {name: value for name, value in sent.form.items() if name.startswith(option)} == {
        f"{option}[request_extended_authorization]": "if_available",
        f"{option}[request_multicapture]": "if_available",
    }


def test_an_increment_is_the_new_total(service: Service) -> None:
    """The stay is longer: the held amount grows, and with the same key only once."""
    payment, key = hold(service, {"incremental": True}), uuid.uuid4().hex
    increased = increment(service, payment, 25_000, key)
    assert amounts(increased.json) == ("requires_capture", 25_000, 25_000, 0)
    # The end of the hold remains, and so does what was granted.
    assert increased.json["hold"] == {**payment["hold"], "maximum_capturable": 25_000}
    assert amounts(increment(service, payment, 30_000).json)[1] == 30_000
    repeated = increment(service, payment, 25_000, key)
    assert (repeated.status, repeated.json) == (200, increased.json)
    assert amounts(capture(service, payment).json) == ("succeeded", 30_000, 0, 30_000)
    late = increment(service, payment, 40_000)
    assert (late.status, late.json["code"]) == (400, UNEXPECTED)
    assert "succeeded" in late.json["detail"]
    assert increment(service, payment, 25_000, key).json == increased.json


def test_a_declined_increment_leaves_the_hold(service: Service) -> None:
    """402 says what is still held, and that can be captured."""
    payment = hold(service, {"incremental": True}, "pm_card_sandboxIncrementDeclined")
    declined = increment(service, payment, 25_000)
    assert (declined.status, declined.json["code"]) == (402, "card_declined")
    assert declined.json["decline_code"] == "insufficient_funds"
    assert declined.json["payment_id"] == payment["id"]
    assert "remains held" in declined.json["detail"]
    assert service.get_payment(payment["id"]).json == payment
    assert amounts(capture(service, payment).json) == ("succeeded", 20_000, 0, 20_000)


def test_an_increment_is_refused_in_our_words(service: Service) -> None:
    """Not granted, not more than is held, too many attempts, before the payment, or malformed."""
    plain = increment(service, hold(service, None), 25_000)
    assert (plain.status, plain.json["code"]) == (400, "hold_not_granted")
    assert "incremental was not requested" in plain.json["detail"]
    payment = hold(service, {"incremental": True})
    same = increment(service, payment, 20_000)
    assert (same.status, same.json["code"]) == (400, "request_refused")
    assert "must be greater" in same.json["detail"]
    for total in range(20_001, 20_011):
        assert increment(service, payment, total).status == 200
    assert "10 times" in increment(service, payment, 20_011).json["detail"]
    unpaid = service.write(PAYMENTS, {"amount": 20_000, "currency": "isk"}).json
    assert increment(service, unpaid, 30_000).json["code"] == UNEXPECTED
    for body in ({}, {"amount": 0}, {"amount": 30_050}):
        refused = service.write(f"{unpaid['id']}/increment", body)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/amount")
    assert service.write("pi_unknown/increment", {"amount": 5}).status == 404


def test_parts_are_captured_and_the_rest_remains_held(service: Service) -> None:
    """Until the final capture, which releases what is left; parts can be refunded meanwhile."""
    payment = hold(service, {"multicapture": True})
    first = capture(service, payment, amount=5_000, final=False)
    assert amounts(first.json) == ("requires_capture", 20_000, 15_000, 5_000)
    assert charge_of(service, payment)["amount_captured"] == 5_000
    assert service.write(f"{payment['id']}/refunds", {"amount": 1_000}).status == 201
    second = capture(service, payment, amount=7_000, final=False)
    assert amounts(second.json) == ("requires_capture", 20_000, 8_000, 12_000)
    too_much = capture(service, payment, amount=8_001)
    assert (too_much.status, too_much.json["code"]) == (400, "amount_too_large")
    last = capture(service, payment, amount=3_000)
    assert amounts(last.json) == ("succeeded", 20_000, 0, 15_000)
    charge = charge_of(service, payment)
    assert (charge["amount_captured"], charge["amount_refunded"]) == (15_000, 1_000)


def test_a_part_is_not_captured_if_that_would_release_the_rest(service: Service) -> None:
    """Without the grant, or without an amount, `final` false is refused and nothing captured."""
    payment = hold(service, {"incremental": True})
    refused = capture(service, payment, amount=5_000, final=False)
    assert (refused.status, refused.json["code"]) == (400, "hold_not_granted")
    assert "multicapture was not requested" in refused.json["detail"]
    for body in ({"final": False}, {"amount": 5_000, "final": "no"}):
        wrong = capture(service, payment, **body)
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "#/final")
    assert service.get_payment(payment["id"]).json == payment


def test_more_than_is_held_is_captured_where_it_was_granted(service: Service) -> None:
    """Up to `maximum_capturable`; without the grant up to what is held."""
    payment = hold(service, {"overcapture": True})
    maximum = payment["hold"]["maximum_capturable"]
    assert maximum > payment["amount"]
    assert capture(service, payment, amount=maximum + 1).json["code"] == "amount_too_large"
    captured = capture(service, payment, amount=maximum)
    assert amounts(captured.json) == ("succeeded", 20_000, 0, maximum)
    plain = hold(service, None)
    assert capture(service, plain, amount=20_001).json["code"] == "amount_too_large"


def test_a_hold_ends(service: Service) -> None:
    """Uncaptured it is canceled, captured in part it has succeeded; an extended one lasts."""
    uncaptured, extended = hold(service, None), hold(service, {"extended": True})
    partial = hold(service, {"multicapture": True})
    assert extended["hold"]["capture_before"] > uncaptured["hold"]["capture_before"]
    capture(service, partial, amount=5_000, final=False)
    service.stripe.control("clock", offset_seconds=7 * DAY + 60)
    ended = service.get_payment(uncaptured["id"]).json
    assert (ended["status"], ended["cancellation_reason"]) == ("canceled", "automatic")
    late = capture(service, uncaptured)
    assert (late.status, late.json["code"]) == (400, UNEXPECTED)
    assert amounts(service.get_payment(partial["id"]).json) == ("succeeded", 20_000, 0, 5_000)
    assert service.get_payment(extended["id"]).json["status"] == "requires_capture"
    service.stripe.control("clock", offset_seconds=31 * DAY)
    assert service.get_payment(extended["id"]).json["status"] == "canceled"


def test_the_hold_of_a_checkout_is_incremented_by_its_payment(service: Service) -> None:
    """Checkout requests nothing, so that nothing is granted; before it is paid there is no hold."""
    body = {"amount": 2000, "currency": "eur", "reference": "stay-7", "capture_method": "manual"}
    hosted = {"flow": "checkout", "success_url": "https://shop.test/paid"}
    session = service.write(PAYMENTS, {**body, **hosted}).json
    assert increment(service, session, 3000).json["code"] == "checkout_without_payment"
    page = {"payment_method": "pm_card_visa"}
    service.stripe.call("POST", f"/pay/{session['id']}/pay", page)
    assert increment(service, session, 3000).json["code"] == "hold_not_granted"
    assert capture(service, session).json["amount_received"] == 2000
