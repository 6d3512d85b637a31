"""Operations on existing payments, on a stateful Stripe stand-in."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from harness.daemon import Response
from harness.raw_http import exchange
from harness.stripe import disconnect, respond
from paycli.sandbox.standin import Fault, FaultKind
from service import PAYMENTS, TOKEN, Service

BODY: dict[str, object] = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
MANUAL = {**BODY, "capture_method": "manual"}
CHECKOUT = {**BODY, "flow": "checkout", "success_url": "https://shop.test/done"}
REFUND_FIELDS = {
    *("id", "status", "amount", "currency", "payment_id"),
    *("reference", "reason", "failure_reason", "created_at"),
}


def create(service: Service, body: dict[str, object] | None = None) -> Any:  # noqa: ANN401  (JSON)
    """Creates a payment; returns its JSON."""
    created = service.create_payment({**BODY, **(body or {})}, uuid.uuid4().hex)
    assert created.status == 201, created.body
    return created.json


def create_paid(service: Service, body: dict[str, object] | None = None) -> str:
    """Returns the id of a new payment that a customer has paid or, if manual, authorized."""
    payment_id = str(create(service, body)["id"])
    assert service.stripe.pay(payment_id).status == 200
    return payment_id


def create_paid_checkout(
    service: Service, body: dict[str, object] | None = None
) -> tuple[str, str]:
    """Returns the ids of a new Checkout Session that is paid, and of its PaymentIntent."""
    session_id = str(create(service, {**CHECKOUT, **(body or {})})["id"])
    page = service.stripe.call("POST", f"/pay/{session_id}/pay", {"payment_method": "pm_card_visa"})
    assert page.status == 200, page.body
    return session_id, service.get_payment(session_id).json["payment_id"]


def problem_of(response: Response) -> tuple[int, str]:
    """Returns the status and code of an error, which must be problem details with a detail."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["detail"]
    return response.status, response.json["code"]


# Capture


def test_an_authorized_payment_is_captured_in_full(service: Service) -> None:
    """The authorized amount is captured, and the response shows it."""
    payment_id = create_paid(service, MANUAL)
    assert service.get_payment(payment_id).json["amount_capturable"] == 2000
    captured = service.write(f"{payment_id}/capture")
    assert captured.status == 200
    response = captured.json
    assert (response["status"], response["amount_received"]) == ("succeeded", 2000)
    assert response == service.get_payment(payment_id).json


def test_an_authorized_payment_is_captured_in_part(service: Service) -> None:
    """A partial capture releases the remaining amount."""
    payment_id = create_paid(service, MANUAL)
    captured = service.write(f"{payment_id}/capture", {"amount": 1500})
    assert captured.status == 200
    response = captured.json
    assert (response["status"], response["amount_received"]) == ("succeeded", 1500)
    assert response["amount_capturable"] == 0


@pytest.mark.parametrize("amount", [2001, 10**9])
def test_capturing_more_than_the_authorized_amount_is_400(service: Service, amount: int) -> None:
    """Stripe refuses the request, and nothing is captured."""
    payment_id = create_paid(service, MANUAL)
    response = service.write(f"{payment_id}/capture", {"amount": amount})
    assert response.status == 400
    assert service.get_payment(payment_id).json["amount_received"] == 0


def test_capturing_a_canceled_payment_is_400(service: Service) -> None:
    """The error has Stripe's code, the payment's status and what to do."""
    payment_id = create_paid(service, MANUAL)
    assert service.write(f"{payment_id}/cancel").status == 200
    response = service.write(f"{payment_id}/capture")
    assert problem_of(response) == (400, "payment_intent_unexpected_state")
    assert "canceled" in response.json["detail"]
    assert "look the payment up" in response.json["detail"]


# Cancel


