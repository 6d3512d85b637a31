"""The JSON and the event stream of a payment's page."""

import contextlib
import http.client
import json
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from harness.stripe import Stripe, respond
from harness.stripe_schema import Json
from paycli.sandbox.standin import WebhookTarget

PAYMENT = {"amount": "2000", "currency": "eur"}
SESSION = {
    "mode": "payment",
    "success_url": "https://shop.test/done",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][price_data][product_data][name]": "A night",
}


@pytest.fixture
def payment(fast_stand_in: Stripe) -> Json:
    """A new PaymentIntent."""
    return fast_stand_in.call("POST", "/v1/payment_intents", PAYMENT).json


def secret_of(payment: Json) -> dict[str, str]:
    """Return the parameter that authorizes a browser."""
    return {"client_secret": payment["client_secret"]}


def test_the_client_secret_is_required(fast_stand_in: Stripe, payment: Json) -> None:
    """Without the payment's client secret, it can be neither read nor paid."""
    other = fast_stand_in.call("POST", "/v1/payment_intents", PAYMENT).json
    path = f"/pay/{payment['id']}"
    for form in ({}, secret_of(other)):
        assert fast_stand_in.call("GET", f"{path}/state", form).status == 403
        assert fast_stand_in.call("GET", f"{path}/events", form).status == 403
        paid = fast_stand_in.call("POST", f"{path}/pay", {**form, "payment_method": "pm_card_visa"})
        assert paid.status == 403
    state = fast_stand_in.call("GET", f"{path}/state", secret_of(payment)).json
    assert state == {"session": None, "payment_intent": payment, "setup_intent": None}
    assert fast_stand_in.call("GET", "/pay/pi_none/state", secret_of(payment)).status == 404
    assert fast_stand_in.call("GET", f"{path}/elsewhere", secret_of(payment)).status == 404


def test_paying_with_a_card_number(fast_stand_in: Stripe, payment: Json) -> None:
    """A test card's number pays; another number is declined."""
    path = f"/pay/{payment['id']}/pay"
    number = "payment_method_data[card][number]"
    refused = fast_stand_in.call(
        "POST", path, {**secret_of(payment), number: "4111 1111 1111 1111"}
    )
    assert (refused.status, refused.json["error"]["code"]) == (402, "card_declined")
    paid = fast_stand_in.call("POST", path, {**secret_of(payment), number: "4242 4242 4242 4242"})
    assert paid.json["payment_intent"]["status"] == "succeeded"
    missing = fast_stand_in.call("POST", path, secret_of(payment))
    assert missing.json["error"]["code"] == "parameter_missing"


def test_a_session_with_three_d_secure(fast_stand_in: Stripe) -> None:
    """After 3-D Secure on a Session's page, the Session is complete."""
    session = fast_stand_in.call("POST", "/v1/checkout/sessions", SESSION).json
    path = f"/pay/{session['id']}"
    early = fast_stand_in.call("POST", f"{path}/authenticate", {"result": "succeed"})
    assert early.status == 400
    form = {"payment_method": "pm_card_threeDSecure2Required", "email": "a@b.test"}
    state = fast_stand_in.call("POST", f"{path}/pay", form).json
    assert state["session"]["status"] == "open"
    action = state["payment_intent"]["next_action"]["redirect_to_url"]
    assert action["return_url"] == "https://shop.test/done"
    assert action["url"].startswith(
        f"{fast_stand_in.url}/pay/{state['payment_intent']['id']}/authenticate?"
    )
    state = fast_stand_in.call("POST", f"{path}/authenticate", {"result": "succeed"}).json
    assert (state["session"]["status"], state["session"]["payment_status"]) == ("complete", "paid")
    again = fast_stand_in.call("POST", f"{path}/pay", {"payment_method": "pm_card_visa"})
    assert again.status == 400


def read_states(stream: http.client.HTTPResponse) -> Iterator[Json]:
    """Read the states in a stream of Server-Sent Events."""
    while line := stream.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def test_the_stream_reports_activity(fast_stand_in: Stripe) -> None:
    """The stream reports the payment's events, webhook responses and Kafka records."""
    fast_stand_in.inject(respond(503, {}), respond(200, {}))
    endpoint = WebhookTarget(
        f"{fast_stand_in.url}/hook", ("whsec_1",), ("payment_intent.succeeded",)
    )
    with Stripe(endpoints=[endpoint], settle_seconds=0.05) as stripe:
        session = stripe.call("POST", "/v1/checkout/sessions", SESSION).json["id"]
        address = stripe.url.removeprefix("http://")
        with contextlib.closing(http.client.HTTPConnection(address, timeout=10)) as connection:
            pay_and_watch(connection, stripe, session)
        watchers = stripe.run_in_loop(lambda: stripe._activity._watchers)
        wait_until(lambda: not watchers, 5, "the stream ends with its reader")


def pay_and_watch(connection: http.client.HTTPConnection, stripe: Stripe, session: str) -> None:
    """Pay a Session while its stream is read."""
    connection.request("GET", f"/pay/{session}/events", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.headers["content-type"] == "text/event-stream"
    states = read_states(stream)
    assert next(states)["events"] == []
    stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_visa"})
    state = next(candidate for candidate in states if _webhook_statuses(candidate) == [503, 200])
    assert state["status"] == "complete"
    assert [event["type"] for event in state["events"]] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    record = {"type": "PaymentSucceededEvent", "offset": 3}
    stripe.add_record(state["payment_intent"], record)
    assert next(candidate for candidate in states if candidate["records"])["records"] == [record]
    stripe.control("records", payment=session, record=record)
    state = next(candidate for candidate in states if len(candidate["records"]) == 2)
    assert stripe.call("GET", f"/pay/{session}/events").json == state


def _webhook_statuses(state: Json) -> list[int]:
    return [attempt["status"] for event in state["events"] for attempt in event["webhooks"]]


def test_a_record_is_shown_with_the_payment_of_its_event(
    fast_stand_in: Stripe, payment: Json
) -> None:
    """A transfer's record, whose key is the transfer, is on the page of the payment."""
    fast_stand_in.pay(payment["id"])
    intent = fast_stand_in.call("GET", f"/v1/payment_intents/{payment['id']}").json
    share = {"amount": "500", "currency": "eur", "destination": "acct_1host"}
    source = {"source_transaction": intent["latest_charge"]}
    transfer = fast_stand_in.call("POST", "/v1/transfers", {**share, **source}).json["id"]
    [event] = fast_stand_in.call("GET", "/v1/events", {"type": "transfer.created"}).json["data"]
    record = {"type": "TransferCreatedEvent", "offset": 3, "event_id": event["id"]}
    fast_stand_in.add_record(transfer, record)
    secret = secret_of(payment)
    assert fast_stand_in.call("GET", f"/pay/{payment['id']}/events", secret).json["records"] == [
        record
    ]
