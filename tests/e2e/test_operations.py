"""What callers do with payments after creating them, on a Stripe that remembers."""

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from harness.daemon import Response
from harness.stripe import disconnect, respond
from service import PAYMENTS, TOKEN, Service

BODY: dict[str, object] = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
MANUAL = {**BODY, "capture_method": "manual"}
CHECKOUT = {**BODY, "flow": "checkout", "success_url": "https://shop.test/done"}
REFUND_FIELDS = {
    *("id", "status", "amount", "currency", "payment_id"),
    *("reference", "reason", "failure_reason", "created_at"),
}


def made(service: Service, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401  (JSON)
    """Return a new payment."""
    created = service.create_payment({**BODY, **(body or {})}, uuid.uuid4().hex)
    assert created.status == 201, created.body
    return created.json


def paid(service: Service, body: dict[str, object] | None = None) -> str:
    """Return the id of a new payment that a customer has paid or, if manual, reserved."""
    payment_id = str(made(service, body)["id"])
    assert service.stripe.pay(payment_id).status == 200
    return payment_id


def paid_checkout(service: Service, body: dict[str, object] | None = None) -> tuple[str, str]:
    """Return the ids of a new Session that a customer has paid, and of its PaymentIntent."""
    session_id = str(made(service, {**CHECKOUT, **(body or {})})["id"])
    page = service.stripe.call("POST", f"/pay/{session_id}/pay", {"payment_method": "pm_card_visa"})
    assert page.status == 200, page.body
    return session_id, service.get_payment(session_id).json["payment_id"]


def refused(told: Response) -> tuple[int, str]:
    """Return status and code of a refusal, which is a problem with a sentence."""
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json["detail"]
    return told.status, told.json["code"]


# Capture


def test_a_reservation_is_captured_whole(service: Service) -> None:
    """What was reserved is taken, and the answer says so."""
    payment_id = paid(service, MANUAL)
    assert service.get_payment(payment_id).json["amount_capturable"] == 2000
    captured = service.write(f"{payment_id}/capture")
    assert captured.status == 200
    told = captured.json
    assert (told["status"], told["amount_received"]) == ("succeeded", 2000)
    assert told == service.get_payment(payment_id).json


def test_a_part_of_a_reservation_is_captured(service: Service) -> None:
    """A part is taken, and the rest released."""
    payment_id = paid(service, MANUAL)
    captured = service.write(f"{payment_id}/capture", {"amount": 1500})
    assert captured.status == 200
    told = captured.json
    assert (told["status"], told["amount_received"]) == ("succeeded", 1500)
    assert told["amount_capturable"] == 0


@pytest.mark.parametrize("amount", [2001, 10**9])
def test_more_than_is_reserved_is_not_captured(service: Service, amount: int) -> None:
    """Stripe refuses it with its own code, and nothing is taken."""
    payment_id = paid(service, MANUAL)
    told = service.write(f"{payment_id}/capture", {"amount": amount})
    assert told.status == 400
    assert service.get_payment(payment_id).json["amount_received"] == 0


def test_a_cancelled_payment_is_not_captured(service: Service) -> None:
    """The refusal has Stripe's code, names the status, and says what to do."""
    payment_id = paid(service, MANUAL)
    assert service.write(f"{payment_id}/cancel").status == 200
    told = service.write(f"{payment_id}/capture")
    assert refused(told) == (400, "payment_intent_unexpected_state")
    assert "canceled" in told.json["detail"]
    assert "look the payment up" in told.json["detail"]


# Cancel


def test_a_payment_is_cancelled_with_its_reason(service: Service) -> None:
    """An unpaid payment ends, and the reason is kept."""
    payment_id = made(service)["id"]
    told = service.write(f"{payment_id}/cancel", {"reason": "abandoned"})
    assert told.status == 200
    assert (told.json["status"], told.json["cancellation_reason"]) == ("canceled", "abandoned")


def test_a_payment_that_has_succeeded_is_not_cancelled(service: Service) -> None:
    """What is paid is refunded, not cancelled."""
    told = service.write(f"{paid(service)}/cancel")
    assert refused(told) == (400, "payment_intent_unexpected_state")


# Refunds


def test_a_payment_is_refunded_in_parts_and_then_whole(service: Service) -> None:
    """Each refund is 201 with its own address and the payment's reference; the last takes the rest.

    They are listed newest first.
    """
    payment_id = paid(service)
    part = service.write(f"{payment_id}/refunds", {"amount": 500, "reason": "duplicate"})
    assert part.status == 201
    assert part.json.keys() == REFUND_FIELDS
    assert part.json["status"] == "succeeded"
    assert (part.json["amount"], part.json["currency"]) == (500, "eur")
    assert (part.json["payment_id"], part.json["reference"]) == (payment_id, "booking-42")
    assert part.json["reason"] == "duplicate"
    assert part.headers["location"] == f"/api/v1/refunds/{part.json['id']}"
    assert service.get(part.headers["location"]).json == part.json
    rest = service.write(f"{payment_id}/refunds")
    assert rest.json["amount"] == 1500
    listed = service.get(f"{PAYMENTS}/{payment_id}/refunds").json
    assert listed == {"data": [rest.json, part.json], "next_cursor": None}


def test_more_than_was_paid_is_not_refunded(service: Service) -> None:
    """Stripe refuses it, what is refunded already counts, and no refund is made."""
    payment_id = paid(service)
    assert service.write(f"{payment_id}/refunds", {"amount": 1500}).status == 201
    told = service.write(f"{payment_id}/refunds", {"amount": 501})
    assert told.status == 400
    assert "at most the remaining amount" in told.json["detail"]
    assert len(service.get(f"{PAYMENTS}/{payment_id}/refunds").json["data"]) == 1


def test_a_payment_that_is_refunded_is_not_refunded_again(service: Service) -> None:
    """The refusal has Stripe's code and says that nothing is left to do."""
    payment_id = paid(service)
    assert service.write(f"{payment_id}/refunds").status == 201
    told = service.write(f"{payment_id}/refunds")
    assert refused(told) == (400, "charge_already_refunded")
    assert "nothing is left to do" in told.json["detail"]


def test_refunds_are_paged(service: Service) -> None:
    """Page by page each refund comes once."""
    payment_id = paid(service)
    ids = [service.write(f"{payment_id}/refunds", {"amount": n}).json["id"] for n in range(1, 6)]
    assert pages(service, f"{PAYMENTS}/{payment_id}/refunds", limit=2) == [
        [ids[4], ids[3]],
        [ids[2], ids[1]],
        [ids[0]],
    ]


# Changes


def test_description_and_metadata_are_changed(service: Service) -> None:
    """Metadata is merged, null takes away, and what is not named stays, the reference too."""
    payment_id = made(service, {"description": "One", "metadata": {"a": "1", "b": "2"}})["id"]
    told = service.write(payment_id, {"metadata": {"b": None, "c": "3"}}, method="PATCH")
    assert told.status == 200
    assert told.json["metadata"] == {"a": "1", "c": "3"}
    assert (told.json["description"], told.json["reference"]) == ("One", "booking-42")
    told = service.write(payment_id, {"description": None}, method="PATCH")
    assert told.json["description"] is None
    assert told.json["metadata"] == {"a": "1", "c": "3"}


def test_the_reference_is_not_changed(service: Service) -> None:
    """Consumers join by it: it is refused as metadata, and is no field of a change."""
    payment_id = made(service)["id"]
    for body in ({"metadata": {"reference": "x"}}, {"reference": "x"}, {}):
        told = service.write(payment_id, body, method="PATCH")
        assert refused(told) == (422, "fields_invalid")
    assert service.get_payment(payment_id).json["reference"] == "booking-42"


# Lists


def pages(service: Service, path: str, **query: str | int) -> list[list[str]]:
    """Return the ids on each page, following the cursors."""
    found, more = [], dict(query)
    while True:
        page = service.get(path, **more)
        assert page.status == 200, page.body
        assert page.json.keys() == {"data", "next_cursor"}
        found.append([str(each["id"]) for each in page.json["data"]])
        if page.json["next_cursor"] is None:
            return found
        more["cursor"] = page.json["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_payments_are_found_by_reference(service: Service, limit: int) -> None:
    """By reference exactly its payments come, newest first, page by page, without secrets."""
    reference = f"b'\\ {uuid.uuid4().hex}"
    ids = [made(service, {"reference": reference})["id"] for _ in range(5)][::-1]
    made(service, {"reference": f"{reference}0"})
    found = pages(service, PAYMENTS, reference=reference, limit=limit)
    assert [each for page in found for each in page] == ids
    assert {len(page) for page in found[:-1]} <= {limit}
    told = service.get(PAYMENTS, reference=reference).json["data"]
    assert {(each["client_secret"], each["reference"]) for each in told} == {(None, reference)}


def test_payments_are_found_by_status_and_reference(service: Service) -> None:
    """Both conditions hold for what is found."""
    reference = uuid.uuid4().hex
    made(service, {"reference": reference})
    payment_id = paid(service, {"reference": reference})
    assert pages(service, PAYMENTS, reference=reference, status="succeeded") == [[payment_id]]
    assert pages(service, PAYMENTS, reference=reference, status="canceled") == [[]]


def test_payments_are_found_by_time(service: Service) -> None:
    """`created_from` is inclusive, `created_to` is not; without reference Stripe's list answers."""
    payment = made(service)
    moment = payment["created_at"]
    assert payment["id"] in pages(service, PAYMENTS, created_from=moment, limit=100)[0]
    late = pages(service, PAYMENTS, created_to=moment, limit=100)
    assert payment["id"] not in [each for page in late for each in page]
    assert service.stripe.requests[-1].path == "/v1/payment_intents"


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("limit=0", {"#/limit"}),
        ("limit=101", {"#/limit"}),
        ("limit=x&status=paid", {"#/limit", "#/status"}),
        ("limit=1&limit=2", {"#/limit"}),
        ("limit=1_0", {"#/limit"}),
        ("created_from=yesterday", {"#/created_from"}),
        ("created_from=2026-01-31T12:00:00", {"#/created_from"}),
        ("created_to=1700000000", {"#/created_to"}),
        ("reference=", {"#/reference"}),
        ("account=acct_", {"#/account"}),
        ("amount=1&cursor=", {"#/amount", "#/cursor"}),
    ],
)
def test_wrong_parameters_are_told_at_once(
    service: Service, query: str, pointers: set[str]
) -> None:
    """Each wrong or unknown parameter is pointed at, and Stripe is not asked."""
    before = len(service.stripe.requests)
    told = service.get(f"{PAYMENTS}?{query}")
    assert refused(told) == (422, "fields_invalid")
    assert {each["pointer"] for each in told.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


def test_a_cursor_from_nowhere_is_400(service: Service) -> None:
    """A cursor that was not given out for this listing is refused, and told what to do."""
    for _ in range(2):
        made(service)
    given = service.get(PAYMENTS, limit=1).json["next_cursor"]
    assert given
    for cursor in ("nowhere", "pi_1", given[:-2], given + "AA"):
        told = service.get(PAYMENTS, cursor=cursor)
        assert refused(told) == (400, "cursor_invalid")
    told = service.get(PAYMENTS, cursor=given, status="succeeded")
    assert refused(told) == (400, "cursor_invalid")
    assert "next_cursor" in told.json["detail"]


# Checkout


def test_line_items_make_the_amount(service: Service) -> None:
    """What checkout lists adds up; Stripe is sent each line, and the answer has the total."""
    items = [
        {"name": "Night", "quantity": 2, "amount": 900},
        {"name": "Breakfast", "amount": 200},
    ]
    body = {k: v for k, v in CHECKOUT.items() if k != "amount"}
    told = service.create_payment({**body, "line_items": items}, uuid.uuid4().hex)
    assert (told.status, told.json["amount"]) == (201, 2000)
    form = service.stripe.requests[-1].form
    assert form["line_items[0][price_data][product_data][name]"] == "Night"
    assert form["line_items[0][quantity]"] == "2"
    assert form["line_items[1][price_data][unit_amount]"] == "200"
    assert service.create_payment({**CHECKOUT, "line_items": items}, uuid.uuid4().hex).status == 201


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": 1999, "line_items": [{"name": "x", "amount": 2000}]}, "#/amount"),
        ({"line_items": []}, "#/line_items"),
        ({"line_items": [{"amount": 2000}]}, "#/line_items/0/name"),
        ({"line_items": [{"name": "x", "amount": 2000, "tax": 1}]}, "#/line_items/0/tax"),
        ({"line_items": [{"name": "x", "amount": 2000, "quantity": 0}]}, "#/line_items/0/quantity"),
        ({"line_items": [{"name": "x", "amount": -1}]}, "#/line_items/0/amount"),
        ({"currency": "isk", "line_items": [{"name": "x", "amount": 2001}]}, "#/line_items"),
        ({"flow": "payment_intent", "line_items": [{"name": "x", "amount": 1}]}, "#/line_items"),
    ],
)
def test_wrong_line_items_are_pointed_at(
    service: Service, changes: dict[str, object], pointer: str
) -> None:
    """Lines that don't add up or break a rule never reach Stripe."""
    before = len(service.stripe.requests)
    told = service.create_payment({**CHECKOUT, **changes}, uuid.uuid4().hex)
    assert refused(told) == (422, "fields_invalid")
    assert pointer in {each["pointer"] for each in told.json["errors"]}
    assert len(service.stripe.requests) == before