def test_a_payment_is_canceled_with_a_reason(service: Service) -> None:
    """An unpaid payment is canceled, and the reason is stored."""
    payment_id = create(service)["id"]
    response = service.write(f"{payment_id}/cancel", {"reason": "abandoned"})
    assert response.status == 200
    assert (response.json["status"], response.json["cancellation_reason"]) == (
        "canceled",
        "abandoned",
    )


def test_canceling_a_succeeded_payment_is_400(service: Service) -> None:
    """A succeeded payment can be refunded, but not canceled."""
    response = service.write(f"{create_paid(service)}/cancel")
    assert problem_of(response) == (400, "payment_intent_unexpected_state")


# Refunds


def test_a_payment_is_refunded_in_parts_and_then_in_full(service: Service) -> None:
    """Each refund is 201 with its location and the payment's reference.

    A refund without an amount is of the remaining amount. Refunds are listed newest first.
    """
    payment_id = create_paid(service)
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


def test_refunding_more_than_the_remaining_amount_is_400(service: Service) -> None:
    """Earlier refunds count, Stripe refuses the request, and no refund is created."""
    payment_id = create_paid(service)
    assert service.write(f"{payment_id}/refunds", {"amount": 1500}).status == 201
    response = service.write(f"{payment_id}/refunds", {"amount": 501})
    assert response.status == 400
    assert "at most the remaining amount" in response.json["detail"]
    assert len(service.get(f"{PAYMENTS}/{payment_id}/refunds").json["data"]) == 1


def test_refunding_a_refunded_payment_is_400(service: Service) -> None:
    """The error has Stripe's code and states that nothing is left to do."""
    payment_id = create_paid(service)
    assert service.write(f"{payment_id}/refunds").status == 201
    response = service.write(f"{payment_id}/refunds")
    assert problem_of(response) == (400, "charge_already_refunded")
    assert "nothing is left to do" in response.json["detail"]


def test_refunds_are_paginated(service: Service) -> None:
    """Following the cursors returns each refund once."""
    payment_id = create_paid(service)
    ids = [service.write(f"{payment_id}/refunds", {"amount": n}).json["id"] for n in range(1, 6)]
    assert pages(service, f"{PAYMENTS}/{payment_id}/refunds", limit=2) == [
        [ids[4], ids[3]],
        [ids[2], ids[1]],
        [ids[0]],
    ]


# Changes


def test_description_and_metadata_are_updated(service: Service) -> None:
    """Metadata is merged, null or an empty text removes a value, and everything else stays."""
    payment_id = create(service, {"description": "One", "metadata": {"a": "1", "b": "2"}})["id"]
    response = service.write(payment_id, {"metadata": {"b": None, "c": "3"}}, method="PATCH")
    assert response.status == 200
    assert response.json["metadata"] == {"a": "1", "c": "3"}
    assert (response.json["description"], response.json["reference"]) == ("One", "booking-42")
    response = service.write(payment_id, {"description": None}, method="PATCH")
    assert response.json["description"] is None
    assert response.json["metadata"] == {"a": "1", "c": "3"}
    changes = {"description": "", "metadata": {"a": "", "d": ""}}
    response = service.write(payment_id, changes, method="PATCH")
    assert (response.json["description"], response.json["metadata"]) == (None, {"c": "3"})
    assert create(service, {"metadata": {"a": "1", "b": ""}})["metadata"] == {"a": "1"}


def test_the_metadata_of_a_checkout_session_is_updated(service: Service) -> None:
    """That of the Session itself: its description and its amount cannot be changed."""
    checkout = {"flow": "checkout", "success_url": "https://shop.test/done"}
    session_id = create(service, {**checkout, "metadata": {"a": "1", "b": "2"}})["id"]
    response = service.write(session_id, {"metadata": {"b": None, "c": "3"}}, method="PATCH")
    assert response.status == 200, response.body
    assert response.json["metadata"] == {"a": "1", "c": "3"}
    assert service.get_payment(session_id).json["metadata"] == {"a": "1", "c": "3"}
    for body in ({"description": "One"}, {"amount": 100}):
        response = service.write(session_id, body, method="PATCH")
        assert problem_of(response) == (422, "fields_invalid")


