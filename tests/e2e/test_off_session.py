"""Charges of saved cards without the customer: what succeeds, what is refused, what is left."""

import concurrent.futures
import uuid
from typing import Any
from urllib.parse import unquote

import pytest

from harness.daemon import Response
from harness.stripe import disconnect
from paycli.sandbox.standin import Fault, FaultKind
from service import CUSTOMERS, PAYMENTS, Service

SETUPS = "/api/v1/setups"
VISA = "pm_card_visa"
ALWAYS_AUTHENTICATES = "pm_card_authenticationRequired"
AUTHENTICATES_AT_SETUP = "pm_card_authenticationRequiredOnSetup"
DECLINES_LATER = "pm_card_chargeCustomerFail"


def create_customer(service: Service, **fields: object) -> str:
    """Create a customer; return its id."""
    created = service.write(CUSTOMERS, fields)
    assert created.status == 201, created.body
    return str(created.json["id"])


def save_card(service: Service, customer: str, card: str = VISA, **fields: object) -> str:
    """Save a test card for the customer as a browser would; return the payment method's id."""
    account = fields.get("account")
    setup = service.write(SETUPS, {"customer": customer, **fields}).json
    headers = {"Stripe-Account": str(account)} if account else {}
    path = f"/v1/setup_intents/{setup['id']}"
    form = {"payment_method": card, "return_url": "https://shop.test/back"}
    confirmed = service.stripe.call("POST", f"{path}/confirm", form, headers=headers)
    assert confirmed.status == 200, confirmed.body
    if confirmed.json["status"] == "requires_action":
        form = {"client_secret": setup["client_secret"], "result": "succeed"}
        page = service.stripe.call("POST", f"/pay/{setup['id']}/authenticate", form)
        assert page.status == 200, page.body
    saved = service.stripe.call("GET", path, headers=headers).json
    assert saved["status"] == "succeeded"
    return str(saved["payment_method"])


def charge(
    service: Service, customer: str, method: str, key: str | None = None, **fields: object
) -> Response:
    """Charge the payment method without the customer."""
    body: dict[str, object] = {
        "amount": 8000,
        "currency": "eur",
        "reference": "booking-42",
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        **fields,
    }
    return service.write(PAYMENTS, body, key)


def refusal(response: Response, status: int) -> Any:  # noqa: ANN401  (JSON)
    """Return the problem of a refused charge."""
    assert response.status == status, response.body
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["detail"]
    return response.json


def intents_of(service: Service, customer: str) -> list[Any]:
    """Return the customer's PaymentIntents at Stripe, newest first."""
    found: list[Any] = service.stripe.call(
        "GET", "/v1/payment_intents", {"customer": customer}
    ).json["data"]
    return found


@pytest.mark.parametrize("card", [VISA, AUTHENTICATES_AT_SETUP])
def test_a_saved_card_is_charged(service: Service, card: str) -> None:
    """The charge succeeds at once; the payment shows customer and payment method."""
    customer = create_customer(service)
    method = save_card(service, customer, card)
    charged = charge(service, customer, method)
    assert charged.status == 201, charged.body
    payment = charged.json
    assert (payment["status"], payment["amount_received"]) == ("succeeded", 8000)
    assert (payment["customer"], payment["payment_method"]) == (customer, method)
    # Else Stripe would require a return_url, for payment methods that redirect the customer.
    sent = service.stripe.requests[-1].body.decode()
    assert "automatic_payment_methods[allow_redirects]=never" in unquote(sent)
    assert service.get_payment(payment["id"]).json == payment


def test_a_saved_card_can_be_authorized_for_a_deposit(service: Service) -> None:
    """With capture_method manual the amount is held, and captured later."""
    customer = create_customer(service)
    method = save_card(service, customer)
    held = charge(service, customer, method, capture_method="manual").json
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 8000)
    captured = service.write(f"{held['id']}/capture", {"amount": 3000})
    assert captured.json["amount_received"] == 3000


def test_a_bank_that_wants_authentication_leads_the_customer_back(service: Service) -> None:
    """402 names the payment that was left behind, which the customer then finishes on the page."""
    customer = create_customer(service)
    method = save_card(service, customer, ALWAYS_AUTHENTICATES)
    key = uuid.uuid4().hex
    problem = refusal(charge(service, customer, method, key), 402)
    assert problem["code"] == "authentication_required"
    assert problem["decline_code"] == "authentication_required"
    assert "client_secret" in problem["detail"]
    assert problem["payment_id"] in problem["detail"]
    left = service.get_payment(problem["payment_id"]).json
    assert (left["status"], left["reference"]) == ("requires_payment_method", "booking-42")
    assert left["client_secret"]
    # The same key repeats the refusal, and leaves nothing more behind.
    again = refusal(charge(service, customer, method, key), 402)
    assert again["payment_id"] == problem["payment_id"]
    assert [each["id"] for each in intents_of(service, customer)] == [left["id"]]

    page = f"/pay/{left['id']}"
    secret = {"client_secret": left["client_secret"]}
    service.stripe.call("POST", f"{page}/pay", {**secret, "payment_method": method})
    service.stripe.call("POST", f"{page}/authenticate", {**secret, "result": "succeed"})
    paid = service.get_payment(left["id"]).json
    assert (paid["status"], paid["amount_received"]) == ("succeeded", 8000)


