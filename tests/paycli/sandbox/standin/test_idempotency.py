"""Idempotency keys as https://docs.stripe.com/api/idempotent_requests has them."""

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
    """Give a new idempotency key."""
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


def test_the_same_again_gives_the_same_answer(quick: Stripe, key: str) -> None:
    """Same key and body: same status and bytes, marked, naming the first request; one payment."""
    first = call(quick, key)
    quick.pay(first.json["id"])
    again = call(quick, key)
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert again.headers["idempotency-key"] == key
    assert "idempotent-replayed" not in first.headers
    assert len(quick.payment_ids()) == 1


@pytest.mark.parametrize(
    ("form", "path"),
    [({**PAYMENT, "amount": "1999"}, PATH), ({}, "/v1/refunds"), ({**PAYMENT, "a": "b"}, PATH)],
)
def test_another_request_is_refused(
    quick: Stripe, key: str, form: dict[str, str], path: str
) -> None:
    """Same key, other body or endpoint: 400 idempotency_error, and nothing is done."""
    call(quick, key)
    refused = call(quick, key, form, path)
    assert (refused.status, refused.json["error"]["type"]) == (400, "idempotency_error")
    assert len(quick.payment_ids()) == 1


def test_accounts_and_modes_do_not_meet(quick: Stripe, key: str) -> None:
    """The same key in another account or mode is another key."""
    ids = {call(quick, key).json["id"]}
    ids.add(call(quick, key, account="acct_1a").json["id"])
    ids.add(call(quick, key, secret="sk_live_x").json["id"])
    assert len(ids) == 3


def test_a_decline_is_stored(quick: Stripe, key: str) -> None:
    """What was done and refused is repeated as it was: no second attempt is made."""
    declined = {
        **PAYMENT,
        "confirm": "true",
        "payment_method": "pm_card_visa_chargeDeclined",
        "return_url": "https://shop.test/back",
    }
    first, again = (call(quick, key, declined) for _ in range(2))
    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(quick.payment_ids()) == 1


def test_a_state_that_does_not_fit_is_stored(quick: Stripe, key: str) -> None:
    """An endpoint that has begun keeps its refusal, even when the state would fit later."""
    made = call(quick, uuid.uuid4().hex, {**PAYMENT, "capture_method": "manual"}).json["id"]
    path = f"{PATH}/{made}/capture"
    first = call(quick, key, {}, path)
    assert (first.status, quick.pay(made).status) == (400, 200)
    assert call(quick, key, {}, path).body == first.body
    assert call(quick, uuid.uuid4().hex, {}, path).status == 200


def test_a_500_is_stored(quick: Stripe, key: str) -> None:
    """A failure of Stripe's is repeated with the same key; a new key is free of it."""
    quick.inject(Fault(FaultKind.SERVER_ERROR))
    first, again = call(quick, key), call(quick, key)
    assert (first.status, again.status, again.body) == (500, 500, first.body)
    assert first.json["error"]["type"] == "api_error"
    assert again.headers["idempotent-replayed"] == "true"
    assert call(quick, uuid.uuid4().hex).status == 200


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "2000"}, {**PAYMENT, "amount": "1"}, {**PAYMENT, "a": "b"}],
)
def test_failed_validation_is_not_stored(quick: Stripe, key: str, wrong: dict[str, str]) -> None:
    """Parameters that fail validation leave the key free for better ones."""
    assert call(quick, key, wrong).status == 400
    assert call(quick, key).status == 200


def test_a_rate_limit_is_not_stored(quick: Stripe, key: str) -> None:
    """429 leaves the key free."""
    quick.inject(Fault(FaultKind.RATE_LIMIT))
    assert [call(quick, key).status, call(quick, key).status] == [429, 200]


def test_at_the_same_time_is_409(quick: Stripe, key: str) -> None:
    """While the first still runs, the same key is in use; afterwards its answer is there."""
    quick.inject(slow())
    results: list[Response] = []
    first = threading.Thread(target=lambda: results.append(call(quick, key)))
    first.start()
    wait_until(lambda: len(quick.requests) == 1, 5, "the first request came")
    busy = call(quick, key)
    assert (busy.status, busy.json["error"]["code"]) == (409, "idempotency_key_in_use")
    quick.release()
    first.join()
    assert call(quick, key).body == results[0].body


def test_many_at_once_make_one_payment(quick: Stripe, key: str) -> None:
    """However many come at once with one key, one payment is made."""
    quick.inject(slow(0.1))
    results: list[Response] = []
    threads = [threading.Thread(target=lambda: results.append(call(quick, key))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {result.status for result in results} <= {200, 409}
    assert len({r.json["id"] for r in results if r.status == 200}) == 1
    assert len(quick.payment_ids()) == 1


def test_the_work_goes_on_without_its_client(quick: Stripe, key: str) -> None:
    """A client that goes away in the middle gets the answer later, by the same key."""
    quick.inject(slow())
    place = quick.url.removeprefix("http://")
    connection = http.client.HTTPConnection(place, timeout=5)
    headers = {"Idempotency-Key": key, "Authorization": "Bearer sk_test_x"}
    connection.request("POST", PATH, urlencode(PAYMENT), headers)
    wait_until(lambda: len(quick.requests) == 1, 5, "the request came")
    connection.close()
    assert call(quick, key).status == 409
    quick.release()
    wait_until(lambda: len(quick.payment_ids()) == 1, 5, "the work is done")
    again = call(quick, key)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert {again.json["id"]} == quick.payment_ids()
    wait_until(lambda: not quick._connections, 5, "the connections are gone")


def test_keys_end_after_a_day(quick: Stripe, key: str) -> None:
    """After 24 hours a key is new again."""
    first = call(quick, key)
    quick.control("clock", offset_seconds=86_400)
    assert call(quick, key).json["id"] != first.json["id"]


@pytest.mark.parametrize("bad", ["", "k" * 256])
def test_bad_keys_are_refused(quick: Stripe, bad: str) -> None:
    """A key has 1 to 255 characters."""
    assert call(quick, bad).status == 400
    assert call(quick, "k" * 255).status == 200


def test_reading_needs_no_key(quick: Stripe, key: str) -> None:
    """GET does not look at keys."""
    made = call(quick, key).json["id"]
    for path in (f"{PATH}/{made}", PATH):
        assert quick.call("GET", path, headers={"Idempotency-Key": key}).status == 200


def test_an_answer_given_instead_can_be_stored(quick: Stripe, key: str) -> None:
    """A scripted answer is kept under the key only if it says so."""
    quick.inject(respond(418, {}), stored(respond(419, {})))
    assert [call(quick, key).status for _ in range(3)] == [418, 419, 419]