def test_an_open_checkout_is_expired(service: Service) -> None:
    """Cancelling it closes Stripe's page; the same key says so again, another one is refused."""
    session_id = made(service, CHECKOUT)["id"]
    key = uuid.uuid4().hex
    told = service.write(f"{session_id}/cancel", {"reason": "abandoned"}, key)
    assert told.status == 200
    assert (told.json["id"], told.json["status"]) == (session_id, "expired")
    again = service.write(f"{session_id}/cancel", {"reason": "abandoned"}, key)
    assert again.json == told.json
    assert again.headers["idempotent-replayed"] == "true"
    assert service.write(f"{session_id}/cancel").status == 400


def test_of_a_paid_checkout_the_payment_is_acted_on(service: Service) -> None:
    """Capture, refund and the list of refunds take the Session's id as well as the payment's."""
    session_id, payment_id = paid_checkout(service, {"capture_method": "manual"})
    captured = service.write(f"{session_id}/capture", {"amount": 1000})
    assert (captured.json["id"], captured.json["amount_received"]) == (payment_id, 1000)
    refund = service.write(f"{session_id}/refunds", {"amount": 300})
    assert refund.json["payment_id"] == payment_id
    assert refund.json["reference"] == "booking-42"
    listed = service.get(f"{PAYMENTS}/{session_id}/refunds").json
    assert listed == service.get(f"{PAYMENTS}/{payment_id}/refunds").json
    assert [each["id"] for each in listed["data"]] == [refund.json["id"]]