def test_the_reference_cannot_be_updated(service: Service) -> None:
    """Consumers join by it, so it is rejected as a field and as metadata."""
    payment_id = create(service)["id"]
    for body in ({"metadata": {"reference": "x"}}, {"reference": "x"}, {}):
        response = service.write(payment_id, body, method="PATCH")
        assert problem_of(response) == (422, "fields_invalid")
    assert service.get_payment(payment_id).json["reference"] == "booking-42"


# Lists


def pages(service: Service, path: str, **query: str | int) -> list[list[str]]:
    """Returns the ids on each page, following the cursors."""
    result, parameters = [], dict(query)
    while True:
        page = service.get(path, **parameters)
        assert page.status == 200, page.body
        assert page.json.keys() == {"data", "next_cursor"}
        result.append([str(each["id"]) for each in page.json["data"]])
        if page.json["next_cursor"] is None:
            return result
        parameters["cursor"] = page.json["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_payments_are_listed_by_reference(service: Service, limit: int) -> None:
    """Exactly the payments of a reference are listed, newest first, without secrets."""
    reference = f"b'\\ {uuid.uuid4().hex}"
    ids = [create(service, {"reference": reference})["id"] for _ in range(5)][::-1]
    create(service, {"reference": f"{reference}0"})
    found = pages(service, PAYMENTS, reference=reference, limit=limit)
    assert [each for page in found for each in page] == ids
    assert {len(page) for page in found[:-1]} <= {limit}
    response = service.get(PAYMENTS, reference=reference).json["data"]
    assert {(each["client_secret"], each["reference"]) for each in response} == {(None, reference)}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_references_that_differ_in_case_are_not_listed(service: Service, limit: int) -> None:
    """Stripe's search ignores case; no page has another reference, or is empty before the last."""
    number = uuid.uuid4().hex
    asked, other = f"booking-ab{number}", f"booking-AB{number}"
    order = [other, other, asked, other, other, other, asked, asked, other]
    ids = [(reference, create(service, {"reference": reference})["id"]) for reference in order]
    found = pages(service, PAYMENTS, reference=asked, limit=limit)
    assert [each for page in found for each in page] == [
        payment_id for reference, payment_id in reversed(ids) if reference == asked
    ]
    assert [] not in found[:-1]
    search = {"query": f"metadata['reference']:'{asked}'"}
    assert len(service.stripe.call("GET", "/v1/payment_intents/search", search).json["data"]) == 9


def test_the_recovery_finds_no_other_payment(service: Service) -> None:
    """After an unknown outcome, a payment whose reference differs in case is not taken for ours."""
    number = uuid.uuid4().hex
    create(service, {"reference": f"BOOKING-{number}"})
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR))
    body = {**BODY, "reference": f"booking-{number}"}
    failed = service.create_payment(body, uuid.uuid4().hex)
    assert (failed.status, failed.json["code"]) == (502, "stripe_outcome_unknown")
    found = service.get(PAYMENTS, reference=f"booking-{number}").json
    assert found == {"data": [], "next_cursor": None}


def test_payments_are_listed_by_status_and_reference(service: Service) -> None:
    """Only payments that match both filters are listed."""
    reference = uuid.uuid4().hex
    create(service, {"reference": reference})
    payment_id = create_paid(service, {"reference": reference})
    assert pages(service, PAYMENTS, reference=reference, status="succeeded") == [[payment_id]]
    assert pages(service, PAYMENTS, reference=reference, status="canceled") == [[]]


