"""The server that plays Stripe remembers as Stripe does and fails as networks do."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from harness.daemon import Response
from harness.polling import wait_until
from harness.stripe_double import StripeDouble
from harness.stripe_plays import (
    answer,
    drip_body,
    drip_headers,
    executed,
    hang,
    lost,
    reset,
    rubbish,
    slow,
)
from harness.stripe_replies import error_reply

PAYMENT = {"amount": "2000", "currency": "EUR", "metadata[reference]": "booking-1"}
KEY = {"Idempotency-Key": "key-1"}


def call(
    double: StripeDouble,
    method: str = "POST",
    path: str = "/v1/payment_intents",
    form: Mapping[str, str] = PAYMENT,
    headers: Mapping[str, str] = KEY,
) -> Response:
    """Send one request as Stripe's clients do."""
    connection = http.client.HTTPConnection(double.url.removeprefix("http://"), timeout=20)
    try:
        authorization = {"Authorization": "Bearer sk_test_x"}
        connection.request(method, path, urlencode(form), authorization | dict(headers))
        reply = connection.getresponse()
        return Response(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def test_payment_intents_are_remembered(stripe_double: StripeDouble) -> None:
    """A created PaymentIntent has what was asked for, ids of its own, and can be read again."""
    form = PAYMENT | {"description": "två nätter", "capture_method": "manual"}
    created = call(stripe_double, form=form).json
    assert created["id"].startswith("pi_")
    assert created["client_secret"].startswith(f"{created['id']}_secret_")
    assert (created["amount"], created["currency"]) == (2000, "eur")
    assert created["metadata"] == {"reference": "booking-1"}
    assert (created["description"], created["capture_method"]) == ("två nätter", "manual")
    assert (created["status"], created["livemode"]) == ("requires_payment_method", False)
    assert call(stripe_double, "GET", f"/v1/payment_intents/{created['id']}", {}).json == created
    assert call(stripe_double, headers={}).json["id"] != created["id"]


def test_sessions_are_remembered(stripe_double: StripeDouble) -> None:
    """A created Checkout Session has its total, metadata and addresses."""
    form = {
        "mode": "payment",
        "success_url": "https://example.com/done",
        "metadata[reference]": "booking-2",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][quantity]": "2",
    }
    created = call(stripe_double, path="/v1/checkout/sessions", form=form).json
    assert created["id"].startswith("cs_test_")
    assert created["url"].endswith(created["id"])
    assert (created["amount_total"], created["currency"]) == (4000, "eur")
    assert created["metadata"] == {"reference": "booking-2"}
    assert created["success_url"] == "https://example.com/done"
    read = call(stripe_double, "GET", f"/v1/checkout/sessions/{created['id']}", {})
    assert read.json == created


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "code"),
    [
        ("GET", "/v1/payment_intents/pi_none", {}, 404, "resource_missing"),
        ("POST", "/v1/payment_intents", {"amount": "1"}, 400, "parameter_missing"),
        ("POST", "/v1/nowhere", {}, 404, None),
    ],
)
def test_refusals(
    stripe_double: StripeDouble,
    method: str,
    path: str,
    form: dict[str, str],
    status: int,
    code: str | None,
) -> None:
    """What Stripe would refuse is refused in Stripe's shape, with a request id."""
    refused = call(stripe_double, method, path, form)
    assert (refused.status, refused.json["error"].get("code")) == (status, code)
    assert refused.json["error"]["type"] == "invalid_request_error"
    assert refused.headers["request-id"].startswith("req_")


def test_missing_key_is_refused(stripe_double: StripeDouble) -> None:
    """A request without an API key gets 401 and leaves its idempotency key free."""
    assert call(stripe_double, headers=KEY | {"Authorization": ""}).status == 401
    assert call(stripe_double).status == 200


def test_same_key_and_body_is_replayed(stripe_double: StripeDouble) -> None:
    """The same key with the same body gives the same bytes again, marked, and no second payment."""
    first, second = call(stripe_double), call(stripe_double)
    assert (second.status, second.body) == (first.status, first.body)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"]
    assert len(stripe_double.stage.memory.objects) == 1


def test_same_key_other_body_is_refused(stripe_double: StripeDouble) -> None:
    """The same key with another body gets 400 `idempotency_error`."""
    call(stripe_double)
    refused = call(stripe_double, form=PAYMENT | {"amount": "1"})
    assert (refused.status, refused.json["error"]["type"]) == (400, "idempotency_error")


def test_failure_of_stripe_is_replayed(stripe_double: StripeDouble) -> None:
    """A 500 that happened while Stripe worked is kept under its key."""
    stripe_double.answers(executed(answer(500, {"error": {"type": "api_error"}})))
    first, second = call(stripe_double), call(stripe_double)
    assert (first.status, second.status) == (500, 500)
    assert second.headers["idempotent-replayed"] == "true"


