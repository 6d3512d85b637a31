"""Disputes, from the HTTP API to Stripe and back."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from harness.daemon import Response
from harness.stripe import Stripe, disconnect, respond, slow
from harness.stripe_schema import Json
from paycli.sandbox.standin import Fault, FaultKind
from service import DISPUTES, PAYMENTS, Service

DAY = 86_400
TEXTS = {"service_date": "12 to 14 January", "uncategorized_text": "The guest stayed two nights."}
SUBMISSION = {"submit": True, "evidence": TEXTS}


def pay(stripe: Stripe, card: str = "pm_card_createDispute", account: str | None = None) -> str:
    """Create a payment of 20.00 EUR, which by default is disputed; return its id."""
    headers = {"Stripe-Account": account} if account else {}
    form = {"amount": "2000", "currency": "eur", "confirm": "true", "payment_method": card}
    form["return_url"] = "https://shop.test/back"
    created = stripe.call("POST", "/v1/payment_intents", form, headers=headers)
    assert created.status == 200, created.json
    return str(created.json["id"])


def open_dispute(service: Service) -> Json:
    """Open a dispute; return it as the API shows it."""
    [dispute] = service.get(DISPUTES, payment=pay(service.stripe)).json["data"]
    return dispute


def evidence(
    service: Service,
    dispute: Json,
    body: Mapping[str, object],
    key: str | None = None,
) -> Response:
    """Stage or submit evidence."""
    return service.write(f"{DISPUTES}/{dispute['id']}/evidence", body, key)


def accept(service: Service, dispute: Json, key: str | None = None) -> Response:
    """Accept a dispute."""
    return service.write(f"{DISPUTES}/{dispute['id']}/accept", None, key)


def problem(response: Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    assert response.json["detail"]
    return response.status, response.json["code"]


def submissions(service: Service, dispute: Json) -> tuple[int, int]:
    """Return how often Stripe has counted a submission, and how often it has executed one."""
    at_stripe = service.stripe.call("GET", f"/v1/disputes/{dispute['id']}").json
    events = service.stripe.call("GET", "/v1/events", {"limit": "100"}).json["data"]
    executed = [
        event
        for event in events
        if event["type"] == "charge.dispute.updated"
        and event["data"]["object"]["id"] == dispute["id"]
        and event["data"]["object"]["status"] == "under_review"
    ]
    return at_stripe["evidence_details"]["submission_count"], len(executed)


def test_a_dispute_is_listed_and_retrieved(service: Service) -> None:
    """It shows the payment, the amount, the deadline, and that nothing was submitted."""
    payment = pay(service.stripe)
    charge = service.stripe.call("GET", f"/v1/payment_intents/{payment}").json["latest_charge"]
    page = service.get(DISPUTES, payment=payment).json
    [dispute] = page["data"]
    assert page["next_cursor"] is None
    opened = datetime.fromisoformat(dispute["created_at"])
    due_by = datetime.fromisoformat(dispute["evidence_due_by"])
    assert (due_by - opened).total_seconds() == 7 * DAY
    assert dispute == {
        "id": dispute["id"],
        "status": "needs_response",
        "amount": 2000,
        "currency": "eur",
        "reason": "fraudulent",
        "payment_id": payment,
        "charge_id": charge,
        "evidence_due_by": dispute["evidence_due_by"],
        "evidence_fields": [],
        "submission_count": 0,
        "livemode": False,
        "created_at": dispute["created_at"],
    }
    assert dispute["id"].startswith("du_")
    assert service.get(f"{DISPUTES}/{dispute['id']}").json == dispute
    [line] = service.daemon.log_lines(dispute_id=dispute["id"])
    assert line["path"] == "/api/v1/disputes/{dispute_id}"


def test_disputes_are_listed_by_payment_status_and_time(service: Service) -> None:
    """Exactly those, newest first, on pages; a filter's page can be short, never empty before."""
    opened = [open_dispute(service) for _ in range(3)]
    for each in (opened[0], opened[2]):
        assert accept(service, each).status == 200
    ids = [each["id"] for each in opened]
    page = service.get(DISPUTES, status="lost", limit=1).json
    assert [each["id"] for each in page["data"]] == [ids[2]]
    page = service.get(DISPUTES, status="lost", limit=1, cursor=page["next_cursor"]).json
    assert [each["id"] for each in page["data"]] == [ids[0]]
    assert service.get(DISPUTES, limit=1, cursor=page["next_cursor"]).status == 400
    first = service.get(DISPUTES, limit=2).json
    rest = service.get(DISPUTES, limit=1, cursor=first["next_cursor"]).json
    assert [each["id"] for each in (*first["data"], *rest["data"])] == ids[::-1]
    [only] = service.get(DISPUTES, payment=opened[1]["payment_id"], status="needs_response").json[
        "data"
    ]
    assert only["id"] == ids[1]
    lost = service.get(DISPUTES, payment=opened[1]["payment_id"], status="lost").json
    assert lost == {"data": [], "next_cursor": None}
    future = {"created_from": "2999-01-01T00:00:00Z"}
    assert service.get(DISPUTES, **future).json["data"] == []
    assert len(service.get(DISPUTES, created_to=future["created_from"], limit=3).json["data"]) == 3