def test_the_reservation_of_a_checkout_is_released(service: Service) -> None:
    """Of a complete Session the PaymentIntent is cancelled."""
    session_id, payment_id = paid_checkout(service, {"capture_method": "manual"})
    told = service.write(f"{session_id}/cancel", {"reason": "duplicate"})
    assert (told.json["id"], told.json["status"]) == (payment_id, "canceled")


def test_of_an_unpaid_checkout_nothing_is_captured_or_refunded(service: Service) -> None:
    """The refusal says that nobody has paid."""
    session_id = made(service, CHECKOUT)["id"]
    for told in (
        service.write(f"{session_id}/capture"),
        service.write(f"{session_id}/refunds"),
        service.get(f"{PAYMENTS}/{session_id}/refunds"),
    ):
        assert refused(told) == (400, "checkout_without_payment")
        assert "nobody has paid" in told.json["detail"]


# Any operation


WRITES = ["", "/capture", "/cancel", "/refunds"]


def write(service: Service, payment_id: str, action: str, **more: Any) -> Response:  # noqa: ANN401  (passed on)
    """One write of each kind."""
    if action == "":
        return service.write(payment_id, {"metadata": {"k": "v"}}, method="PATCH", **more)
    return service.write(f"{payment_id}{action}", None, **more)


