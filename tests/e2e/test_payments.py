"""Every documented outcome of creating and retrieving a payment, against a running daemon."""

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
    "hold",
    "cancellation_reason",
    *("application_fee", "destination", "on_behalf_of", "transfer_group"),
    *("customer", "payment_method"),
}


@pytest.fixture
def key() -> str:
    """Returns a new idempotency key."""
    return uuid.uuid4().hex


def error(kind: str, message: str = "No.", **more: str) -> dict[str, object]:
    """Returns the body of an error response of Stripe."""
    return {"error": {"type": kind, "message": message, **more}}


def test_a_payment_is_created_at_stripe(service: Service, key: str) -> None:
    """The request becomes one PaymentIntent, and 201 has its `client_secret`."""
    customer = service.stripe.customer()
    request = {
        **BODY,
        "description": "Two nights",
        "customer": customer,
        "receipt_email": "guest@example.com",
        "metadata": {"room": "12 ä"},
        "capture_method": "manual",
    }
    payment = service.create_payment(request, key)
    assert payment.status == 201
    assert payment.json.keys() == FIELDS
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
        "customer": customer,
        "receipt_email": "guest@example.com",
    }
    assert sent.idempotency_key == f"booking:{key}"
    assert sent.headers["authorization"] == "Bearer sk_test_ofthetests"
    assert sent.headers["stripe-version"] == "2026-10-28.endive"
    intent = service.stripe.call("GET", f"/v1/payment_intents/{payment.json['id']}").json
    assert payment.json["client_secret"] == intent["client_secret"]
    assert payment.json["reference"] == "booking-42"
    assert payment.json["metadata"] == {"room": "12 ä"}
    assert payment.json["payment_id"] == payment.json["id"]
    assert (payment.json["amount"], payment.json["currency"]) == (2000, "eur")
    assert payment.json["livemode"] is False
    assert payment.json["payment_url"] is None
    assert payment.json["created_at"].endswith("Z")
    assert payment.headers["location"] == f"{PAYMENTS}/{payment.json['id']}"
    assert "idempotent-replayed" not in payment.headers
    assert payment.headers["x-request-id"]


def test_a_checkout_session_is_created_at_stripe(service: Service, key: str) -> None:
    """The request becomes a Session with the reference, and the response has its URL."""
    payment = service.create_payment(CHECKOUT, key)
    assert payment.status == 201
    assert payment.json["id"].startswith("cs_")
    assert payment.json["payment_url"] == f"{service.stripe.url}/pay/{payment.json['id']}"
    assert payment.json["client_secret"] is None
    assert payment.json["amount"] == 2000
    assert payment.json["reference"] == "booking-42"
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
    assert service.get_payment(payment.json["id"]).json == payment.json


def test_a_payment_is_retrieved(service: Service, key: str) -> None:
    """The response has the current state at Stripe, not that at creation."""
    payment = service.create_payment(BODY, key).json
    service.stripe.pay(payment["id"])
    retrieved = service.get_payment(payment["id"])
    assert retrieved.status == 200
    method = retrieved.json["payment_method"]
    assert method.startswith("pm_")
    assert retrieved.json == {
        **payment,
        "status": "succeeded",
        "amount_received": 2000,
        "payment_method": method,
    }


def test_the_same_key_returns_the_same_payment(service: Service, key: str) -> None:
    """The same key and body return the same payment, as it was then, marked as replayed."""
    first = service.create_payment(BODY, key)
    service.stripe.pay(first.json["id"])
    second = service.create_payment(BODY, key)
    assert second.status == 201
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json == first.json


def test_the_same_key_with_another_body_is_422(service: Service, key: str) -> None:
    """The code is `idempotency_key_reused`."""
    service.create_payment(BODY, key)
    second = service.create_payment({**BODY, "amount": 2001}, key)
    assert (second.status, second.json["code"]) == (422, "idempotency_key_reused")


def test_an_unnamed_caller_cannot_use_a_named_callers_keys(service: Service, key: str) -> None:
    """A named caller's keys have a prefix, so that equal keys create different payments."""
    named = service.create_payment(BODY, key)
    unnamed = service.create_payment(BODY, key, BARE_TOKEN)
    assert (named.status, unnamed.status) == (201, 201)
    assert named.json["id"] != unnamed.json["id"]
    assert service.stripe.requests[-1].idempotency_key == key


def test_concurrent_requests_with_the_same_key_create_one_payment(
    service: Service, key: str
) -> None:
    """The second request waits for the first, and returns the same payment."""
    service.stripe.inject(slow(0.5))
    results = concurrently(lambda: service.create_payment(BODY, key), 2)
    assert [r.status for r in results] == [201, 201]
    assert results[0].json["id"] == results[1].json["id"]