def test_head_has_no_body_on_the_connection(service: Service) -> None:
    """After the headers of a HEAD the next response begins, as HTTP requires."""
    payment_id = create(service)["id"]
    lines = f"HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n"
    paths = (f"{PAYMENTS}/{payment_id}", "/readyz", "/metrics", "/openapi.json", "/nowhere")
    heads = "".join(f"HEAD {path} {lines}\r\n" for path in paths)
    last = f"GET /healthz {lines}Connection: close\r\n\r\n"
    response = exchange(service.daemon.port, (heads + last).encode())
    assert (response.statuses, response.closed) == ([200, 200, 200, 200, 404, 200], True)
    assert response.received.count(b"\r\n\r\n") == 6
    assert response.received.endswith(b'\r\n\r\n{"status": "ok"}')


def test_payments_are_listed_by_time(service: Service) -> None:
    """`created_from` is inclusive, `created_to` exclusive; Stripe's list API is used."""
    payment = create(service)
    moment = payment["created_at"]
    assert payment["id"] in pages(service, PAYMENTS, created_from=moment, limit=100)[0]
    earlier = pages(service, PAYMENTS, created_to=moment, limit=100)
    assert payment["id"] not in [each for page in earlier for each in page]
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
def test_invalid_parameters_are_reported_together(
    service: Service, query: str, pointers: set[str]
) -> None:
    """Each invalid or unknown parameter has its pointer, and Stripe is not called."""
    before = len(service.stripe.requests)
    response = service.get(f"{PAYMENTS}?{query}")
    assert problem_of(response) == (422, "fields_invalid")
    assert {each["pointer"] for each in response.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


def test_an_unknown_cursor_is_400(service: Service) -> None:
    """A cursor of another listing is rejected, and the error states what to do."""
    for _ in range(2):
        create(service)
    next_cursor = service.get(PAYMENTS, limit=1).json["next_cursor"]
    assert next_cursor
    for cursor in ("unknown", "pi_1", next_cursor[:-2], next_cursor + "AA"):
        response = service.get(PAYMENTS, cursor=cursor)
        assert problem_of(response) == (400, "cursor_invalid")
    response = service.get(PAYMENTS, cursor=next_cursor, status="succeeded")
    assert problem_of(response) == (400, "cursor_invalid")
    assert "next_cursor" in response.json["detail"]


# Checkout


def test_line_items_determine_the_amount(service: Service) -> None:
    """Stripe receives each line item, and the response has their sum."""
    items = [
        {"name": "Night", "quantity": 2, "amount": 900},
        {"name": "Breakfast", "amount": 200},
    ]
    body = {k: v for k, v in CHECKOUT.items() if k != "amount"}
    response = service.create_payment({**body, "line_items": items}, uuid.uuid4().hex)
    assert (response.status, response.json["amount"]) == (201, 2000)
    form = service.stripe.requests[-1].form
    assert form["line_items[0][price_data][product_data][name]"] == "Night"
    assert form["line_items[0][quantity]"] == "2"
    assert form["line_items[1][price_data][unit_amount]"] == "200"
    assert service.create_payment({**CHECKOUT, "line_items": items}, uuid.uuid4().hex).status == 201


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"amount": null}', (422, "fields_invalid")),
        (b'{"amount": NaN}', (400, "body_not_json")),
        (b'{"amount": 1e400}', (422, "fields_invalid")),
        (b'{"amount": ""}', (422, "fields_invalid")),
        (b"null", (422, "fields_invalid")),
        (b"[]", (422, "fields_invalid")),
        (b" ", (400, "body_not_json")),
    ],
)
@pytest.mark.parametrize("action", ["refunds", "capture"])
def test_an_amount_that_is_no_amount_is_not_all_of_it(
    service: Service, action: str, body: bytes, problem: tuple[int, str]
) -> None:
    """A client whose calculation failed sends null for NaN; nothing is refunded or captured."""
    payment_id = create_paid(service, {"capture_method": "manual"})
    before = len(service.stripe.requests)
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Idempotency-Key": uuid.uuid4().hex,
        "Content-Type": "application/json",
    }
    response = service.daemon.request("POST", f"{PAYMENTS}/{payment_id}/{action}", body, headers)
    assert problem_of(response) == problem
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"amount": None, "line_items": [{"name": "x", "amount": 2000}]}, "#/amount"),
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
def test_invalid_line_items_are_422(
    service: Service, changes: dict[str, object], pointer: str
) -> None:
    """Line items with a wrong sum or an invalid field never reach Stripe."""
    before = len(service.stripe.requests)
    response = service.create_payment({**CHECKOUT, **changes}, uuid.uuid4().hex)
    assert problem_of(response) == (422, "fields_invalid")
    assert pointer in {each["pointer"] for each in response.json["errors"]}
    assert len(service.stripe.requests) == before


