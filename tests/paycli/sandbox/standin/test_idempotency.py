"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

import http.client
import threading
import uuid
from urllib.parse import urlencode

import pytest

from harness.daemon import Response
from harness.polling import wait_until
from harness.stripe import Stripe, respond, slow, stored
from paycli.sandbox.standin import Fault, FaultKind

PAYMENT = {"amount": "2000", "currency": "eur", "metadata[reference]": "booking-1"}
PATH = "/v1/payment_intents"


@pytest.fixture
def key() -> str:
    """A new idempotency key."""
    return uuid.uuid4().hex


def call(
    stripe: Stripe,
    key: str,
    form: dict[str, str] = PAYMENT,
    path: str = PATH,
    *,
    account: str = "",
    secret: str = "sk_test_x",
) -> Response:
    """POST with an idempotency key."""
    headers = {"Idempotency-Key": key, "Authorization": f"Bearer {secret}"}
    headers |= {"Stripe-Account": account} if account else {}
    return stripe.call("POST", path, form, headers=headers)


def test_the_same_request_replays_the_response(fast_stand_in: Stripe, key: str) -> None:
    """The same key and body replay status and body, with the first request's id; one payment."""
    first = call(fast_stand_in, key)
    fast_stand_in.pay(first.json["id"])
    again = call(fast_stand_in, key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert again.headers["idempotency-key"] == key
    assert "idempotent-replayed" not in first.headers
    assert len(fast_stand_in.payment_ids()) == 1


@pytest.mark.parametrize(
    ("form", "path"),
    [({**PAYMENT, "amount": "1999"}, PATH), ({}, "/v1/refunds"), ({**PAYMENT, "a": "b"}, PATH)],
)
def test_another_request_with_the_key_is_refused(
    fast_stand_in: Stripe, key: str, form: dict[str, str], path: str
) -> None:
    """The same key with another body or endpoint is 400 idempotency_error, and not processed."""
    call(fast_stand_in, key)
    refused = call(fast_stand_in, key, form, path)
    assert (refused.status, refused.json["error"]["type"]) == (400, "idempotency_error")
    assert len(fast_stand_in.payment_ids()) == 1


def test_accounts_and_modes_have_separate_keys(fast_stand_in: Stripe, key: str) -> None:
    """The same key in another account or mode is another key."""
    ids = {call(fast_stand_in, key).json["id"]}
    ids.add(call(fast_stand_in, key, account="acct_1a").json["id"])
    ids.add(call(fast_stand_in, key, secret="sk_live_x").json["id"])
    assert len(ids) == 3


def test_a_decline_is_stored(fast_stand_in: Stripe, key: str) -> None:
    """A declined payment is replayed: there is no second attempt."""
    declined = {
        **PAYMENT,
        "confirm": "true",
        "payment_method": "pm_card_visa_chargeDeclined",
        "return_url": "https://shop.test/back",
    }
    first, again = (call(fast_stand_in, key, declined) for _ in range(2))
    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(fast_stand_in.payment_ids()) == 1


def test_an_unexpected_state_is_stored(fast_stand_in: Stripe, key: str) -> None:
    """An error about the object's state is replayed, even when the state has changed."""
    intent_id = call(fast_stand_in, uuid.uuid4().hex, {**PAYMENT, "capture_method": "manual"}).json[
        "id"
    ]
    path = f"{PATH}/{intent_id}/capture"
    first = call(fast_stand_in, key, {}, path)
    assert (first.status, fast_stand_in.pay(intent_id).status) == (400, 200)
    assert call(fast_stand_in, key, {}, path).body == first.body
    assert call(fast_stand_in, uuid.uuid4().hex, {}, path).status == 200


def test_a_500_is_stored(fast_stand_in: Stripe, key: str) -> None:
    """A 500 is replayed with the same key, not with a new one."""
    fast_stand_in.inject(Fault(FaultKind.SERVER_ERROR))
    first, again = call(fast_stand_in, key), call(fast_stand_in, key)
    assert (first.status, again.status, again.body) == (500, 500, first.body)
    assert first.json["error"]["type"] == "api_error"
    assert again.headers["idempotent-replayed"] == "true"
    assert call(fast_stand_in, uuid.uuid4().hex).status == 200


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "2000"}, {**PAYMENT, "amount": "1"}, {**PAYMENT, "a": "b"}],
)
def test_failed_validation_is_not_stored(
    fast_stand_in: Stripe, key: str, wrong: dict[str, str]
) -> None:
    """After failed validation, the same key can be used with valid parameters."""
    assert call(fast_stand_in, key, wrong).status == 400
    assert call(fast_stand_in, key).status == 200