def test_a_key_that_stays_in_use_is_409(service: Service, key: str) -> None:
    """After Stripe's timeout the request is 409 with `Retry-After`."""
    in_use = error("invalid_request_error", code="idempotency_key_in_use")
    service.stripe.inject(*[respond(409, in_use)] * 40)
    started = time.monotonic()
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (409, "idempotency_key_in_use")
    assert int(response.headers["retry-after"]) >= 1
    assert time.monotonic() - started < STRIPE_TIMEOUT_SECONDS + 1
    service.stripe.clear_faults()


@pytest.mark.parametrize("value", [None, "", "ü", "k" * 201])
def test_an_invalid_idempotency_key_is_400(service: Service, value: str | None) -> None:
    """The code is `idempotency_key_missing` or `idempotency_key_invalid`."""
    before = len(service.stripe.requests)
    headers = {} if value is None else {"Idempotency-Key": value.encode("utf-8").decode("latin-1")}
    response = service.create_payment(BODY, None, **headers)
    expected = "idempotency_key_invalid" if value else "idempotency_key_missing"
    assert (response.status, response.json["code"]) == (400, expected)
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer unknown", f"Basic {TOKEN}", TOKEN])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PAYMENTS),
        ("GET", f"{PAYMENTS}/pi_1"),
        ("GET", f"{PAYMENTS}/pi_1/refunds"),
        ("GET", "/api/v1/refunds/re_1"),
    ],
)
def test_a_missing_or_unknown_token_is_401(
    service: Service, header: str | None, method: str, path: str
) -> None:
    """Every route under payments and refunds returns `WWW-Authenticate`."""
    before = len(service.stripe.requests)
    headers = {} if header is None else {"Authorization": header}
    response = service.daemon.request(method, path, headers=headers)
    assert (response.status, response.json["code"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"amount": NaN}', b"[" * 100_00, b'"\xed\xa0\x80"']
)
def test_a_body_that_is_not_json_is_400(service: Service, key: str, body: bytes) -> None:
    """The code is `body_not_json`."""
    response = service.create_payment(body, key)
    assert (response.status, response.json["code"]) == (400, "body_not_json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_media_type_is_415(service: Service, key: str, media_type: str) -> None:
    """Only application/json is accepted."""
    response = service.create_payment(BODY, key, **{"Content-Type": media_type})
    assert (response.status, response.json["code"]) == (415, "unsupported_media_type")


def test_all_invalid_fields_are_reported_together(service: Service, key: str) -> None:
    """Wrong, unknown and missing fields each have a pointer, and Stripe is not called."""
    before = len(service.stripe.requests)
    response = service.create_payment({"amount": "20", "colour": 1, "metadata": {"a[b": "c"}}, key)
    assert (response.status, response.json["code"]) == (422, "fields_invalid")
    pointers = [problem["pointer"] for problem in response.json["errors"]]
    assert sorted(pointers) == ["#/amount", "#/colour", "#/currency", "#/metadata"]
    assert all(problem["detail"] for problem in response.json["errors"])
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
def test_an_amount_that_violates_its_currencys_rules_is_422(
    service: Service, key: str, amount: int, currency: str, pointer: str
) -> None:
    """Invalid amounts and unknown currencies never reach Stripe."""
    before = len(service.stripe.requests)
    response = service.create_payment({"amount": amount, "currency": currency}, key)
    assert response.status == 422
    assert [problem["pointer"] for problem in response.json["errors"]] == [pointer]
    assert len(service.stripe.requests) == before


def test_a_declined_card_is_402(service: Service, key: str) -> None:
    """The response has Stripe's `code` and `decline_code`."""
    declined = error("card_error", "Declined.", code="card_declined", decline_code="lost_card")
    service.stripe.inject(respond(402, declined))
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (402, "card_declined")
    assert response.json["decline_code"] == "lost_card"


def test_a_request_that_stripe_refuses_is_400(service: Service, key: str) -> None:
    """The response has Stripe's code and message, and what to do."""
    too_small = error("invalid_request_error", "At least 0.50.", code="amount_too_small")
    service.stripe.inject(respond(400, too_small))
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (400, "amount_too_small")
    assert response.json["detail"] == "At least 0.50: send a larger amount"


@pytest.mark.parametrize("payment_id", ["pi_unknown", "cs_unknown", "xx_1", "pi_.."])
def test_an_unknown_payment_is_404(service: Service, payment_id: str) -> None:
    """An id that Stripe does not know, and one that cannot be an id, are 404."""
    missing = service.get_payment(payment_id)
    assert (missing.status, missing.json["code"]) == (404, "payment_not_found")


def test_stripes_rate_limit_is_429(service: Service, key: str) -> None:
    """Stripe's 429 is returned immediately, with its `Retry-After`."""
    limited = error("rate_limit_error", code="rate_limit")
    service.stripe.inject(respond(429, limited, {"Retry-After": "7"}))
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (429, "stripe_rate_limited")
    assert response.headers["retry-after"] == "7"


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
    ids=["malformed", "html", "list", "incomplete", "utf16", "html500", "503", "redirect", "reset"],
)
def test_an_invalid_response_from_stripe_is_502(service: Service, key: str, fault: Fault) -> None:
    """No response, or one that cannot be parsed, is a retryable `stripe_unavailable`."""
    service.stripe.inject(*[fault] * 3)
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (502, "stripe_unavailable")
    assert response.json["retryable"] is True
    service.stripe.clear_faults()