def test_canceling_an_open_checkout_session_expires_it(service: Service) -> None:
    """The same key replays the result; another key is refused."""
    session_id = create(service, CHECKOUT)["id"]
    key = uuid.uuid4().hex
    response = service.write(f"{session_id}/cancel", {"reason": "abandoned"}, key)
    assert response.status == 200
    assert (response.json["id"], response.json["status"]) == (session_id, "expired")
    again = service.write(f"{session_id}/cancel", {"reason": "abandoned"}, key)
    assert again.json == response.json
    assert again.headers["idempotent-replayed"] == "true"
    assert service.write(f"{session_id}/cancel").status == 400


def test_operations_on_a_paid_checkout_session_use_its_payment_intent(service: Service) -> None:
    """Capture, refund and the list of refunds accept the Session's id and the PaymentIntent's."""
    session_id, payment_id = create_paid_checkout(service, {"capture_method": "manual"})
    captured = service.write(f"{session_id}/capture", {"amount": 1000})
    assert (captured.json["id"], captured.json["amount_received"]) == (payment_id, 1000)
    refund = service.write(f"{session_id}/refunds", {"amount": 300})
    assert refund.json["payment_id"] == payment_id
    assert refund.json["reference"] == "booking-42"
    listed = service.get(f"{PAYMENTS}/{session_id}/refunds").json
    assert listed == service.get(f"{PAYMENTS}/{payment_id}/refunds").json
    assert [each["id"] for each in listed["data"]] == [refund.json["id"]]


def test_canceling_a_completed_checkout_session_cancels_its_payment_intent(
    service: Service,
) -> None:
    """For a completed Session, the PaymentIntent is canceled and returned."""
    session_id, payment_id = create_paid_checkout(service, {"capture_method": "manual"})
    response = service.write(f"{session_id}/cancel", {"reason": "duplicate"})
    assert (response.json["id"], response.json["status"]) == (payment_id, "canceled")


def test_an_unpaid_checkout_session_cannot_be_captured_or_refunded(service: Service) -> None:
    """The error states that the Session has not been paid."""
    session_id = create(service, CHECKOUT)["id"]
    for response in (
        service.write(f"{session_id}/capture"),
        service.write(f"{session_id}/refunds"),
        service.get(f"{PAYMENTS}/{session_id}/refunds"),
    ):
        assert problem_of(response) == (400, "checkout_without_payment")
        assert "the customer must pay first" in response.json["detail"]


# All operations


WRITES = ["", "/capture", "/cancel", "/refunds"]


def write(service: Service, payment_id: str, action: str, **more: Any) -> Response:  # noqa: ANN401  (passed on)
    """Sends one write operation."""
    if action == "":
        return service.write(payment_id, {"metadata": {"k": "v"}}, method="PATCH", **more)
    return service.write(f"{payment_id}{action}", None, **more)


