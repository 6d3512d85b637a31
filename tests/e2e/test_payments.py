"""Each row of the table of `POST` and `GET /api/v1/payments`, against the running process."""

import json
import threading
import time
import uuid
from collections.abc import Callable

import pytest

from harness.daemon import Response
from harness.stripe import (
    disconnect,
    drip_body,
    drip_headers,
    hang,
    malformed,
    reset,
    respond,
    slow,
    stored,
)
from paycli.sandbox.standin import Fault
from service import BARE_TOKEN, PAYMENTS, STRIPE_TIMEOUT_SECONDS, TOKEN, Service

BODY = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
CHECKOUT = {
    **BODY,
    "flow": "checkout",
    "success_url": "https://shop.test/done?s={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.test/back",
}
FIELDS = {
    "id",
    "status",
    "amount",
    "currency",
    "reference",
    "client_secret",
    "payment_url",
    "livemode",
    "created_at",
    "payment_id",
    "description",
    "metadata",
    "capture_method",
    "amount_capturable",
    "amount_received",
    "cancellation_reason",
}


@pytest.fixture
def key() -> str:
    """Give a new idempotency key."""
    return uuid.uuid4().hex


def error(kind: str, message: str = "No.", **more: str) -> dict[str, object]:
    """The body of an error of Stripe's."""
    return {"error": {"type": kind, "message": message, **more}}


def test_a_payment_is_created_at_stripe(service: Service, key: str) -> None:
    """A create makes one PaymentIntent as asked and gives its client_secret with 201."""
    asked = {
        **BODY,
        "description": "Two nights",
        "customer": "cus_1",
        "receipt_email": "guest@example.com",
        "metadata": {"room": "12 ä"},
        "capture_method": "manual",
    }
    made = service.create_payment(asked, key)
    assert made.status == 201
    assert made.json.keys() == FIELDS
    sent = service.stripe.requests[-1]
    assert (sent.method, sent.path) == ("POST", "/v1/payment_intents")
    assert sent.form == {
        "amount": "2000",
        "currency": "eur",
        "automatic_payment_methods[enabled]": "true",
        "capture_method": "manual",
        "metadata[room]": "12 ä",
        "metadata[reference]": "booking-42",
        "description": "Two nights",
        "customer": "cus_1",
        "receipt_email": "guest@example.com",
    }
    assert sent.idempotency_key == f"booking:{key}"
    assert sent.headers["authorization"] == "Bearer sk_test_ofthetests"
    assert sent.headers["stripe-version"] == "2026-10-28.endive"
    kept = service.stripe.call("GET", f"/v1/payment_intents/{made.json['id']}").json
    assert made.json["client_secret"] == kept["client_secret"]
    assert made.json["reference"] == "booking-42"
    assert made.json["metadata"] == {"room": "12 ä"}
    assert made.json["payment_id"] == made.json["id"]
    assert (made.json["amount"], made.json["currency"]) == (2000, "eur")
    assert made.json["livemode"] is False
    assert made.json["payment_url"] is None
    assert made.json["created_at"].endswith("Z")
    assert made.headers["location"] == f"{PAYMENTS}/{made.json['id']}"
    assert "idempotent-replayed" not in made.headers
    assert made.headers["x-request-id"]


def test_a_checkout_is_created_at_stripe(service: Service, key: str) -> None:
    """Checkout makes a Session, the reference on it and on its intent, and gives its address."""
    made = service.create_payment(CHECKOUT, key)
    assert made.status == 201
    assert made.json["id"].startswith("cs_")
    assert made.json["payment_url"] == f"{service.stripe.url}/pay/{made.json['id']}"
    assert made.json["client_secret"] is None
    assert made.json["amount"] == 2000
    assert made.json["reference"] == "booking-42"
    sent = service.stripe.requests[-1]
    assert sent.path == "/v1/checkout/sessions"
    assert sent.form == {
        "mode": "payment",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][price_data][product_data][name]": "booking-42",
        "success_url": "https://shop.test/done?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.test/back",
        "client_reference_id": "booking-42",
        "metadata[reference]": "booking-42",
        "payment_intent_data[metadata][reference]": "booking-42",
        "payment_intent_data[capture_method]": "automatic",
    }
    assert service.get_payment(made.json["id"]).json == made.json