def test_a_lost_response_of_stripe_creates_no_second_payment(service: Service, key: str) -> None:
    """The request to Stripe is retried with the same key: one payment, 201."""
    before = service.stripe.payment_ids()
    service.stripe.inject(disconnect())
    payment = service.create_payment(BODY, key)
    assert payment.status == 201
    assert service.stripe.payment_ids() - before == {payment.json["id"]}
    service.stripe.clear_faults()


@pytest.mark.parametrize(
    "fault",
    [hang(8), drip_headers(), drip_body()],
    ids=["hang", "drip_headers", "drip_body"],
)
def test_a_slow_stripe_is_504(service: Service, key: str, fault: Fault) -> None:
    """However Stripe delays its response, `stripe_timeout` is returned by the deadline."""
    service.stripe.inject(fault)
    started = time.monotonic()
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (504, "stripe_timeout")
    assert response.json["retryable"] is True
    assert time.monotonic() - started < STRIPE_TIMEOUT_SECONDS + 1


def test_a_500_from_stripe_is_not_retryable(service: Service, key: str) -> None:
    """It is 502 `stripe_outcome_unknown`, and not retried at Stripe, also when replayed."""
    service.stripe.inject(stored(respond(500, error("api_error"))))
    before = len(service.stripe.requests)
    for _ in range(2):
        response = service.create_payment(BODY, key)
        assert (response.status, response.json["code"]) == (502, "stripe_outcome_unknown")
        assert response.json["retryable"] is False
    assert len(service.stripe.requests) == before + 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_api_key_is_502_and_logged(service: Service, key: str, status: int) -> None:
    """The code is `stripe_credentials`, and the log line has level error and no key."""
    service.stripe.inject(respond(status, error("invalid_request_error", "Bad sk_test_ofthet")))
    response = service.create_payment(BODY, key)
    assert (response.status, response.json["code"]) == (502, "stripe_credentials")
    assert response.json["retryable"] is False
    [line] = service.daemon.log_lines(request_id=response.headers["x-request-id"])
    assert (line["level"], line["code"]) == ("error", "stripe_credentials")
    assert "sk_test" not in response.body.decode() + service.daemon.stderr_text()


def test_too_many_payments_are_rejected_immediately(service: Service) -> None:
    """With 48 payments in flight, the next is 503 `busy`; webhooks are not affected."""
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
    response = service.create_payment(BODY, uuid.uuid4().hex)
    assert (response.status, response.json["code"]) == (503, "busy")
    assert int(response.headers["retry-after"]) >= 1
    assert service.deliver_payment_event("evt_meanwhile", "pi_meanwhile").status == 200
    assert time.monotonic() - started < 1
    for thread in threads:
        thread.join()
    assert service.create_payment(BODY, uuid.uuid4().hex).status == 201


def test_errors_are_problem_details_with_a_request_id(service: Service) -> None:
    """Every error is RFC 9457 problem details with a code, and has `X-Request-Id`."""
    token = {"Authorization": f"Bearer {TOKEN}"}
    responses = {
        404: service.daemon.request("GET", "/unknown", headers=token),
        405: service.daemon.request("DELETE", PAYMENTS, headers=token),
        401: service.daemon.request("GET", f"{PAYMENTS}/pi_1"),
        413: service.daemon.request("POST", PAYMENTS, b" " * 100_000, token),
        431: service.daemon.request("GET", "/healthz", headers={"X-Long": "x" * 40_000}),
        501: service.daemon.request("POST", PAYMENTS, b"", {"Transfer-Encoding": "gzip"}),
    }
    for status, response in responses.items():
        assert response.status == status
        assert response.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= response.json.keys()
        assert response.json["status"] == status
        assert response.headers["x-request-id"]


def test_a_callers_request_id_is_returned(service: Service) -> None:
    """A well-formed `X-Request-Id` is used, a malformed one is replaced."""
    accepted = service.daemon.request("GET", "/healthz", headers={"X-Request-Id": "abc-123"})
    assert accepted.headers["x-request-id"] == "abc-123"
    replaced = service.daemon.request("GET", "/healthz", headers={"X-Request-Id": "a b\tc"})
    assert replaced.headers["x-request-id"] not in ("a b\tc", "")


def concurrently(call: Callable[[], Response], times: int) -> list[Response]:
    """Returns the results of a number of concurrent calls."""
    results: list[Response] = []
    threads = [threading.Thread(target=lambda: results.append(call())) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
