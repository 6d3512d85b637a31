"""Saved payment methods, from the HTTP API to Stripe and back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.daemon import Response
from harness.stripe import disconnect, respond
from harness.stripe_objects import example
from paycli.sandbox.standin import Fault, FaultKind
from service import CUSTOMERS, Service

DETACH = "/v1/payment_methods/"
"""Begins the path of a detachment at Stripe."""


@pytest.fixture
def customer(service: Service) -> str:
    """Give the path of a new customer."""
    return new_customer(service)


def new_customer(service: Service, **fields: object) -> str:
    """Create a customer; return its path."""
    created = service.write(CUSTOMERS, fields)
    assert created.status == 201, created.body
    return f"{CUSTOMERS}/{created.json['id']}"


def attach(service: Service, customer: str, method: str = "pm_card_visa", **headers: str) -> str:
    """Attach a new copy of a test method to the customer, as a setup does; return its id."""
    path, form = (
        f"/v1/payment_methods/{method}/attach",
        {"customer": customer.removeprefix(f"{CUSTOMERS}/")},
    )
    attached = service.stripe.call("POST", path, form, headers=headers)
    assert attached.status == 200, attached.body
    return str(attached.json["id"])


def ids(service: Service, customer: str, **query: str | int) -> list[str]:
    """Return the ids of a customer's payment methods, from all pages."""
    found: list[str] = []
    while True:
        page = service.get(f"{customer}/payment-methods", **query)
        assert page.status == 200, page.body
        found += [each["id"] for each in page.json["data"]]
        if page.json["next_cursor"] is None:
            return found
        query = {**query, "cursor": page.json["next_cursor"]}


