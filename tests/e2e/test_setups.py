"""Setups, from the HTTP API to Stripe and back."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.daemon import Response
from harness.stripe import disconnect
from paycli.sandbox.standin import Fault, FaultKind
from service import CUSTOMERS, PAYMENTS, SETUPS, Service

CHECKOUT: dict[str, object] = {
    "flow": "checkout",
    "currency": "eur",
    "success_url": "https://shop.test/saved",
    "cancel_url": "https://shop.test/back",
}


def new_customer(service: Service, **fields: object) -> str:
    """Create a customer; return its id."""
    created = service.write(CUSTOMERS, fields)
    assert created.status == 201, created.body
    return str(created.json["id"])


@pytest.fixture
def customer(service: Service) -> str:
    """Give the id of a new customer."""
    return new_customer(service)


def create(service: Service, **fields: object) -> Any:  # noqa: ANN401  (JSON)
    """Create a setup with these fields; return its JSON."""
    created = service.write(SETUPS, fields)
    assert created.status == 201, created.body
    return created.json


def confirm(service: Service, setup_id: str, method: str = "pm_card_visa") -> Response:
    """Enter a test card in the form of a SetupIntent."""
    form = {"payment_method": method, "return_url": "https://shop.test/back"}
    return service.stripe.call("POST", f"/v1/setup_intents/{setup_id}/confirm", form)


def problem(response: Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    assert response.json["detail"]
    return response.status, response.json["code"]


def test_a_setup_is_created_and_retrieved(service: Service, customer: str) -> None:
    """The response is 201 with the location, at which the same setup is."""
    fields = {"customer": customer, "reference": "booking-42", "metadata": {"room": "12"}}
    created = service.write(SETUPS, fields)
    assert created.status == 201
    setup = created.json
    assert created.headers["location"] == f"{SETUPS}/{setup['id']}"
    assert setup["id"].startswith("seti_")
    assert setup["client_secret"].startswith(setup["id"])
    assert setup == {
        **fields,
        "id": setup["id"],
        "status": "requires_payment_method",
        "client_secret": setup["client_secret"],
        "setup_url": None,
        "payment_method": None,
        "livemode": False,
        "created_at": setup["created_at"],
    }
    assert service.get(created.headers["location"]).json == setup


@pytest.mark.parametrize("usage", ["off_session", "on_session"])
def test_stripe_gets_the_usage_and_offers_all_methods(
    service: Service, customer: str, usage: str
) -> None:
    """The SetupIntent is for the usage, with the methods that are enabled in the Dashboard."""
    setup = create(service, customer=customer, usage=usage)
    intent = service.stripe.call("GET", f"/v1/setup_intents/{setup['id']}").json
    assert intent["usage"] == usage
    assert intent["automatic_payment_methods"]["enabled"] is True


def test_a_card_that_is_entered_is_saved(service: Service, customer: str) -> None:
    """The setup succeeds with a payment method, which the customer's list has."""
    setup = create(service, customer=customer)
    assert confirm(service, setup["id"]).status == 200
    saved = service.get(f"{SETUPS}/{setup['id']}").json
    assert saved["status"] == "succeeded"
    methods = service.get(f"{CUSTOMERS}/{customer}/payment-methods").json["data"]
    assert [each["id"] for each in methods] == [saved["payment_method"]]


def test_checkout_saves_a_card_on_stripes_page(service: Service, customer: str) -> None:
    """The response has the page's URL and no secret; Session and SetupIntent have the reference."""
    created = service.write(
        SETUPS,
        {**CHECKOUT, "customer": customer, "reference": "b-1", "metadata": {"room": "12"}},
    )
    assert created.status == 201, created.body
    setup = created.json
    assert created.headers["location"] == f"{SETUPS}/{setup['id']}"
    assert setup["id"].startswith("cs_")
    assert (setup["status"], setup["client_secret"]) == ("open", None)
    assert setup["setup_url"].startswith("http")
    assert (setup["customer"], setup["payment_method"]) == (customer, None)
    assert (setup["reference"], setup["metadata"]) == ("b-1", {"room": "12"})
    session = service.stripe.call("GET", f"/v1/checkout/sessions/{setup['id']}").json
    assert (session["mode"], session["client_reference_id"]) == ("setup", "b-1")
    [intent] = service.get(SETUPS, customer=customer).json["data"]
    assert intent["id"] == session["setup_intent"]
    assert (intent["reference"], intent["metadata"]) == ("b-1", {"room": "12"})
    assert service.get(f"{SETUPS}/{setup['id']}").json == setup