@pytest.mark.parametrize("action", WRITES)
def test_a_write_is_idempotent(service: Service, action: str) -> None:
    """A repeated key returns the same response, marked as replayed."""
    body = MANUAL if action in ("/capture", "/cancel") else BODY
    payment_id, key = create_paid(service, body), uuid.uuid4().hex
    first = write(service, payment_id, action, key=key)
    again = write(service, payment_id, action, key=key)
    assert first.status in (200, 201)
    assert (again.status, again.json) == (first.status, first.json)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


@pytest.mark.parametrize("action", WRITES)
def test_a_write_survives_a_lost_response_of_stripe(service: Service, action: str) -> None:
    """The request to Stripe is retried with the same key, so that it takes effect once."""
    body = MANUAL if action in ("/capture", "/cancel") else BODY
    payment_id = create_paid(service, body)
    service.stripe.inject(replace(disconnect(), method="POST"))
    assert write(service, payment_id, action).status in (200, 201)
    if action == "/refunds":
        assert len(service.get(f"{PAYMENTS}/{payment_id}/refunds").json["data"]) == 1


@pytest.mark.parametrize("action", WRITES)
def test_the_key_of_another_write_is_422(service: Service, action: str) -> None:
    """A key that another operation has used is rejected, and nothing changes."""
    key = uuid.uuid4().hex
    service.create_payment(BODY, key)
    payment_id = create_paid(service, MANUAL)
    assert problem_of(write(service, payment_id, action, key=key)) == (
        422,
        "idempotency_key_reused",
    )
    assert service.get_payment(payment_id).json["status"] == "requires_capture"


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("payment_id", ["pi_3Qunknown", "cs_test_unknown", "ch_1"])
def test_an_unknown_payment_is_404(service: Service, action: str, payment_id: str) -> None:
    """Every write to a payment that Stripe does not know is 404."""
    assert problem_of(write(service, payment_id, action)) == (404, "payment_not_found")


def test_an_unknown_refund_is_404(service: Service) -> None:
    """An unknown refund and the refunds of an unknown payment have different codes."""
    for refund_id in ("re_unknown", "pi_1"):
        assert problem_of(service.get(f"/api/v1/refunds/{refund_id}")) == (404, "refund_not_found")
    response = service.get(f"{PAYMENTS}/pi_unknown/refunds")
    assert problem_of(response) == (404, "payment_not_found")


def test_payments_belong_to_their_account(service: Service) -> None:
    """A payment of a connected account is found with its `account` only."""
    created = service.create_payment({**BODY, "account": "acct_shop1"}, uuid.uuid4().hex)
    assert created.status == 201
    assert created.headers["location"].endswith("?account=acct_shop1")
    assert service.stripe.requests[-1].headers["stripe-account"] == "acct_shop1"
    [line] = service.daemon.log_lines(request_id=created.headers["x-request-id"])
    assert (line["account"], line["reference"]) == ("acct_shop1", BODY["reference"])
    payment_id = created.json["id"]
    assert service.get(created.headers["location"]).json == created.json
    assert problem_of(service.get_payment(payment_id)) == (404, "payment_not_found")
    response = service.write(f"{payment_id}/cancel", {"account": "acct_other"})
    assert problem_of(response) == (404, "payment_not_found")
    assert service.write(f"{payment_id}/cancel", {"account": "acct_shop1"}).status == 200


def test_an_idempotency_key_counts_within_one_account(service: Service) -> None:
    """A key repeats the payment of its account; with another account it is another request."""
    key = uuid.uuid4().hex
    bodies = [BODY, {**BODY, "account": "acct_shop1"}, {**BODY, "account": "acct_shop2"}]
    first = [service.create_payment(body, key) for body in bodies]
    assert len({each.json["id"] for each in first}) == len(bodies)
    again = [service.create_payment(body, key) for body in bodies]
    assert [each.json for each in again] == [each.json for each in first]
    assert {each.headers.get("idempotent-replayed") for each in first} == {None}
    assert {each.headers.get("idempotent-replayed") for each in again} == {"true"}
    reused = service.create_payment({**bodies[1], "amount": 2001}, key)
    assert problem_of(reused) == (422, "idempotency_key_reused")