def test_the_disputes_of_a_checkout_are_those_of_its_payment(service: Service) -> None:
    """`cs_…` lists them as well; without a payment, and for an unknown one, it is an error."""
    form = {
        "mode": "payment",
        "success_url": "https://shop.test/done",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][price_data][product_data][name]": "A night",
    }
    session = service.stripe.call("POST", "/v1/checkout/sessions", form).json["id"]
    unpaid = service.get(DISPUTES, payment=session)
    assert problem(unpaid) == (400, "checkout_without_payment")
    method = {"payment_method": "pm_card_createDispute"}
    assert service.stripe.call("POST", f"/pay/{session}/pay", method).status in (200, 303)
    [dispute] = service.get(DISPUTES, payment=session).json["data"]
    assert dispute["payment_id"] == service.get(f"{PAYMENTS}/{session}").json["payment_id"]
    undisputed = pay(service.stripe, "pm_card_visa")
    assert service.get(DISPUTES, payment=undisputed).json["data"] == []
    unknown = service.get(DISPUTES, payment="pi_none")
    assert problem(unknown) == (404, "payment_not_found")


def test_evidence_is_staged_and_then_submitted(service: Service) -> None:
    """Staged fields are shown by name and can be removed; the submission has all of them."""
    dispute = open_dispute(service)
    guest = {"customer_name": "Anna Example", "service_date": "12 January"}
    staged = evidence(service, dispute, {"submit": False, "evidence": guest})
    assert staged.status == 200
    assert staged.json == {**dispute, "evidence_fields": ["customer_name", "service_date"]}
    removed = {"submit": False, "evidence": {"service_date": None}}
    assert evidence(service, dispute, removed).json["evidence_fields"] == ["customer_name"]
    more = {"submit": True, "evidence": {"uncategorized_text": "Übernachtung für zwei."}}
    submitted = evidence(service, dispute, more)
    assert submitted.json == {
        **dispute,
        "status": "under_review",
        "evidence_fields": ["customer_name", "uncategorized_text"],
        "submission_count": 1,
    }
    assert "Anna" not in submitted.body.decode()
    at_stripe = service.stripe.call("GET", f"/v1/disputes/{dispute['id']}").json["evidence"]
    assert {name: text for name, text in at_stripe.items() if text} == {
        "customer_name": "Anna Example",
        "uncategorized_text": "Übernachtung für zwei.",
    }


def test_what_is_staged_is_submitted_without_another_text(service: Service) -> None:
    """`submit` alone is enough if something is staged; otherwise there is nothing to submit."""
    dispute = open_dispute(service)
    empty = evidence(service, dispute, {"submit": True})
    assert problem(empty) == (422, "fields_invalid")
    assert "nothing to submit" in empty.json["errors"][0]["detail"]
    assert submissions(service, dispute) == (0, 0)
    evidence(service, dispute, {"submit": False, "evidence": TEXTS})
    withdrawn = evidence(service, dispute, {"submit": True, "evidence": dict.fromkeys(TEXTS)})
    assert problem(withdrawn) == (422, "fields_invalid")
    assert submissions(service, dispute) == (0, 0)
    key = uuid.uuid4().hex
    for _ in range(2):
        assert evidence(service, dispute, {"submit": True}, key).json["status"] == "under_review"
    assert submissions(service, dispute) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(disconnect(), "stripe_unavailable"), (slow(), "stripe_timeout")],
    ids=["lost", "late"],
)
@pytest.mark.parametrize("action", ["evidence", "accept"])
def test_a_response_that_is_lost_is_repeated_not_executed_twice(
    service: Service, fault: Fault, code: str, action: str
) -> None:
    """Stripe has done it, the caller has an error; the retry with the same key gets the result."""
    dispute, key = open_dispute(service), uuid.uuid4().hex
    path = f"{DISPUTES}/{dispute['id']}/{action}"
    body = SUBMISSION if action == "evidence" else None
    service.stripe.inject(*[fault] * 20)
    failed = service.write(path, body, key)
    service.stripe.clear_faults()
    service.stripe.control("release")
    assert (failed.json["code"], failed.json["retryable"]) == (code, True)
    retried = service.write(path, body, key)
    assert retried.status == 200, retried.body
    assert retried.headers["idempotent-replayed"] == "true"
    if action == "evidence":
        assert retried.json["submission_count"] == 1
        assert submissions(service, dispute) == (1, 1)
    assert retried.json["status"] == ("under_review" if action == "evidence" else "lost")
    # The control: what is not the same request is refused, and changes nothing.
    assert problem(service.write(path, body)) == (400, "dispute_not_open")
    assert service.get(f"{DISPUTES}/{dispute['id']}").json == retried.json