def test_a_payment_is_looked_up(service: Service, key: str) -> None:
    """A look-up gives the state at Stripe now, not that of its creation."""
    made = service.create_payment(BODY, key).json
    service.stripe.pay(made["id"])
    found = service.get_payment(made["id"])
    assert found.status == 200
    assert found.json == {**made, "status": "succeeded", "amount_received": 2000}


def test_the_same_key_gives_the_same_payment(service: Service, key: str) -> None:
    """The same key and body give the same payment, marked as replayed, in the state of then."""
    first = service.create_payment(BODY, key)
    service.stripe.pay(first.json["id"])
    again = service.create_payment(BODY, key)
    assert again.status == 201
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json == first.json


def test_the_same_key_with_another_body_is_refused(service: Service, key: str) -> None:
    """The same key with another body is 422 idempotency_key_reused."""
    service.create_payment(BODY, key)
    again = service.create_payment({**BODY, "amount": 2001}, key)
    assert (again.status, again.json["code"]) == (422, "idempotency_key_reused")


def test_callers_do_not_share_keys(service: Service, key: str) -> None:
    """A bare token's key is passed on as it is, so it never gives a named caller's payment."""
    named, bare = service.create_payment(BODY, key), service.create_payment(BODY, key, BARE_TOKEN)
    assert (named.status, bare.status) == (201, 201)
    assert named.json["id"] != bare.json["id"]
    assert service.stripe.requests[-1].idempotency_key == key


def test_the_same_at_the_same_time_waits(service: Service, key: str) -> None:
    """While the first still runs, the second waits for it and gets the same payment."""
    service.stripe.inject(slow(0.5))
    results = at_once(lambda: service.create_payment(BODY, key), 2)
    assert [r.status for r in results] == [201, 201]
    assert results[0].json["id"] == results[1].json["id"]


def test_a_key_in_use_for_long_is_409(service: Service, key: str) -> None:
    """When the first takes longer than Stripe's time, the second is 409 with Retry-After."""
    in_use = error("invalid_request_error", code="idempotency_key_in_use")
    service.stripe.inject(*[respond(409, in_use)] * 40)
    started = time.monotonic()
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (409, "idempotency_key_in_use")
    assert int(refused.headers["retry-after"]) >= 1
    assert time.monotonic() - started < STRIPE_TIMEOUT_SECONDS + 1
    forget(service)


@pytest.mark.parametrize("given", [None, "", "ü", "k" * 201])
def test_a_bad_idempotency_key_is_400(service: Service, given: str | None) -> None:
    """A missing key is idempotency_key_missing, a malformed one idempotency_key_invalid."""
    before = len(service.stripe.requests)
    headers = {} if given is None else {"Idempotency-Key": given.encode("utf-8").decode("latin-1")}
    refused = service.create_payment(BODY, None, **headers)
    expected = "idempotency_key_invalid" if given else "idempotency_key_missing"
    assert (refused.status, refused.json["code"]) == (400, expected)
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nobody", f"Basic {TOKEN}", TOKEN])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PAYMENTS),
        ("GET", f"{PAYMENTS}/pi_1"),
        ("GET", f"{PAYMENTS}/pi_1/refunds"),
        ("GET", "/api/v1/refunds/re_1"),
    ],
)
def test_nobody_gets_in_without_a_token(
    service: Service, header: str | None, method: str, path: str
) -> None:
    """Without a known token everything under payments and refunds is 401 with WWW-Authenticate."""
    before = len(service.stripe.requests)
    headers = {} if header is None else {"Authorization": header}
    refused = service.daemon.request(method, path, headers=headers)
    assert (refused.status, refused.json["code"]) == (401, "unauthorized")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"amount": NaN}', b"[" * 100_00, b'"\xed\xa0\x80"']
)
def test_a_body_that_is_not_json_is_400(service: Service, key: str, body: bytes) -> None:
    """What is not JSON is 400 body_not_json."""
    refused = service.create_payment(body, key)
    assert (refused.status, refused.json["code"]) == (400, "body_not_json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_415(service: Service, key: str, media_type: str) -> None:
    """Whatever is not application/json is 415."""
    refused = service.create_payment(BODY, key, **{"Content-Type": media_type})
    assert (refused.status, refused.json["code"]) == (415, "unsupported_media_type")


def test_every_wrong_field_is_told_at_once(service: Service, key: str) -> None:
    """Wrong, unknown and missing fields are 422, each with its pointer, and Stripe isn't called."""
    before = len(service.stripe.requests)
    refused = service.create_payment({"amount": "20", "colour": 1, "metadata": {"a[b": "c"}}, key)
    assert (refused.status, refused.json["code"]) == (422, "fields_invalid")
    pointers = [problem["pointer"] for problem in refused.json["errors"]]
    assert sorted(pointers) == ["#/amount", "#/colour", "#/currency", "#/metadata"]
    assert all(problem["detail"] for problem in refused.json["errors"])
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    ("amount", "currency", "pointer"),
    [
        (550, "isk", "#/amount"),
        (99, "ugx", "#/amount"),
        (1505, "kwd", "#/amount"),
        (0, "eur", "#/amount"),
        (-5, "eur", "#/amount"),
        (100, "zzz", "#/currency"),
    ],
)
def test_an_amount_against_its_currency_is_422(
    service: Service, key: str, amount: int, currency: str, pointer: str
) -> None:
    """Amounts that break the currency's rules, and unknown currencies, never reach Stripe."""
    before = len(service.stripe.requests)
    refused = service.create_payment({"amount": amount, "currency": currency}, key)
    assert refused.status == 422
    assert [problem["pointer"] for problem in refused.json["errors"]] == [pointer]
    assert len(service.stripe.requests) == before