def problem(response: Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    assert response.json["detail"]
    return response.status, response.json["code"]


def test_a_card_is_listed_with_what_its_owner_knows_it_by(service: Service, customer: str) -> None:
    """Brand, last four digits and expiry; no number, fingerprint or billing details."""
    method = attach(service, customer, "pm_card_mastercard")
    stored = service.stripe.call("GET", f"/v1/payment_methods/{method}").json
    [listed] = service.get(f"{customer}/payment-methods").json["data"]
    assert listed == {
        "id": method,
        "type": "card",
        "card": {
            "brand": "mastercard",
            "last4": "4444",
            "exp_month": stored["card"]["exp_month"],
            "exp_year": stored["card"]["exp_year"],
            "wallet": None,
        },
        "created_at": listed["created_at"],
    }


def test_a_card_of_a_wallet_names_it(service: Service, customer: str) -> None:
    """The wallet is Stripe's type of it, as a text."""
    method = example("payment_method")
    method["card"] = {**method["card"], "wallet": {"type": "apple_pay", "dynamic_last4": "1234"}}
    page = {"object": "list", "data": [method], "has_more": False}
    service.stripe.inject(respond(200, page))
    [listed] = service.get(f"{customer}/payment-methods").json["data"]
    assert listed["card"]["wallet"] == "apple_pay"


def test_other_types_have_no_card(service: Service, customer: str) -> None:
    """A bank account is listed by its type, without its details."""
    method = example("payment_method")
    del method["card"]
    method |= {"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}
    page = {"object": "list", "data": [method], "has_more": False}
    service.stripe.inject(respond(200, page))
    [listed] = service.get(f"{customer}/payment-methods").json["data"]
    assert listed.keys() == {"id", "type", "card", "created_at"}
    assert (listed["type"], listed["card"]) == ("sepa_debit", None)


def test_a_list_has_pages(service: Service, customer: str) -> None:
    """Newest first, `limit` on a page; a cursor of another customer's list is refused."""
    methods = [attach(service, customer) for _ in range(3)]
    assert ids(service, customer) == methods[::-1]
    assert ids(service, customer, limit=2) == methods[::-1]
    cursor = service.get(f"{customer}/payment-methods", limit=2).json["next_cursor"]
    other = service.get(f"{new_customer(service)}/payment-methods", limit=2, cursor=cursor)
    assert problem(other) == (400, "cursor_invalid")


def test_a_new_customer_has_no_payment_method(service: Service, customer: str) -> None:
    """The list is empty, without a further page."""
    page = service.get(f"{customer}/payment-methods")
    assert (page.status, page.json) == (200, {"data": [], "next_cursor": None})


def test_a_payment_method_is_detached(service: Service, customer: str) -> None:
    """Detaching is 204 without an idempotency key; the method is gone, and the others remain."""
    gone, kept = attach(service, customer), attach(service, customer)
    detached = service.delete(f"{customer}/payment-methods/{gone}")
    assert (detached.status, detached.body) == (204, b"")
    assert ids(service, customer) == [kept]
    assert service.stripe.call("GET", f"/v1/payment_methods/{gone}").json["customer"] is None
    again = service.delete(f"{customer}/payment-methods/{gone}")
    assert problem(again) == (404, "payment_method_not_found")


def test_another_customers_payment_method_is_not_detached(service: Service, customer: str) -> None:
    """Stripe would detach any method; by the wrong customer it is 404, and stays attached."""
    method = attach(service, new_customer(service))
    response = service.delete(f"{customer}/payment-methods/{method}")
    assert problem(response) == (404, "payment_method_not_found")
    assert "belong together" in response.json["detail"]
    assert service.stripe.call("GET", f"/v1/payment_methods/{method}").json["customer"]


@pytest.mark.parametrize("method", ["pm_none", "pm_", "x", "pm_1-2", "PM_1", "pm_1%2Fdetach"])
def test_an_unknown_payment_method_is_404(service: Service, customer: str, method: str) -> None:
    """An id that does not exist, or can't be one, is not found."""
    response = service.delete(f"{customer}/payment-methods/{method}")
    assert response.status == 404
    assert response.json["code"] in ("payment_method_not_found", "not_found")


def deleted_customer(service: Service) -> str:
    """Create and delete a customer; return its path."""
    customer = new_customer(service)
    assert service.delete(customer).status == 204
    return customer


def foreign_customer(service: Service) -> str:
    """Create a customer of a connected account; return its path."""
    return new_customer(service, account="acct_1connected")


@pytest.mark.parametrize(
    "missing",
    [lambda _: f"{CUSTOMERS}/cus_none", lambda _: f"{CUSTOMERS}/x", deleted_customer,
     foreign_customer],
    ids=["unknown", "malformed", "deleted", "of-another-account"],
)  # fmt: skip
def test_a_missing_customer_is_404(service: Service, missing: Callable[[Service], str]) -> None:
    """The list and a detachment say that the customer does not exist, not the method."""
    customer = missing(service)
    for response in (
        service.get(f"{customer}/payment-methods"),
        service.delete(f"{customer}/payment-methods/pm_none"),
    ):
        assert problem(response) == (404, "customer_not_found")


def test_the_account_selects_the_customer(service: Service) -> None:
    """With its account the customer's methods are listed and detached."""
    customer = foreign_customer(service)
    method = attach(service, customer, **{"Stripe-Account": "acct_1connected"})
    assert ids(service, customer, account="acct_1connected") == [method]
    one = f"{customer}/payment-methods/{method}"
    assert problem(service.delete(one)) == (404, "customer_not_found")
    assert service.delete(f"{one}?account=acct_1connected").status == 204


def test_a_lost_response_to_a_detachment_is_not_an_error(service: Service, customer: str) -> None:
    """Stripe has detached the method; the retry has the same key, and gets the response."""
    method = attach(service, customer)
    service.stripe.inject(replace(disconnect(), path=DETACH))
    assert service.delete(f"{customer}/payment-methods/{method}").status == 204
    assert ids(service, customer) == []


def test_a_failed_detachment_can_be_repeated(service: Service, customer: str) -> None:
    """An error says that the request may be sent again, without a key."""
    method = attach(service, customer)
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR, path=DETACH))
    failed = service.delete(f"{customer}/payment-methods/{method}")
    assert problem(failed) == (502, "stripe_unavailable")
    assert failed.json["retryable"] is True
    assert "key" not in failed.json["detail"]
    assert service.delete(f"{customer}/payment-methods/{method}").status == 204
