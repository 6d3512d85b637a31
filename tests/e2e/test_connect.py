"""Payments that are shared with connected accounts, and their refunds, on the stand-in."""

import uuid

import pytest

from harness.daemon import Response
from service import PAYMENTS, Service

HOST = "acct_host"
BODY: dict[str, object] = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
SHARED: dict[str, object] = {
    **BODY,
    "destination": HOST,
    "application_fee": 200,
    "on_behalf_of": HOST,
    "transfer_group": "booking-42",
}
SHARES = ("application_fee", "destination", "on_behalf_of", "transfer_group")


def paid(service: Service, body: dict[str, object]) -> str:
    """Create a payment that the guest pays; return its id."""
    created = service.write(PAYMENTS, body)
    assert created.status == 201, created.body
    account = body.get("account")
    headers = {"Stripe-Account": str(account)} if account else {}
    form = {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
    path = f"/v1/payment_intents/{created.json['id']}/confirm"
    assert service.stripe.call("POST", path, form, headers=headers).status == 200
    return str(created.json["id"])


def pointers(response: Response) -> set[str]:
    """Return the pointers of a 422."""
    assert response.status == 422, response.body
    return {each["pointer"] for each in response.json["errors"]}


def test_a_payment_shows_who_shares_it(service: Service) -> None:
    """The response, the payment and the list show fee, destination and the others."""
    payment = service.write(PAYMENTS, SHARED).json
    assert {name: payment[name] for name in SHARES} == {name: SHARED[name] for name in SHARES}
    assert service.get_payment(payment["id"]).json == payment
    listed = service.get(PAYMENTS).json["data"][0]
    assert {name: listed[name] for name in SHARES} == {name: SHARED[name] for name in SHARES}
    alone = service.write(PAYMENTS, BODY).json
    assert {alone[name] for name in SHARES} == {None}


def test_a_checkout_is_shared_by_its_payment(service: Service) -> None:
    """The PaymentIntent of the Session has the shares, and refunds of the Session obey them."""
    page = {"flow": "checkout", "success_url": "https://shop.test/paid"}
    session = service.write(PAYMENTS, {**SHARED, **page}).json["id"]
    form = {"payment_method": "pm_card_visa"}
    assert service.stripe.call("POST", f"/pay/{session}/pay", form).status == 200
    shown = service.get_payment(session).json
    intent = service.get_payment(shown["payment_id"]).json
    shares = ("destination", "application_fee", "on_behalf_of", "payment_method")
    assert {name: shown[name] for name in shares} == {name: intent[name] for name in shares}
    assert (shown["destination"], shown["application_fee"]) == (HOST, 200)
    refused = service.write(f"{session}/refunds")
    assert pointers(refused) == {"#/reverse_transfer", "#/refund_application_fee"}


@pytest.mark.parametrize("payer", ["destination", "account"])
def test_a_refund_requires_what_becomes_of_each_share(service: Service, payer: str) -> None:
    """Nothing is refunded without it; with it, the refund has its metadata."""
    body = {**BODY, payer: HOST, "application_fee": 200}
    account: dict[str, object] = {"account": HOST} if payer == "account" else {}
    payment = paid(service, body)
    choices: dict[str, object] = {"refund_application_fee": True}
    if payer == "destination":
        choices["reverse_transfer"] = False
    refused = service.write(f"{payment}/refunds", account)
    assert pointers(refused) == {f"#/{name}" for name in choices}
    key = uuid.uuid4().hex
    sent = {**account, **choices, "amount": 500, "metadata": {"ticket": "7"}}
    refund = service.write(f"{payment}/refunds", sent, key)
    assert refund.status == 201, refund.body
    query = "?account=acct_host" if account else ""
    [listed] = service.get(f"{PAYMENTS}/{payment}/refunds{query}").json["data"]
    assert listed["amount"] == 500
    headers = {"Stripe-Account": HOST} if account else {}
    stored = service.stripe.call("GET", f"/v1/refunds/{refund.json['id']}", headers=headers).json
    assert stored["metadata"] == {"ticket": "7", "reference": "booking-42"}


def test_a_share_that_there_is_not_cannot_be_refunded(service: Service) -> None:
    """The error names the field, and Stripe is not asked for a refund."""
    payment = paid(service, BODY)
    choices = {"reverse_transfer": True, "refund_application_fee": True}
    refused = service.write(f"{payment}/refunds", choices)
    assert pointers(refused) == {"#/reverse_transfer", "#/refund_application_fee"}
    assert "has no destination" in refused.body.decode()
    assert service.get(f"{PAYMENTS}/{payment}/refunds").json["data"] == []
    assert service.write(f"{payment}/refunds").status == 201  # the control


def test_a_capture_changes_the_fee(service: Service) -> None:
    """A smaller amount has a smaller fee, which is at most what is captured."""
    held = paid(service, {**SHARED, "capture_method": "manual"})
    assert pointers(service.write(f"{held}/capture", {"amount": 100})) == {"#/application_fee"}
    captured = service.write(f"{held}/capture", {"amount": 1500, "application_fee": 150})
    assert captured.status == 200, captured.body
    assert (captured.json["amount_received"], captured.json["application_fee"]) == (1500, 150)


def held_in_parts(service: Service, **fields: object) -> str:
    """Create a hold of a host's own payment that can be captured in parts; return its id."""
    hold = {"capture_method": "manual", "hold": {"multicapture": True}}
    return paid(service, {**BODY, **hold, "account": HOST, **fields})


def test_a_repeated_refund_is_accepted_after_a_later_fee(service: Service) -> None:
    """A refund between two captures must say what becomes of a fee that is still to come."""
    account = {"account": HOST}
    payment = held_in_parts(service)
    part = {**account, "amount": 1000, "final": False}
    assert service.write(f"{payment}/capture", part).status == 200
    refund, key = {**account, "amount": 500}, uuid.uuid4().hex
    path = f"{payment}/refunds"
    assert pointers(service.write(path, refund)) == {"#/refund_application_fee"}
    refund["refund_application_fee"] = False
    first = service.write(path, refund, key)
    assert first.status == 201, first.body
    rest = {**account, "amount": 1000, "application_fee": 100}
    assert service.write(f"{payment}/capture", rest).status == 200
    assert service.write(path, refund, key).json == first.json


def test_a_repeated_capture_is_accepted_after_a_larger_fee(service: Service) -> None:
    """The fee of a later capture does not make an earlier one wrong; each part has its own."""
    account = {"account": HOST}
    payment = held_in_parts(service, application_fee=100)
    part, key = {**account, "amount": 300, "final": False}, uuid.uuid4().hex
    assert pointers(service.write(f"{payment}/capture", part)) == {"#/application_fee"}
    part["application_fee"] = 30
    first = service.write(f"{payment}/capture", part, key)
    assert first.status == 200, first.body
    rest = {**account, "amount": 1500, "application_fee": 400}
    assert service.write(f"{payment}/capture", rest).status == 200
    assert service.write(f"{payment}/capture", part, key).json == first.json