def test_thirty_creates_with_one_key_create_one_setup(service: Service, customer: str) -> None:
    """All responses are the same setup, and all but the first are replays."""
    for fields in ({"customer": customer}, {**CHECKOUT, "customer": customer}):
        key = uuid.uuid4().hex
        with ThreadPoolExecutor(30) as pool:
            sent = [pool.submit(service.write, SETUPS, fields, key) for _ in range(30)]
        responses = [each.result() for each in sent]
        assert {each.status for each in responses} == {201}
        assert len({each.json["id"] for each in responses}) == 1
        assert sum("idempotent-replayed" in each.headers for each in responses) == 29
        other = service.write(SETUPS, {**fields, "reference": "other"}, key)
        assert problem(other) == (422, "idempotency_key_reused")


def test_a_lost_response_is_repeated(service: Service, customer: str) -> None:
    """The retry within the request has the same key: there is one setup, and one cancellation."""
    service.stripe.inject(disconnect())
    created = service.write(SETUPS, {"customer": customer})
    assert (created.status, created.headers["idempotent-replayed"]) == (201, "true")
    assert len(service.get(SETUPS, customer=customer).json["data"]) == 1
    service.stripe.inject(disconnect())
    canceled = service.write(f"{SETUPS}/{created.json['id']}/cancel")
    assert (canceled.status, canceled.json["status"]) == (200, "canceled")


def test_an_unknown_outcome_says_where_to_look(service: Service, customer: str) -> None:
    """After a 500 the key is used up, and the detail fits a setup as well as a payment."""
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR))
    failed = service.write(SETUPS, {"customer": customer})
    assert problem(failed) == (502, "stripe_outcome_unknown")
    assert "payment" not in failed.json["detail"]
    assert "look up" in failed.json["detail"]


def test_setups_are_listed_by_customer(service: Service, customer: str) -> None:
    """Exactly the customer's setups, newest first, on pages, without their secrets."""
    setups = [create(service, customer=customer)["id"] for _ in range(3)]
    create(service, customer=new_customer(service))
    page = service.get(SETUPS, customer=customer, limit=2).json
    assert [each["id"] for each in page["data"]] == setups[:0:-1]
    assert {each["client_secret"] for each in page["data"]} == {None}
    last = service.get(SETUPS, customer=customer, limit=2, cursor=page["next_cursor"]).json
    assert ([each["id"] for each in last["data"]], last["next_cursor"]) == (setups[:1], None)
    other = service.get(SETUPS, limit=2, cursor=page["next_cursor"])
    assert problem(other) == (400, "cursor_invalid")
    assert len(service.get(SETUPS, limit=4).json["data"]) == 4


def test_a_setup_is_canceled_once(service: Service, customer: str) -> None:
    """Stripe has the reason; the same key repeats the result, another one is refused."""
    cancel = f"{SETUPS}/{create(service, customer=customer)['id']}/cancel"
    key = uuid.uuid4().hex
    canceled = service.write(cancel, {"reason": "abandoned"}, key)
    assert (canceled.status, canceled.json["status"]) == (200, "canceled")
    stored = service.stripe.call("GET", f"/v1/setup_intents/{canceled.json['id']}").json
    assert stored["cancellation_reason"] == "abandoned"
    again = service.write(cancel, {"reason": "abandoned"}, key)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    refused = service.write(cancel)
    assert problem(refused) == (400, "setup_intent_unexpected_state")
    assert "look the setup up" in refused.json["detail"]


def test_a_setup_that_has_succeeded_is_not_canceled(service: Service, customer: str) -> None:
    """Stripe refuses it with its code, and the payment method remains."""
    setup = create(service, customer=customer)
    assert confirm(service, setup["id"]).status == 200
    refused = service.write(f"{SETUPS}/{setup['id']}/cancel")
    assert problem(refused) == (400, "setup_intent_unexpected_state")
    assert service.get(f"{SETUPS}/{setup['id']}").json["status"] == "succeeded"


def test_canceling_a_checkout_expires_it(service: Service, customer: str) -> None:
    """Its page closes; the same key repeats the result, and another one is refused."""
    setup = create(service, **CHECKOUT, customer=customer)
    cancel, key = f"{SETUPS}/{setup['id']}/cancel", uuid.uuid4().hex
    expired = service.write(cancel, {"reason": "abandoned"}, key)
    assert (expired.status, expired.json["status"]) == (200, "expired")
    assert expired.json["setup_url"] is None
    again = service.write(cancel, {"reason": "abandoned"}, key)
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    refused = service.write(cancel)
    assert refused.status == 400
    assert "expired" in refused.json["detail"]


def test_a_checkout_that_has_expired_is_shown_as_such(service: Service, customer: str) -> None:
    """Without a cancellation Stripe expires it; its status says so, and it saves nothing."""
    setup = create(service, **CHECKOUT, customer=customer)
    service.stripe.control("sessions/expire", session=setup["id"])
    shown = service.get(f"{SETUPS}/{setup['id']}").json
    assert (shown["status"], shown["setup_url"], shown["payment_method"]) == ("expired", None, None)
    assert service.write(f"{SETUPS}/{setup['id']}/cancel").status == 400