def test_a_rate_limit_is_not_stored(fast_stand_in: Stripe, key: str) -> None:
    """After 429, the same key can be used again."""
    fast_stand_in.inject(Fault(FaultKind.RATE_LIMIT))
    assert [call(fast_stand_in, key).status, call(fast_stand_in, key).status] == [429, 200]


def test_a_concurrent_request_is_409(fast_stand_in: Stripe, key: str) -> None:
    """A request with a key that is in progress is 409; afterwards the response is replayed."""
    fast_stand_in.inject(slow())
    results: list[Response] = []
    first = threading.Thread(target=lambda: results.append(call(fast_stand_in, key)))
    first.start()
    wait_until(lambda: len(fast_stand_in.requests) == 1, 5, "the first request was received")
    busy = call(fast_stand_in, key)
    assert (busy.status, busy.json["error"]["code"]) == (409, "idempotency_key_in_use")
    fast_stand_in.release()
    first.join()
    assert call(fast_stand_in, key).body == results[0].body


def test_concurrent_requests_create_one_payment(fast_stand_in: Stripe, key: str) -> None:
    """Concurrent requests with one key create one payment."""
    fast_stand_in.inject(slow(0.1))
    results: list[Response] = []
    threads = [
        threading.Thread(target=lambda: results.append(call(fast_stand_in, key))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {result.status for result in results} <= {200, 409}
    assert len({r.json["id"] for r in results if r.status == 200}) == 1
    assert len(fast_stand_in.payment_ids()) == 1


def test_a_request_is_completed_without_its_client(fast_stand_in: Stripe, key: str) -> None:
    """After a disconnect, the request is completed and the same key replays the response."""
    fast_stand_in.inject(slow())
    address = fast_stand_in.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=5)
    headers = {"Idempotency-Key": key, "Authorization": "Bearer sk_test_x"}
    connection.request("POST", PATH, urlencode(PAYMENT), headers)
    wait_until(lambda: len(fast_stand_in.requests) == 1, 5, "the request came")
    connection.close()
    assert call(fast_stand_in, key).status == 409
    fast_stand_in.release()
    wait_until(lambda: len(fast_stand_in.payment_ids()) == 1, 5, "the payment is created")
    again = call(fast_stand_in, key)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert {again.json["id"]} == fast_stand_in.payment_ids()
    wait_until(lambda: not fast_stand_in._connections, 5, "the connections are closed")


def test_keys_expire_after_a_day(fast_stand_in: Stripe, key: str) -> None:
    """After 24 hours a key can be used for a new request."""
    first = call(fast_stand_in, key)
    fast_stand_in.control("clock", offset_seconds=86_400)
    assert call(fast_stand_in, key).json["id"] != first.json["id"]


@pytest.mark.parametrize("bad", ["", "k" * 256])
def test_invalid_keys_are_refused(fast_stand_in: Stripe, bad: str) -> None:
    """A key has 1 to 255 characters."""
    assert call(fast_stand_in, bad).status == 400
    assert call(fast_stand_in, "k" * 255).status == 200


def test_reads_ignore_keys(fast_stand_in: Stripe, key: str) -> None:
    """GET ignores idempotency keys."""
    intent_id = call(fast_stand_in, key).json["id"]
    for path in (f"{PATH}/{intent_id}", PATH):
        assert fast_stand_in.call("GET", path, headers={"Idempotency-Key": key}).status == 200


def test_a_fault_response_can_be_stored(fast_stand_in: Stripe, key: str) -> None:
    """A fault's response is stored under the key only if it has `stored`."""
    fast_stand_in.inject(respond(418, {}), stored(respond(419, {})))
    assert [call(fast_stand_in, key).status for _ in range(3)] == [418, 419, 419]