@pytest.mark.parametrize("action", WRITES)
def test_a_write_is_repeated_safely(service: Service, action: str) -> None:
    """The same key gives the same answer again, marked, and the work is done once."""
    body = MANUAL if action in ("/capture", "/cancel") else BODY
    payment_id, key = paid(service, body), uuid.uuid4().hex
    first = write(service, payment_id, action, key=key)
    again = write(service, payment_id, action, key=key)
    assert first.status in (200, 201)
    assert (again.status, again.json) == (first.status, first.json)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


@pytest.mark.parametrize("action", WRITES)
def test_a_lost_answer_to_a_write_is_recovered(service: Service, action: str) -> None:
    """When Stripe's answer to a write is lost, it is asked again with the same key: done once."""
    body = MANUAL if action in ("/capture", "/cancel") else BODY
    payment_id = paid(service, body)
    service.stripe.inject(replace(disconnect(), method="POST"))
    assert write(service, payment_id, action).status in (200, 201)
    if action == "/refunds":
        assert len(service.get(f"{PAYMENTS}/{payment_id}/refunds").json["data"]) == 1


@pytest.mark.parametrize("action", WRITES)
def test_a_key_of_another_write_is_422(service: Service, action: str) -> None:
    """A key that has done something else is refused, and nothing happens."""
    key = uuid.uuid4().hex
    service.create_payment(BODY, key)
    payment_id = paid(service, MANUAL)
    assert refused(write(service, payment_id, action, key=key)) == (422, "idempotency_key_reused")
    assert service.get_payment(payment_id).json["status"] == "requires_capture"


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("payment_id", ["pi_3Qnowhere", "cs_test_nowhere", "ch_1"])
def test_an_unknown_payment_is_404(service: Service, action: str, payment_id: str) -> None:
    """Whatever is wanted of it, a payment that Stripe does not know is 404 with what is unknown."""
    assert refused(write(service, payment_id, action)) == (404, "payment_not_found")