def test_the_session_of_a_payment_is_no_setup(service: Service, customer: str) -> None:
    """It is 404 and stays open; and a setup's Session is no payment."""
    fields = {**CHECKOUT, "amount": 2000, "reference": "b-1"}
    payment = service.write(PAYMENTS, fields).json["id"]
    assert problem(service.get(f"{SETUPS}/{payment}")) == (404, "setup_not_found")
    canceled = service.write(f"{SETUPS}/{payment}/cancel")
    assert problem(canceled) == (404, "setup_not_found")
    assert service.get_payment(payment).json["status"] == "open"
    setup = create(service, **CHECKOUT, customer=customer)
    for response in (
        service.get_payment(setup["id"]),
        service.write(f"{setup['id']}/cancel"),
        service.write(setup["id"], {"metadata": {"a": "1"}}, method="PATCH"),
        service.write(f"{setup['id']}/refunds"),
    ):
        assert problem(response) == (404, "payment_not_found")
    assert service.get(f"{SETUPS}/{setup['id']}").json == setup


@pytest.mark.parametrize("setup_id", ["seti_none", "cs_none", "pi_1", "seti_", "seti_1-2", "x"])
def test_an_unknown_setup_is_404(service: Service, setup_id: str) -> None:
    """Every operation on an unknown setup is 404."""
    one = f"{SETUPS}/{setup_id}"
    for response in (service.get(one), service.write(f"{one}/cancel")):
        assert problem(response) == (404, "setup_not_found")


def test_a_setup_belongs_to_an_account(service: Service) -> None:
    """A setup of a connected account exists only there, and its location names the account."""
    customer = new_customer(service, account="acct_1connected")
    fields = {"customer": customer, "account": "acct_1connected"}
    created = service.write(SETUPS, fields)
    assert created.status == 201, created.body
    one = f"{SETUPS}/{created.json['id']}"
    assert created.headers["location"] == f"{one}?account=acct_1connected"
    assert service.get(created.headers["location"]).status == 200
    assert problem(service.get(one)) == (404, "setup_not_found")
    assert problem(service.write(f"{one}/cancel")) == (404, "setup_not_found")
    assert service.write(f"{one}/cancel", {"account": "acct_1connected"}).status == 200


@pytest.mark.parametrize("flow", [{}, CHECKOUT], ids=["setup_intent", "checkout"])
def test_a_missing_customer_is_refused(service: Service, flow: dict[str, object]) -> None:
    """An unknown, deleted or foreign customer is Stripe's 400, with what to check."""
    deleted, foreign = new_customer(service), new_customer(service, account="acct_1connected")
    assert service.delete(f"{CUSTOMERS}/{deleted}").status == 204
    for customer in ("cus_none", deleted, foreign):
        refused = service.write(SETUPS, {**flow, "customer": customer})
        assert problem(refused) == (400, "resource_missing")
        assert "check the ids" in refused.json["detail"]


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({}, {"#/customer"}),
        ({"customer": ""}, {"#/customer"}),
        ({"customer": "cus_1", "usage": "later"}, {"#/usage"}),
        (
            {"customer": "cus_1", "currency": "eur", "success_url": "https://shop.test"},
            {"#/currency", "#/success_url"},
        ),
        ({"customer": "cus_1", "cancel_url": "https://shop.test"}, {"#/cancel_url"}),
        ({"customer": "cus_1", "flow": "checkout"}, {"#/currency", "#/success_url"}),
        ({**CHECKOUT, "customer": "cus_1", "usage": "on_session"}, {"#/usage"}),
        ({**CHECKOUT, "customer": "cus_1", "currency": "xyz"}, {"#/currency"}),
        ({"customer": "cus_1", "metadata": {"reference": "x"}}, {"#/metadata"}),
        ({"customer": "cus_1", "amount": 1}, {"#/amount"}),
    ],
)
def test_invalid_fields_are_422(
    service: Service, fields: dict[str, object], pointers: set[str]
) -> None:
    """Every invalid field is reported at once, and Stripe is not called."""
    before = len(service.stripe.requests)
    refused = service.write(SETUPS, fields)
    assert refused.status == 422
    assert {each["pointer"] for each in refused.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


def test_the_secret_is_in_no_log(service: Service, customer: str) -> None:
    """The log line of the request has the ids, and not the secret."""
    setup = create(service, customer=customer)
    [line] = service.daemon.log_lines(setup_id=setup["id"])
    assert (line["customer_id"], line["status"]) == (customer, 201)
    assert setup["client_secret"] not in (
        service.daemon.stdout_text() + service.daemon.stderr_text()
    )