def test_a_card_that_declines_for_good(service: Service) -> None:
    """402 has the bank's reason and the payment, which can be canceled."""
    customer = create_customer(service)
    method = save_card(service, customer, DECLINES_LATER)
    problem = refusal(charge(service, customer, method), 402)
    assert (problem["code"], problem["decline_code"]) == ("card_declined", "generic_decline")
    assert "another payment method" in problem["detail"]
    assert problem["payment_id"] in problem["detail"]
    canceled = service.write(f"{problem['payment_id']}/cancel", {"reason": "abandoned"})
    assert canceled.json["status"] == "canceled"


def test_thirty_identical_charges_charge_once(service: Service) -> None:
    """Thirty concurrent requests with one key are one payment."""
    customer = create_customer(service)
    method = save_card(service, customer)
    key = uuid.uuid4().hex
    service.stripe.inject(Fault(FaultKind.SLOW_PROCESSING, seconds=0.5))
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        responses = list(pool.map(lambda _: charge(service, customer, method, key), range(30)))
    assert {each.status for each in responses} == {201}
    assert len({each.json["id"] for each in responses}) == 1
    assert len(intents_of(service, customer)) == 1


@pytest.mark.parametrize("card", [VISA, DECLINES_LATER])
def test_a_lost_response_charges_once(service: Service, card: str) -> None:
    """Stripe has charged, or refused, and the response is lost: the retry gets the same."""
    customer = create_customer(service)
    method = save_card(service, customer, card)
    key = uuid.uuid4().hex
    service.stripe.inject(*[disconnect()] * 20)
    assert charge(service, customer, method, key).json["code"] == "stripe_unavailable"
    service.stripe.clear_faults()
    repeated = charge(service, customer, method, key)
    assert repeated.status == (201 if card == VISA else 402)
    [intent] = intents_of(service, customer)
    assert intent["id"] in (repeated.json.get("id"), repeated.json.get("payment_id"))


def test_a_card_is_saved_by_a_payment_and_charged_later(service: Service) -> None:
    """`save_payment_method` keeps what the customer pays with, in a form or in Checkout."""
    customer = create_customer(service)
    body: dict[str, object] = {
        "amount": 2000,
        "currency": "eur",
        "reference": "booking-42",
        "customer": customer,
        "save_payment_method": "off_session",
    }
    paid = service.write(PAYMENTS, body).json
    assert service.stripe.pay(paid["id"]).status == 200
    hosted = {"flow": "checkout", "success_url": "https://shop.test/paid"}
    session = service.write(PAYMENTS, {**body, **hosted}).json
    page = {"payment_method": "pm_card_mastercard"}
    assert service.stripe.call("POST", f"/pay/{session['id']}/pay", page).status == 200
    saved = service.get(f"{CUSTOMERS}/{customer}/payment-methods").json["data"]
    assert [each["card"]["brand"] for each in saved] == ["mastercard", "visa"]
    for each in saved:
        assert charge(service, customer, each["id"]).json["status"] == "succeeded"


def test_a_saved_card_can_be_offered_to_the_customer(service: Service) -> None:
    """Without off_session the payment waits for the customer, who confirms it on the page."""
    customer = create_customer(service)
    method = save_card(service, customer)
    offered = charge(service, customer, method, off_session=False).json
    assert (offered["status"], offered["payment_method"]) == ("requires_confirmation", method)


def refused_without_trace(service: Service, response: Response, customer: str) -> Any:  # noqa: ANN401  (JSON)
    """Return the problem of a charge that Stripe did not begin."""
    problem = refusal(response, 400)
    assert "payment_id" not in problem
    assert intents_of(service, customer) == []
    return problem


def test_a_detached_card_cannot_be_charged(service: Service) -> None:
    """Stripe's reason, with what to do."""
    customer = create_customer(service)
    method = save_card(service, customer)
    assert service.delete(f"{CUSTOMERS}/{customer}/payment-methods/{method}").status == 204
    problem = refused_without_trace(service, charge(service, customer, method), customer)
    assert "detached" in problem["detail"]
    assert "payment-methods lists for this customer" in problem["detail"]


def test_the_card_of_another_customer_cannot_be_charged(service: Service) -> None:
    """Neither of another customer nor of another account."""
    customer, other = create_customer(service), create_customer(service)
    method = save_card(service, other)
    problem = refused_without_trace(service, charge(service, customer, method), customer)
    assert "payment-methods lists for this customer" in problem["detail"]
    host = create_customer(service, account="acct_host")
    elsewhere = save_card(service, host, account="acct_host")
    refused_without_trace(service, charge(service, customer, elsewhere), customer)
    assert charge(service, host, elsewhere, account="acct_host").status == 201  # the control


def test_a_deleted_customer_cannot_be_charged(service: Service) -> None:
    """Nor one that never existed; the error names the parameter."""
    customer = create_customer(service)
    method = save_card(service, customer)
    assert service.delete(f"{CUSTOMERS}/{customer}").status == 204
    for gone in (customer, "cus_unknown"):
        problem = refusal(charge(service, gone, method), 400)
        assert problem["code"] == "resource_missing"
        assert "customer" in problem["detail"]
        assert "check the ids" in problem["detail"]


def test_a_card_that_never_existed_cannot_be_charged(service: Service) -> None:
    """Stripe's code, and what to check."""
    customer = create_customer(service)
    response = charge(service, customer, "pm_1NoSuchMethodAtAll00000")
    problem = refused_without_trace(service, response, customer)
    assert problem["code"] == "resource_missing"