def test_concurrent_submissions_count_once(service: Service) -> None:
    """Of twelve requests with the same key all succeed, of twelve with their own keys one."""
    for same_key in (True, False):
        dispute, key = open_dispute(service), uuid.uuid4().hex
        keys = [key if same_key else None] * 12
        with ThreadPoolExecutor(12) as pool:
            sent = [pool.submit(evidence, service, dispute, SUBMISSION, each) for each in keys]
            responses = [each.result() for each in sent]
        succeeded = [each for each in responses if each.status == 200]
        assert len(succeeded) == (12 if same_key else 1)
        refused = {problem(each) for each in responses if each.status != 200}
        assert refused == (set() if same_key else {(400, "dispute_not_open")})
        assert submissions(service, dispute) == (1, 1)


def test_a_key_with_other_evidence_is_refused(service: Service) -> None:
    """422, as for every write; what was staged is unchanged."""
    dispute, key = open_dispute(service), uuid.uuid4().hex
    assert evidence(service, dispute, {**SUBMISSION, "submit": False}, key).status == 200
    other = evidence(service, dispute, SUBMISSION, key)
    assert problem(other) == (422, "idempotency_key_reused")
    assert submissions(service, dispute) == (0, 0)


def test_after_a_500_the_dispute_shows_whether_it_was_submitted(service: Service) -> None:
    """The key is used up; the documented look-up shows no submission, and a new key submits."""
    dispute, key = open_dispute(service), uuid.uuid4().hex
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR, method="POST"))
    for _ in range(2):
        failed = evidence(service, dispute, SUBMISSION, key)
        assert problem(failed) == (502, "stripe_outcome_unknown")
    assert service.get(f"{DISPUTES}/{dispute['id']}").json["submission_count"] == 0
    assert evidence(service, dispute, SUBMISSION).status == 200


def test_a_dispute_that_takes_no_response_says_why(service: Service) -> None:
    """Submitted, accepted, decided or past its deadline: 400 with the cause, for any response."""
    submitted, accepted, won, late = (open_dispute(service) for _ in range(4))
    assert evidence(service, submitted, SUBMISSION).status == 200
    assert accept(service, accepted).json["status"] == "lost"
    assert evidence(service, won, SUBMISSION).status == 200
    service.stripe.control("disputes/close", dispute=won["id"], status="won")
    service.stripe.control("clock", offset_seconds=8 * DAY)
    service.stripe.control("clock", offset_seconds=0)
    for dispute, cause in (
        (submitted, "final: the bank decides"),
        (accepted, "it is lost, and no evidence was submitted"),
        (won, "it is won"),
        (late, "it is lost, and no evidence was submitted"),
    ):
        for refused in (
            evidence(service, dispute, SUBMISSION),
            evidence(service, dispute, {**SUBMISSION, "submit": False}),
            accept(service, dispute),
        ):
            assert problem(refused) == (400, "dispute_not_open")
            assert cause in refused.json["detail"]
            assert refused.json["stripe_request_id"].startswith("req_")