def test_an_unknown_refund_is_404(service: Service) -> None:
    """A refund that Stripe does not know has a code of its own; so has its payment's list."""
    for refund_id in ("re_nowhere", "pi_1"):
        assert refused(service.get(f"/api/v1/refunds/{refund_id}")) == (404, "refund_not_found")
    told = service.get(f"{PAYMENTS}/pi_nowhere/refunds")
    assert refused(told) == (404, "payment_not_found")


def test_a_payment_of_another_account_is_not_found(service: Service) -> None:
    """Each account has its own payments: with `account` they are found, without they are not."""
    created = service.create_payment({**BODY, "account": "acct_shop1"}, uuid.uuid4().hex)
    assert created.status == 201
    assert created.headers["location"].endswith("?account=acct_shop1")
    assert service.stripe.requests[-1].headers["stripe-account"] == "acct_shop1"
    payment_id = created.json["id"]
    assert service.get(created.headers["location"]).json == created.json
    assert refused(service.get_payment(payment_id)) == (404, "payment_not_found")
    told = service.write(f"{payment_id}/cancel", {"account": "acct_other"})
    assert refused(told) == (404, "payment_not_found")
    assert service.write(f"{payment_id}/cancel", {"account": "acct_shop1"}).status == 200


def test_an_account_that_is_not_ours_is_403(service: Service) -> None:
    """Stripe's refusal of an account is the caller's to mend, not an operator's."""
    refusal = {"type": "invalid_request_error", "code": "account_invalid", "message": "sk_test_x"}
    service.stripe.inject(respond(403, {"error": refusal}))
    told = service.get(f"{PAYMENTS}/pi_1", account="acct_foreign")
    assert refused(told) == (403, "account_invalid")
    assert "sk_test" not in told.body.decode()


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "stripe_unavailable"), (503, "stripe_unavailable"), (409, "stripe_unavailable")],
)
def test_a_look_up_that_fails_at_stripe_may_be_repeated(
    service: Service, status: int, code: str
) -> None:
    """Reading changes nothing, so whatever Stripe fails with, it is tried again: 502, retryable."""
    service.stripe.inject(*[respond(status, {"error": {"type": "api_error"}})] * 3)
    told = service.get_payment("pi_1")
    assert refused(told) == (502, code)
    assert told.json["retryable"] is True
    service.stripe.clear_faults()


