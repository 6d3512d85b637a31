"""What a browser can ask for one payment, and what it is told while things happen."""

import contextlib
import http.client
import json
from collections.abc import Iterator

import pytest

from harness.polling import wait_until
from harness.ports import WILDCARD_ADDRESS
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
def payment(quick: Stripe) -> Json:
    """Give a new PaymentIntent."""
    return quick.call("POST", "/v1/payment_intents", PAYMENT).json


def secret_of(payment: Json) -> dict[str, str]:
    """Return what lets a browser in."""
    return {"client_secret": payment["client_secret"]}


def test_the_secret_lets_in(quick: Stripe, payment: Json) -> None:
    """Without the client secret, or with another's, a payment can be neither seen nor paid."""
    other = quick.call("POST", "/v1/payment_intents", PAYMENT).json
    path = f"/pay/{payment['id']}"
    for form in ({}, secret_of(other)):
        assert quick.call("GET", f"{path}/state", form).status == 403
        assert quick.call("GET", f"{path}/events", form).status == 403
        paid = quick.call("POST", f"{path}/pay", {**form, "payment_method": "pm_card_visa"})
        assert paid.status == 403
    state = quick.call("GET", f"{path}/state", secret_of(payment)).json
    assert state == {"session": None, "payment_intent": payment}
    assert quick.call("GET", "/pay/pi_none/state", secret_of(payment)).status == 404
    assert quick.call("GET", f"{path}/elsewhere", secret_of(payment)).status == 404


def test_paying_with_a_number(quick: Stripe, payment: Json) -> None:
    """The page pays with a test card's number; a real one is declined."""
    path = f"/pay/{payment['id']}/pay"
    number = "payment_method_data[card][number]"
    refused = quick.call("POST", path, {**secret_of(payment), number: "4111 1111 1111 1111"})
    assert (refused.status, refused.json["error"]["code"]) == (402, "card_declined")
    paid = quick.call("POST", path, {**secret_of(payment), number: "4242 4242 4242 4242"})
    assert paid.json["payment_intent"]["status"] == "succeeded"
    missing = quick.call("POST", path, secret_of(payment))
    assert missing.json["error"]["code"] == "parameter_missing"


def test_a_session_with_three_d_secure(quick: Stripe) -> None:
    """A Session's page pays, passes the step, and the Session is complete."""
    session = quick.call("POST", "/v1/checkout/sessions", SESSION).json
    path = f"/pay/{session['id']}"
    early = quick.call("POST", f"{path}/authenticate", {"result": "succeed"})
    assert early.status == 400
    form = {"payment_method": "pm_card_threeDSecure2Required", "email": "a@b.test"}
    state = quick.call("POST", f"{path}/pay", form).json
    assert state["session"]["status"] == "open"
    action = state["payment_intent"]["next_action"]["redirect_to_url"]
    assert action["return_url"] == "https://shop.test/done"
    assert action["url"].startswith(
        f"{quick.url}/pay/{state['payment_intent']['id']}/authenticate?"
    )
    state = quick.call("POST", f"{path}/authenticate", {"result": "succeed"}).json
    assert (state["session"]["status"], state["session"]["payment_status"]) == ("complete", "paid")
    again = quick.call("POST", f"{path}/pay", {"payment_method": "pm_card_visa"})
    assert again.status == 400


def told(stream: http.client.HTTPResponse) -> Iterator[Json]:
    """Read a stream of Server-Sent Events."""
    while line := stream.readline():
        if line.startswith(b"data: "):
            yield json.loads(line.removeprefix(b"data: "))


def test_the_stream_tells_what_happens(quick: Stripe) -> None:
    """As it happens: the intent's events, each webhook with its answer, the record in Kafka."""
    quick.inject(respond(503, {}), respond(200, {}))
    endpoint = WebhookTarget(f"{quick.url}/hook", ("whsec_1",), ("payment_intent.succeeded",))
    with Stripe(endpoints=[endpoint], settle_seconds=0.05) as stripe:
        session = stripe.call("POST", "/v1/checkout/sessions", SESSION).json["id"]
        place = stripe.url.removeprefix("http://")
        with contextlib.closing(http.client.HTTPConnection(place, timeout=10)) as connection:
            watched(connection, stripe, session)
        watchers = stripe.run_in_loop(lambda: stripe._activity._watchers)
        wait_until(lambda: not watchers, 5, "the stream is forgotten with its reader")


def watched(connection: http.client.HTTPConnection, stripe: Stripe, session: str) -> None:
    """Pay a Session and read along."""
    connection.request("GET", f"/pay/{session}/events", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.headers["content-type"] == "text/event-stream"
    states = told(stream)
    assert next(states)["events"] == []
    stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_visa"})
    state = next(it for it in states if _answers(it) == [503, 200])
    assert state["status"] == "complete"
    assert [event["type"] for event in state["events"]] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]
    record = {"type": "PaymentSucceededEvent", "offset": 3}
    stripe.add_record(state["payment_intent"], record)
    assert next(it for it in states if it["records"])["records"] == [record]
    stripe.control("records", payment=session, record=record)
    state = next(it for it in states if len(it["records"]) == 2)
    assert stripe.call("GET", f"/pay/{session}/events").json == state


def _answers(state: Json) -> list[int]:
    return [attempt["status"] for event in state["events"] for attempt in event["webhooks"]]


def test_control_is_for_this_machine() -> None:
    """Where others can reach the stand-in, the sandbox's own routes are closed."""
    with Stripe(host=WILDCARD_ADDRESS) as stripe:
        stripe.url = stripe.url.replace(WILDCARD_ADDRESS, "127.0.0.1")
        assert stripe.call("GET", "/_sandbox/requests").status == 403
        assert stripe.call("GET", "/v1/refunds").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("disputes", {"payment_intent": "pi_none"}),
        ("refunds", {}),
        ("reviews/close", {"review": "prv_none"}),
        ("accounts", {"charges_enabled": "yes"}),
        ("clock", {"offset_seconds": "1"}),
        ("records", {"payment": "pi_1", "record": 1}),
        ("events/resend", {"event": "evt_none"}),
    ],
)
def test_control_refuses_what_makes_no_sense(quick: Stripe, path: str, body: Json) -> None:
    """A request that can't be done is 400 with a sentence, an unknown route 404 with all routes."""
    with pytest.raises(AssertionError, match="error"):
        quick.control(path, **body)
    unknown = quick.call("POST", "/_sandbox/nothing")
    assert unknown.status == 404
    assert "POST /_sandbox/faults" in unknown.json["routes"]