def test_a_refusal_of_an_open_dispute_is_stripes(service: Service) -> None:
    """Without its message, which could repeat a text; the state explains it where it can."""
    dispute = open_dispute(service)
    error = {"type": "invalid_request_error", "message": "No: guest stayed", "code": "odd"}
    path = f"/v1/disputes/{dispute['id']}"
    refusal = respond(400, {"error": error}, {"Request-Id": "req_1"})
    service.stripe.inject(Fault(FaultKind.RESPONSE, status=400, body=refusal.body, method="POST"))
    refused = evidence(service, dispute, SUBMISSION)
    assert problem(refused) == (400, "odd")
    assert "guest" not in refused.json["detail"]
    state = service.stripe.call("GET", path).json
    for due_by, cause in ((1, "1970-01-01T00:00:01Z"), (0, "takes no response"), (None, "takes")):
        details = {**state["evidence_details"], "due_by": due_by}
        service.stripe.inject(
            Fault(FaultKind.RESPONSE, status=400, body=refusal.body, method="POST"),
            respond(200, {**state, "evidence_details": details}),
        )
        refused = evidence(service, dispute, SUBMISSION)
        assert problem(refused) == (400, "dispute_not_open")
        assert cause in refused.json["detail"]


@pytest.mark.parametrize("dispute_id", ["du_none", "dp_none", "pi_1", "du_", "du_1-2", "x"])
def test_an_unknown_dispute_is_404(service: Service, dispute_id: str) -> None:
    """On every route."""
    one = f"{DISPUTES}/{dispute_id}"
    for response in (
        service.get(one),
        service.write(f"{one}/evidence", SUBMISSION),
        service.write(f"{one}/evidence", {"submit": True}),
        service.write(f"{one}/accept"),
    ):
        assert problem(response) == (404, "dispute_not_found")


def test_disputes_belong_to_their_account(service: Service) -> None:
    """That of a connected account is found, answered and accepted only with `account`."""
    disputes = []
    for _ in range(2):
        payment = pay(service.stripe, account="acct_1host")
        [dispute] = service.get(DISPUTES, payment=payment, account="acct_1host").json["data"]
        disputes.append(dispute)
        assert problem(service.get(f"{DISPUTES}/{dispute['id']}")) == (404, "dispute_not_found")
        assert problem(accept(service, dispute)) == (404, "dispute_not_found")
    account = {"account": "acct_1host"}
    shown = service.get(f"{DISPUTES}/{disputes[0]['id']}", **account).json
    assert shown == disputes[0]
    done = evidence(service, disputes[0], {**SUBMISSION, **account})
    assert done.json["submission_count"] == 1
    accepted = service.write(f"{DISPUTES}/{disputes[1]['id']}/accept", account)
    assert accepted.json["status"] == "lost"


LONG = (
    *("access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal"),
    *("duplicate_charge_explanation", "product_description", "refund_policy_disclosure"),
    *("refund_refusal_explanation", "uncategorized_text"),
)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"#/submit"}),
        ({"evidence": TEXTS}, {"#/submit"}),
        ({"submit": None, "evidence": TEXTS}, {"#/submit"}),
        ({"submit": "true", "evidence": TEXTS}, {"#/submit"}),
        ({"submit": False}, {"#/evidence"}),
        ({"submit": False, "evidence": {}}, {"#/evidence"}),
        ({"submit": True, "evidence": None}, {"#/evidence"}),
        ({"submit": True, "evidence": []}, {"#/evidence"}),
        ({"submit": True, "evidence": {"mood": "x"}}, {"#/evidence/mood"}),
        ({"submit": True, "evidence": {"receipt": "file_1"}}, {"#/evidence/receipt"}),
        ({"submit": True, "evidence": {"customer_name": 1}}, {"#/evidence/customer_name"}),
        (
            {"submit": True, "evidence": {"customer_name": "x" * 5001, "service_date": []}},
            {"#/evidence/customer_name", "#/evidence/service_date"},
        ),
        (
            {"submit": True, "evidence": {"uncategorized_text": "x" * 20_001}},
            {"#/evidence/uncategorized_text"},
        ),
        ({"submit": True, "evidence": TEXTS, "amount": 1}, {"#/amount"}),
    ],
)
def test_invalid_fields_are_422(
    service: Service, body: dict[str, object], pointers: set[str]
) -> None:
    """Every invalid field is reported by its pointer, and Stripe is not called."""
    before = len(service.stripe.requests)
    refused = service.write(f"{DISPUTES}/du_1/evidence", body)
    assert problem(refused) == (422, "fields_invalid")
    assert {each["pointer"] for each in refused.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"payment": "ch_1"}, "#/payment"),
        ({"status": "open"}, "#/status"),
        ({"created_from": "yesterday"}, "#/created_from"),
        ({"reason": "fraudulent"}, "#/reason"),
    ],
)
def test_an_invalid_query_is_422(service: Service, query: dict[str, str], pointer: str) -> None:
    """The parameter is named."""
    refused = service.get(DISPUTES, **query)
    assert [each["pointer"] for each in refused.json["errors"]] == [pointer]