def test_a_refused_card_is_402(service: Service, key: str) -> None:
    """A refused card is 402 with Stripe's code and decline_code."""
    declined = error("card_error", "Declined.", code="card_declined", decline_code="lost_card")
    service.stripe.inject(respond(402, declined))
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (402, "card_declined")
    assert refused.json["decline_code"] == "lost_card"


def test_a_request_that_stripe_refuses_is_400(service: Service, key: str) -> None:
    """What Stripe refuses is 400 with its code, its sentence, and what to do."""
    too_small = error("invalid_request_error", "At least 0.50.", code="amount_too_small")
    service.stripe.inject(respond(400, too_small))
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (400, "amount_too_small")
    assert refused.json["detail"] == "At least 0.50: send a larger amount"


@pytest.mark.parametrize("payment_id", ["pi_unknown", "cs_unknown", "xx_1", "pi_.."])
def test_an_unknown_payment_is_404(service: Service, payment_id: str) -> None:
    """A payment that Stripe doesn't know, and an id that can't be one, is 404."""
    missing = service.get_payment(payment_id)
    assert (missing.status, missing.json["code"]) == (404, "payment_not_found")


def test_stripes_rate_limit_is_429(service: Service, key: str) -> None:
    """Stripe's 429 is passed on at once with its Retry-After."""
    limited = error("rate_limit_error", code="rate_limit")
    service.stripe.inject(respond(429, limited, {"Retry-After": "7"}))
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (429, "stripe_rate_limited")
    assert refused.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "fault",
    [
        malformed(),
        respond(200, b"<html>proxy</html>"),
        respond(200, [1, 2]),
        respond(200, {"id": "pi_1"}),
        respond(200, b"\xff\xfe"),
        respond(500, b"<html>not Stripe</html>"),
        respond(503, error("api_error")),
        respond(302, b"", {"Location": "http://127.0.0.1:9/"}),
        reset(),
    ],
    ids=["junk", "html", "list", "half", "utf16", "html500", "503", "redirect", "reset"],
)
def test_rubbish_from_stripe_is_502(service: Service, key: str, fault: Fault) -> None:
    """No answer, or none that can be understood, is 502 stripe_unavailable, to be sent again."""
    service.stripe.inject(*[fault] * 3)
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (502, "stripe_unavailable")
    assert refused.json["retryable"] is True
    forget(service)


def test_a_lost_reply_makes_no_second_payment(service: Service, key: str) -> None:
    """When Stripe's reply is lost, the call is repeated with the same key: one payment, 201."""
    before = service.stripe.payment_ids()
    service.stripe.inject(disconnect())
    made = service.create_payment(BODY, key)
    assert made.status == 201
    assert service.stripe.payment_ids() - before == {made.json["id"]}
    forget(service)


