"""The charge of a payment: what `include=charge` adds, and when each field has a value."""

import json
import re
from typing import Any

import pytest

from harness.stripe import always, respond
from harness.stripe_objects import example
from service import PAYMENTS, Service

# The fields of responses; these tests check values, not types.
Json = Any
BODY = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
FIELDS = {
    *("id", "amount_captured", "amount_refunded", "payment_method_type", "card", "receipt_url"),
    *("capture_before", "fee", "net", "settlement_currency", "available_on"),
    *("disputed", "failure_code"),
}
RECEIPT = "https://pay.stripe.com/receipts/payment/CaNaRy8d1f"


def create(service: Service, **fields: object) -> str:
    """Create a payment; return its id."""
    created = service.write(PAYMENTS, {**BODY, **fields})
    assert created.status == 201, created.body
    return str(created.json["id"])


def charge_of(service: Service, payment_id: str) -> Json:
    """Return the payment's charge."""
    found = service.get(f"{PAYMENTS}/{payment_id}", include="charge")
    assert found.status == 200, found.body
    return found.json["charge"]


def test_the_charge_is_null_until_the_customer_pays(service: Service) -> None:
    """It is there only with `include`, also for a Checkout Session; any other value is 422."""
    payment_id = create(service)
    assert charge_of(service, payment_id) is None
    assert "charge" not in service.get_payment(payment_id).json
    service.stripe.pay(payment_id)
    charge = charge_of(service, payment_id)
    assert charge.keys() == FIELDS
    assert (charge["amount_captured"], charge["payment_method_type"]) == (2000, "card")
    assert charge["card"] == {"brand": "visa", "last4": "4242", "wallet": None}
    assert charge["receipt_url"].startswith("https://")
    assert (charge["disputed"], charge["failure_code"]) == (False, None)
    for query in ({"include": "refunds"}, {"include": "charge,refunds"}, {"include": ""}):
        refused = service.get(f"{PAYMENTS}/{payment_id}", **query)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/include")


def test_the_charge_of_a_checkout(service: Service) -> None:
    """That of the Session's PaymentIntent, once there is one."""
    session = create(service, flow="checkout", success_url="https://shop.test/paid")
    assert charge_of(service, session) is None
    service.stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_amex"})
    charge = charge_of(service, session)
    assert charge["card"]["brand"] == "amex"
    found = service.get(f"{PAYMENTS}/{session}", include="charge").json
    assert charge == charge_of(service, found["payment_id"])
    assert found == {**service.get_payment(session).json, "charge": charge}


def test_a_refused_attempt_is_a_charge_that_took_nothing(service: Service) -> None:
    """The latest attempt, with Stripe's code."""
    payment_id = create(service)
    service.stripe.pay(payment_id, "pm_card_visa_chargeDeclined")
    charge = charge_of(service, payment_id)
    assert (charge["amount_captured"], charge["failure_code"]) == (0, "card_declined")
    assert charge["receipt_url"] is None


def test_a_bank_debit_has_no_card(service: Service) -> None:
    """Its type is shown, and no card."""
    payment_id = create(service, currency="usd")
    service.stripe.pay(payment_id, "pm_usBankAccount_processing")
    charge = charge_of(service, payment_id)
    assert (charge["payment_method_type"], charge["card"]) == ("us_bank_account", None)


def expanded(**fields: object) -> dict[str, object]:
    """Return Stripe's example of a PaymentIntent with its charge."""
    card = {"brand": "visa", "last4": "4242", "wallet": {"type": "apple_pay"}}
    charge = {
        **example("charge"),
        "id": "ch_1",
        "status": "succeeded",
        "receipt_url": RECEIPT,
        "payment_method_details": {"type": "card", "card": card},
        **fields,
    }
    return {**example("payment_intent"), "id": "pi_1", "latest_charge": charge}


@pytest.mark.parametrize(
    ("transaction", "settled"),
    [
        (None, (None, None, None, None)),
        (
            {"fee": 88, "net": 1912, "currency": "usd", "available_on": 1_770_422_400},
            (88, 1912, "usd", "2026-02-07T00:00:00Z"),
        ),
    ],
)
def test_the_fee_comes_with_the_balance_transaction(
    service: Service, transaction: object, settled: tuple[object, ...]
) -> None:
    """Null for a moment after the capture, then in the currency of settlement."""
    service.stripe.inject(always(respond(200, expanded(balance_transaction=transaction))))
    try:
        charge = charge_of(service, "pi_1")
    finally:
        service.stripe.clear_faults()
    names = ("fee", "net", "settlement_currency", "available_on")
    assert tuple(charge[name] for name in names) == settled
    assert charge["card"]["wallet"] == "apple_pay"
    assert service.stripe.requests[-1].query == "expand[0]=latest_charge.balance_transaction"


def test_the_receipt_is_only_in_the_response(service: Service) -> None:
    """Anyone can open it: no log line, metric or record has it."""
    service.stripe.inject(always(respond(200, expanded())))
    try:
        found = service.get(f"{PAYMENTS}/pi_1", include="charge")
        plain = service.get_payment("pi_1")
    finally:
        service.stripe.clear_faults()
    assert found.json["charge"]["receipt_url"] == RECEIPT
    [line] = service.daemon.log_lines(request_id=found.headers["x-request-id"])
    assert line["status"] == 200
    elsewhere = [
        plain.body.decode(),
        service.daemon.stderr_text(),
        service.daemon.request("GET", "/metrics").body.decode(),
        json.dumps([str(record.value) for record in service.records()]),
    ]
    assert not [text for text in elsewhere if re.search(RECEIPT, text)]