@pytest.mark.parametrize("action", ["/capture", "/refunds"])
def test_a_part_against_the_currencys_rules_is_422(service: Service, action: str) -> None:
    """ISK ends in 00 in parts too: the part is pointed at, and Stripe is not asked to take it."""
    nothing = service.write(f"pi_1{action}", {"amount": 0})
    assert [each["pointer"] for each in nothing.json["errors"]] == ["#/amount"]
    payment_id = paid(service, {**MANUAL, "currency": "isk", "amount": 200_000})
    told = service.write(f"{payment_id}{action}", {"amount": 50})
    assert refused(told) == (422, "fields_invalid")
    assert [each["pointer"] for each in told.json["errors"]] == ["#/amount"]
    assert service.stripe.requests[-1].method == "GET"


@pytest.mark.parametrize("action", WRITES)
def test_each_write_needs_a_token_and_a_key(service: Service, action: str) -> None:
    """401 without a token, 400 without a key, before anything is asked of Stripe."""
    before = len(service.stripe.requests)
    method = "POST" if action else "PATCH"
    path, body = f"{PAYMENTS}/pi_1{action}", {"metadata": {"k": "v"}} if not action else {}
    assert refused(service.daemon.request(method, path, body)) == (401, "unauthorized")
    token = {"Authorization": f"Bearer {TOKEN}"}
    told = service.daemon.request(method, path, body, token)
    assert refused(told) == (400, "idempotency_key_missing")
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("action", ["/capture", "/cancel", "/refunds"])
def test_a_body_is_json_or_nothing(service: Service, action: str) -> None:
    """These need no body; one that is there is JSON of known fields."""
    sent = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k"}
    path = f"{PAYMENTS}/pi_1{action}"
    other = service.daemon.request("POST", path, b"amount=5", sent)
    assert refused(other) == (415, "unsupported_media_type")
    broken = service.daemon.request(
        "POST", path, b"{", {**sent, "Content-Type": "application/json"}
    )
    assert refused(broken) == (400, "body_not_json")
    unknown = service.daemon.request("POST", path, {"amout": 5}, sent)
    assert refused(unknown) == (422, "fields_invalid")


def test_the_log_names_what_was_asked_and_no_secret(service: Service) -> None:
    """A refund's line has its payment, its refund, the reference and the caller."""
    payment_id = paid(service)
    refund = service.write(f"{payment_id}/refunds")
    lines = [json.loads(line) for line in service.daemon.stderr_text().splitlines()]
    [line] = [line for line in lines if line.get("refund_id") == refund.json["id"]]
    assert (line["payment_id"], line["reference"], line["caller"], line["path"]) == (
        payment_id,
        "booking-42",
        "booking",
        f"{PAYMENTS}/{{payment_id}}/refunds",
    )
    assert "_secret_" not in service.daemon.stderr_text()
