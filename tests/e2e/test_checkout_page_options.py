"""The page of a Checkout Session: expiry, language, button, and embedded in the caller's page."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.daemon import Response
from service import PAYMENTS, Service

# The fields of responses; these tests check values, not types.
Json = Any
BODY = {"amount": 2000, "currency": "eur", "reference": "booking-42", "flow": "checkout"}
HOSTED = {**BODY, "success_url": "https://shop.test/paid"}
RETURN = "https://shop.test/paid?session={CHECKOUT_SESSION_ID}"


def ahead(**duration: float) -> str:
    """Return a time from now on."""
    return (datetime.now(UTC) + timedelta(**duration)).isoformat(timespec="seconds")


def at_stripe(service: Service, response: Response) -> Json:
    """Return the Session that the request created."""
    assert response.status == 201, response.body
    return service.stripe.call("GET", f"/v1/checkout/sessions/{response.json['id']}").json


def test_the_page_is_as_requested(service: Service) -> None:
    """Expiry, language and button are the Session's; the statement text is the payment's."""
    moment = ahead(hours=2)
    options = {"expires_at": moment, "locale": "pt-BR", "submit_type": "book", "ui": "hosted"}
    suffix = {"statement_descriptor_suffix": "BOOKING 42"}
    created = service.write(PAYMENTS, {**HOSTED, **options, **suffix})
    session = at_stripe(service, created)
    assert session["expires_at"] == int(datetime.fromisoformat(moment).timestamp())
    assert (session["locale"], session["submit_type"]) == ("pt-BR", "book")
    assert created.json["payment_url"]
    service.stripe.call("POST", f"/pay/{session['id']}/pay", {"payment_method": "pm_card_visa"})
    intent = service.stripe.call(
        "GET", f"/v1/payment_intents/{service.get_payment(session['id']).json['payment_id']}"
    ).json
    assert intent["statement_descriptor_suffix"] == "BOOKING 42"
    direct = service.write(PAYMENTS, {"amount": 2000, "currency": "eur", **suffix}).json["id"]
    intent = service.stripe.call("GET", f"/v1/payment_intents/{direct}").json
    assert intent["statement_descriptor_suffix"] == "BOOKING 42"


def test_an_embedded_page_has_a_secret_and_no_url(service: Service) -> None:
    """`return_url` takes the place of `success_url`; the customer pays as on the hosted page."""
    created = service.write(PAYMENTS, {**BODY, "ui": "embedded", "return_url": RETURN})
    session = at_stripe(service, created)
    assert (session["ui_mode"], session["return_url"]) == ("embedded_page", RETURN)
    assert created.json["payment_url"] is None
    assert created.json["client_secret"] == session["client_secret"] is not None
    service.stripe.call("POST", f"/pay/{session['id']}/pay", {"payment_method": "pm_card_visa"})
    assert service.get_payment(session["id"]).json["status"] == "complete"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({**BODY, "ui": "embedded"}, ["#/return_url"]),
        (
            {**HOSTED, "ui": "embedded", "cancel_url": RETURN, "return_url": RETURN},
            ["#/success_url", "#/cancel_url"],
        ),
        ({**HOSTED, "return_url": RETURN}, ["#/return_url"]),
        ({**HOSTED, "ui": "elements"}, ["#/ui"]),
        ({**HOSTED, "locale": "xx", "submit_type": "subscribe"}, ["#/locale", "#/submit_type"]),
        ({**HOSTED, "expires_at": 1_770_000_000}, ["#/expires_at"]),
        ({**HOSTED, "expires_at": "2026-01-31"}, ["#/expires_at"]),
        ({**HOSTED, "expires_at": "2020-01-31T12:00:00Z"}, ["#/expires_at"]),
        ({**HOSTED, "capture_method": "manual", "hold": {"extended": True}}, ["#/hold"]),
        ({**HOSTED, "statement_descriptor_suffix": "12345"}, ["#/statement_descriptor_suffix"]),
        ({**HOSTED, "statement_descriptor_suffix": "A" * 23}, ["#/statement_descriptor_suffix"]),
        (
            {
                "amount": 2000,
                "currency": "eur",
                "hold": {"incremental": True},
                "ui": "hosted",
                "return_url": RETURN,
                "locale": "de",
                "submit_type": "pay",
                "expires_at": "2020-01-31T12:00:00Z",
            },
            ["#/hold", "#/ui", "#/return_url", "#/expires_at", "#/locale", "#/submit_type"],
        ),
        (
            {"amount": 2000, "currency": "eur", "capture_method": "manual", "hold": {"long": True}},
            ["#/hold/long"],
        ),
    ],
)
def test_contradictions_are_refused(
    service: Service, body: dict[str, object], pointers: list[str]
) -> None:
    """422 names every field, before Stripe is called."""
    before = len(service.stripe.requests)
    refused = service.write(PAYMENTS, body)
    assert (refused.status, refused.json["code"]) == (422, "fields_invalid")
    assert [problem["pointer"] for problem in refused.json["errors"]] == pointers
    assert len(service.stripe.requests) == before


def test_a_time_more_than_a_day_ahead_never_reaches_stripe(service: Service) -> None:
    """Stripe judges the limits themselves, and its refusal says what to send."""
    before = len(service.stripe.requests)
    far = service.write(PAYMENTS, {**HOSTED, "expires_at": ahead(hours=25)})
    assert (far.status, far.json["errors"][0]["pointer"]) == (422, "#/expires_at")
    assert len(service.stripe.requests) == before
    near = service.write(PAYMENTS, {**HOSTED, "expires_at": ahead(minutes=20)})
    assert (near.status, near.json["code"]) == (400, "request_refused")
    assert near.json["detail"].endswith("send a time that is 30 minutes to 24 hours ahead")


def test_a_request_is_repeated_after_its_page_has_expired(service: Service) -> None:
    """The same key and body return the same payment, although the time has passed.

    For this Stripe's clock was behind when the first request came.
    """
    moment, key = ahead(hours=-19), uuid.uuid4().hex
    body = {**HOSTED, "expires_at": moment}
    service.stripe.control("clock", offset_seconds=-72_000)
    try:
        first = service.write(PAYMENTS, body, key)
    finally:
        service.stripe.control("clock", offset_seconds=0)
    assert first.status == 201, first.body
    repeated = service.write(PAYMENTS, body, key)
    assert (repeated.status, repeated.headers["idempotent-replayed"]) == (201, "true")
    assert repeated.json == first.json
    assert service.get_payment(first.json["id"]).json["status"] == "expired"
    assert service.write(PAYMENTS, body).status == 400  # the control: another key
