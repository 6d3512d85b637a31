"""What the stand-in pays out, and what its lists of balance transactions then say."""

from typing import Any

from harness.stripe import Stripe

DAY_SECONDS = 86_400
LINES = "/v1/balance_transactions"
BACK = "https://shop.test/back"


def pay(stripe: Stripe, amount: int, currency: str = "eur") -> None:
    """Charge a card."""
    card = {"payment_method": "pm_card_visa", "confirm": "true", "return_url": BACK}
    form = {"amount": str(amount), "currency": currency, **card}
    assert stripe.call("POST", "/v1/payment_intents", form).status == 200


def lines(stripe: Stripe, payout: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the type and net of each balance transaction of a payout."""
    listed = stripe.call("GET", LINES, {"payout": payout["id"]}).json["data"]
    return [(each["type"], each["net"]) for each in listed]


def test_an_automatic_payout_takes_what_is_available_in_its_currency(
    fast_stand_in: Stripe,
) -> None:
    """Charges of two days ago, of one currency; its own balance transaction is listed with them."""
    stripe = fast_stand_in
    pay(stripe, 1000)
    pay(stripe, 2000)
    pay(stripe, 3000, "usd")
    stripe.control("clock", offset_seconds=2 * DAY_SECONDS + 60)
    pay(stripe, 4000)
    payout = stripe.control("payouts")
    assert (payout["amount"], payout["automatic"]) == (1000 - 59 + 2000 - 88, True)
    assert lines(stripe, payout) == [("payout", -2853), ("charge", 1912), ("charge", 941)]
    balance = stripe.call("GET", "/v1/balance").json
    assert [(each["currency"], each["amount"]) for each in balance["available"]] == [
        ("eur", 0),
        ("usd", 2883),
    ]
    [pending] = [each["amount"] for each in balance["pending"] if each["currency"] == "eur"]
    assert pending == 4000 - 146


def test_a_failed_payout_is_paid_out_again(fast_stand_in: Stripe) -> None:
    """Its amount comes back, as a line of the next payout; the banks have it once."""
    stripe = fast_stand_in
    pay(stripe, 1000)
    stripe.control("clock", offset_seconds=3 * DAY_SECONDS)
    failed = stripe.control("payouts", failure_code="account_closed")
    assert failed["status"] == "failed"
    assert failed["failure_balance_transaction"] is not None
    again = stripe.control("payouts")
    assert lines(stripe, again) == [("payout", -941), ("payout_failure", 941)]
    assert stripe.control("ledger", "GET")["banks"]["eur"] == 941


def test_stripe_does_not_know_what_a_manual_payout_pays_out(fast_stand_in: Stripe) -> None:
    """Its balance transactions cannot be listed; those of an unknown payout neither."""
    stripe = fast_stand_in
    manual = stripe.control("payouts", amount=500)
    assert manual["automatic"] is False
    refused = stripe.call("GET", LINES, {"payout": manual["id"]})
    assert refused.status == 400
    assert "only be filtered on automatic" in refused.json["error"]["message"]
    unknown = stripe.call("GET", LINES, {"payout": "po_none"})
    assert unknown.json["error"]["code"] == "resource_missing"
    assert stripe.call("GET", "/v1/balance").json["available"][0]["amount"] == -500


def test_a_dispute_takes_its_amount_and_a_fee(fast_stand_in: Stripe) -> None:
    """A dispute that is won returns the amount, and not the fee; the object stays as it was."""
    stripe = fast_stand_in
    pay(stripe, 2000)
    [payment] = stripe.call("GET", "/v1/payment_intents").json["data"]
    dispute = stripe.control("disputes", payment_intent=payment["id"])
    stripe.control("disputes/close", dispute=dispute["id"], status="won")
    listed = stripe.call(
        "GET", LINES, {"type": "adjustment", "expand[]": "data.source.charge"}
    ).json["data"]
    assert [(each["reporting_category"], each["net"]) for each in listed] == [
        ("dispute_reversal", 2000),
        ("dispute", -2000 - 1500),
    ]
    assert {each["source"]["charge"]["id"] for each in listed} == {payment["latest_charge"]}
    again = stripe.call("GET", LINES, {"type": "adjustment", "expand[]": "data.source"}).json
    assert again["data"][0]["source"]["charge"] == payment["latest_charge"]