def test_an_unconnected_account_is_403(service: Service) -> None:
    """Stripe's refusal of an account is a caller's error, not one of our credentials."""
    refusal = {"type": "invalid_request_error", "code": "account_invalid", "message": "sk_test_x"}
    service.stripe.inject(respond(403, {"error": refusal}))
    response = service.get(f"{PAYMENTS}/pi_1", account="acct_foreign")
    assert problem_of(response) == (403, "account_invalid")
    assert "sk_test" not in response.body.decode()


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "stripe_unavailable"), (503, "stripe_unavailable"), (409, "stripe_unavailable")],
)
def test_a_failed_read_is_retryable(service: Service, status: int, code: str) -> None:
    """A read has no side effect, so every failure of Stripe is 502 and retryable."""
    service.stripe.inject(*[respond(status, {"error": {"type": "api_error"}})] * 3)
    response = service.get_payment("pi_1")
    assert problem_of(response) == (502, code)
    assert response.json["retryable"] is True
    service.stripe.clear_faults()


@pytest.mark.parametrize("action", ["/capture", "/refunds"])
def test_a_partial_amount_that_violates_the_currencys_rules_is_422(
    service: Service, action: str
) -> None:
    """A partial amount in ISK must end in 00 too; Stripe receives no write."""
    zero = service.write(f"pi_1{action}", {"amount": 0})
    assert [each["pointer"] for each in zero.json["errors"]] == ["#/amount"]
    payment_id = create_paid(service, {**MANUAL, "currency": "isk", "amount": 200_000})
    response = service.write(f"{payment_id}{action}", {"amount": 50})
    assert problem_of(response) == (422, "fields_invalid")
    assert [each["pointer"] for each in response.json["errors"]] == ["#/amount"]
    assert service.stripe.requests[-1].method == "GET"


@pytest.mark.parametrize("action", WRITES)
def test_each_write_needs_a_token_and_a_key(service: Service, action: str) -> None:
    """It is 401 without a token and 400 without a key, and Stripe is not called."""
    before = len(service.stripe.requests)
    method = "POST" if action else "PATCH"
    path, body = f"{PAYMENTS}/pi_1{action}", {"metadata": {"k": "v"}} if not action else {}
    assert problem_of(service.daemon.request(method, path, body)) == (401, "unauthorized")
    token = {"Authorization": f"Bearer {TOKEN}"}
    response = service.daemon.request(method, path, body, token)
    assert problem_of(response) == (400, "idempotency_key_missing")
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("action", ["/capture", "/cancel", "/refunds"])
def test_an_optional_body_must_be_json(service: Service, action: str) -> None:
    """The body may be empty; any other body must be JSON with known fields."""
    sent = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k"}
    path = f"{PAYMENTS}/pi_1{action}"
    other = service.daemon.request("POST", path, b"amount=5", sent)
    assert problem_of(other) == (415, "unsupported_media_type")
    broken = service.daemon.request(
        "POST", path, b"{", {**sent, "Content-Type": "application/json"}
    )
    assert problem_of(broken) == (400, "body_not_json")
    unknown = service.daemon.request("POST", path, {"amout": 5}, sent)
    assert problem_of(unknown) == (422, "fields_invalid")


def test_the_log_line_of_a_refund_identifies_it(service: Service) -> None:
    """It has the payment, the refund, the reference and the caller, and no secret."""
    payment_id = create_paid(service)
    refund = service.write(f"{payment_id}/refunds")
    [line] = service.daemon.log_lines(refund_id=refund.json["id"])
    assert (line["payment_id"], line["reference"], line["caller"], line["path"]) == (
        payment_id,
        "booking-42",
        "booking",
        f"{PAYMENTS}/{{payment_id}}/refunds",
    )
    assert "_secret_" not in service.daemon.stderr_text()