@pytest.mark.parametrize(
    "fault",
    [hang(8), drip_headers(), drip_body()],
    ids=["hang", "drip_headers", "drip_body"],
)
def test_a_slow_stripe_is_given_up_in_time(service: Service, key: str, fault: Fault) -> None:
    """However Stripe dawdles, the caller has 504 stripe_timeout by the total deadline."""
    service.stripe.inject(fault)
    started = time.monotonic()
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (504, "stripe_timeout")
    assert refused.json["retryable"] is True
    assert time.monotonic() - started < STRIPE_TIMEOUT_SECONDS + 1


def test_a_500_from_stripe_is_not_to_be_repeated(service: Service, key: str) -> None:
    """A 500, fresh or replayed, is 502 stripe_outcome_unknown and asked for once a request."""
    service.stripe.inject(stored(respond(500, error("api_error"))))
    before = len(service.stripe.requests)
    for _ in range(2):
        refused = service.create_payment(BODY, key)
        assert (refused.status, refused.json["code"]) == (502, "stripe_outcome_unknown")
        assert refused.json["retryable"] is False
    assert len(service.stripe.requests) == before + 2


@pytest.mark.parametrize("status", [401, 403])
def test_our_own_key_refused_is_502_and_logged(service: Service, key: str, status: int) -> None:
    """When Stripe refuses our key the caller has 502 stripe_credentials and the log an error."""
    service.stripe.inject(respond(status, error("invalid_request_error", "Bad sk_test_ofthet")))
    refused = service.create_payment(BODY, key)
    assert (refused.status, refused.json["code"]) == (502, "stripe_credentials")
    assert refused.json["retryable"] is False
    request_id = refused.headers["x-request-id"]
    lines = [json.loads(line) for line in service.daemon.stderr_text().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == request_id]
    assert (line["level"], line["code"]) == ("error", "stripe_credentials")
    assert "sk_test" not in refused.body.decode() + service.daemon.stderr_text()


def test_too_many_payments_are_refused_at_once(service: Service) -> None:
    """With 48 payments hanging, the next is 503 busy at once, and webhooks don't feel it."""
    service.stripe.inject(*[hang(STRIPE_TIMEOUT_SECONDS + 2)] * 48)
    before = len(service.stripe.requests)
    threads = [
        threading.Thread(target=service.create_payment, args=(BODY, uuid.uuid4().hex))
        for _ in range(48)
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while len(service.stripe.requests) < before + 48 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    started = time.monotonic()
    refused = service.create_payment(BODY, uuid.uuid4().hex)
    assert (refused.status, refused.json["code"]) == (503, "busy")
    assert int(refused.headers["retry-after"]) >= 1
    assert service.deliver_payment_event("evt_beside", "pi_beside").status == 200
    assert time.monotonic() - started < 1
    for thread in threads:
        thread.join()
    assert service.create_payment(BODY, uuid.uuid4().hex).status == 201


def test_problems_are_problem_json_with_a_request_id(service: Service) -> None:
    """Whatever goes wrong, the answer is RFC 9457's with a code, and carries X-Request-Id."""
    token = {"Authorization": f"Bearer {TOKEN}"}
    answers = {
        404: service.daemon.request("GET", "/nowhere", headers=token),
        405: service.daemon.request("DELETE", PAYMENTS, headers=token),
        401: service.daemon.request("GET", f"{PAYMENTS}/pi_1"),
        413: service.daemon.request("POST", PAYMENTS, b" " * 100_000, token),
        431: service.daemon.request("GET", "/healthz", headers={"X-Long": "x" * 40_000}),
        501: service.daemon.request("POST", PAYMENTS, b"", {"Transfer-Encoding": "gzip"}),
    }
    for status, told in answers.items():
        assert told.status == status
        assert told.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= told.json.keys()
        assert told.json["status"] == status
        assert told.headers["x-request-id"]


def test_a_callers_request_id_comes_back(service: Service) -> None:
    """A caller's own X-Request-Id is kept, a malformed one is replaced."""
    kept = service.daemon.request("GET", "/healthz", headers={"X-Request-Id": "abc-123"})
    assert kept.headers["x-request-id"] == "abc-123"
    replaced = service.daemon.request("GET", "/healthz", headers={"X-Request-Id": "a b\tc"})
    assert replaced.headers["x-request-id"] not in ("a b\tc", "")


def at_once(call: Callable[[], Response], times: int) -> list[Response]:
    """The results of so many calls at the same time."""
    results: list[Response] = []
    threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def forget(service: Service) -> None:
    """Drop what was told to Stripe and not used."""
    service.stripe.clear_faults()