def test_refusal_leaves_the_key_free(stripe_double: StripeDouble) -> None:
    """A key whose request was refused before it ran can be used again."""
    stripe_double.answers(executed(lambda _, __: error_reply(429, "invalid_request_error", "Slow")))
    assert [call(stripe_double).status, call(stripe_double).status] == [429, 200]


def test_key_in_use_at_the_same_time(stripe_double: StripeDouble) -> None:
    """While Stripe works on a key, the same key gets 409; afterwards the first's result."""
    stripe_double.answers(slow())
    results: list[Response] = []
    thread = threading.Thread(target=lambda: results.append(call(stripe_double)))
    thread.start()
    wait_until(lambda: len(stripe_double.requests) == 1, 5, "first request came")
    busy = call(stripe_double)
    assert (busy.status, busy.json["error"]["code"]) == (409, "idempotency_key_in_use")
    stripe_double.release()
    thread.join()
    assert call(stripe_double).body == results[0].body


def test_lost_reply_has_been_done(stripe_double: StripeDouble) -> None:
    """A lost reply means: the payment exists, the caller hears nothing, and the key tells."""
    stripe_double.answers(lost())
    with pytest.raises(http.client.RemoteDisconnected):
        call(stripe_double)
    (identity,) = stripe_double.stage.memory.objects
    again = call(stripe_double)
    assert again.json["id"] == identity
    assert again.headers["idempotent-replayed"] == "true"


def test_connection_is_reset(stripe_double: StripeDouble) -> None:
    """A reset arrives as a reset, not as an orderly end."""
    stripe_double.answers(reset())
    with pytest.raises(ConnectionResetError) as caught:
        call(stripe_double)
    assert not isinstance(caught.value, http.client.RemoteDisconnected)


def test_rubbish_is_sent_as_it_is(stripe_double: StripeDouble) -> None:
    """Rubbish reaches the client unchanged, instead of an HTTP response or within one."""
    stripe_double.answers(rubbish(b"nonsense\r\n"), answer(200, b"[", {"X-A": "b"}))
    with pytest.raises(http.client.BadStatusLine):
        call(stripe_double)
    reply = call(stripe_double)
    assert (reply.status, reply.body, reply.headers["x-a"]) == (200, b"[", "b")


def test_hanging_ends_by_time_or_release(stripe_double: StripeDouble) -> None:
    """A hanging request is answered after its seconds, or when it is released."""
    stripe_double.answers(hang(0.2), hang())
    started = time.monotonic()
    assert call(stripe_double).status == 200
    assert time.monotonic() - started >= 0.2
    threading.Timer(0.05, stripe_double.release).start()
    assert call(stripe_double).status == 200


def test_dripping_takes_its_time(stripe_double: StripeDouble) -> None:
    """A dripped answer arrives whole, one interval per byte."""
    stripe_double.drip_interval_seconds = 0.005
    small = answer(200, {"a": 1})
    for play, least_bytes in ((drip_body(small), 8), (drip_headers(small), 60)):
        stripe_double.answers(play)
        started = time.monotonic()
        assert call(stripe_double).json == {"a": 1}
        assert time.monotonic() - started >= least_bytes * 0.005


def test_everything_received_is_recorded(stripe_double: StripeDouble) -> None:
    """Requests are kept in order with method, path, query, headers, form and raw body."""
    call(stripe_double)
    call(stripe_double, "GET", "/v1/payment_intents/pi_1?expand=x", {})
    posted, got = stripe_double.requests
    assert (posted.method, posted.path, posted.form) == ("POST", "/v1/payment_intents", PAYMENT)
    assert posted.body == urlencode(PAYMENT).encode()
    assert posted.idempotency_key == "key-1"
    assert posted.headers["authorization"] == "Bearer sk_test_x"
    assert (got.path, got.query) == ("/v1/payment_intents/pi_1", {"expand": "x"})


def test_play_for_every_request(stripe_double: StripeDouble) -> None:
    """A play set for all requests decides when no single answers are left."""
    stripe_double.play = answer(402, {"error": {"type": "card_error"}})
    stripe_double.answers(answer(200, {}))
    assert [call(stripe_double).status for _ in range(3)] == [200, 402, 402]


def test_errors_in_plays_are_not_lost() -> None:
    """A play that fails is the test's own failure and is raised when the server ends."""
    double = StripeDouble()
    double.answers(lambda _, __: json.loads("nonsense"))
    with pytest.raises(json.JSONDecodeError), double, contextlib.suppress(OSError):
        call(double)
