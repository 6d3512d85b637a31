"""In any order of operations, a payment's amounts stay consistent."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from harness.scale import examples
from harness.stripe import Stripe
from harness.stripe_schema import Json

# https://docs.stripe.com/payments/paymentintents/lifecycle
TRANSITIONS = {
    "requires_payment_method": {
        "requires_payment_method",
        "requires_action",
        "requires_capture",
        "succeeded",
        "canceled",
    },
    "requires_action": {
        "requires_payment_method",
        "requires_action",
        "requires_capture",
        "succeeded",
        "canceled",
    },
    "requires_capture": {"requires_capture", "succeeded", "canceled"},
    "succeeded": {"succeeded"},
    "canceled": {"canceled"},
}
CARDS = st.sampled_from(
    ["pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required"]
)
AMOUNTS = st.integers(-1, 3000)


class Payments(RuleBasedStateMachine):
    """Several payments at one stand-in, and the invariants of each."""

    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.stripe = Stripe().__enter__()
        self.last_seen: dict[str, Json] = {}
        self.refunded: dict[str, int] = {}

    def teardown(self) -> None:
        """Stop the stand-in."""
        self.stripe.stop()

    @rule(target=payments, amount=st.integers(50, 2500), manual=st.booleans())
    def create(self, amount: int, manual: bool) -> str:  # noqa: FBT001 - as hypothesis calls it
        """A new payment has no charge and no refunds."""
        method = "manual" if manual else "automatic"
        form = {"amount": str(amount), "currency": "eur", "capture_method": method}
        intent = self.stripe.call("POST", "/v1/payment_intents", form).json
        self.last_seen[intent["id"]] = intent
        self.refunded[intent["id"]] = 0
        return str(intent["id"])

    @rule(payment=payments, card=CARDS)
    def confirm(self, payment: str, card: str) -> None:
        """Only an open payment can be confirmed."""
        status = self.last_seen[payment]["status"]
        response = self.stripe.pay(payment, card)
        if status in ("canceled", "succeeded", "requires_capture"):
            assert response.json["error"]["code"] == "payment_intent_unexpected_state"
        elif card.endswith("chargeDeclined"):
            assert response.status == 402
        else:
            assert response.status == 200

    @rule(payment=payments, passed=st.booleans())
    def authenticate(self, payment: str, passed: bool) -> None:  # noqa: FBT001 - as above
        """3-D Secure can be completed only if it is required."""
        before = self.last_seen[payment]
        form = {"client_secret": before["client_secret"], "result": "succeed" if passed else "fail"}
        response = self.stripe.call("POST", f"/pay/{payment}/authenticate", form)
        if before["status"] != "requires_action":
            assert response.status == 400
        else:
            assert response.status == (200 if passed else 402)

    @rule(payment=payments, amount=st.none() | AMOUNTS)
    def capture(self, payment: str, amount: int | None) -> None:
        """An authorized amount is captured once, and never exceeded."""
        before = self.last_seen[payment]
        form = {} if amount is None else {"amount_to_capture": str(amount)}
        response = self.stripe.call("POST", f"/v1/payment_intents/{payment}/capture", form)
        held = before["amount_capturable"]
        allowed = before["status"] == "requires_capture" and (amount is None or 0 < amount <= held)
        assert (response.status == 200) is allowed
        if allowed:
            assert response.json["amount_received"] == (held if amount is None else amount)

    @rule(payment=payments)
    def cancel(self, payment: str) -> None:
        """A successful or canceled payment can't be canceled."""
        response = self.stripe.call("POST", f"/v1/payment_intents/{payment}/cancel")
        final = self.last_seen[payment]["status"] in ("succeeded", "canceled")
        assert (response.status == 400) is final

    @rule(payment=payments, amount=st.none() | AMOUNTS)
    def refund(self, payment: str, amount: int | None) -> None:
        """All refunds together can't exceed the received amount."""
        left = self.last_seen[payment]["amount_received"] - self.refunded[payment]
        form = {"payment_intent": payment} | ({} if amount is None else {"amount": str(amount)})
        response = self.stripe.call("POST", "/v1/refunds", form)
        allowed = left > 0 and (amount is None or 0 < amount <= left)
        assert (response.status == 200) is allowed
        if allowed:
            self.refunded[payment] += response.json["amount"]

    @invariant()
    def amounts_are_consistent(self) -> None:
        """Each status transition is allowed, and the amounts equal those of charge and refunds."""
        everything = {"limit": "100"}
        expanded = {**everything, "expand[]": "data.latest_charge.refunds"}
        intents = self.stripe.call("GET", "/v1/payment_intents", expanded).json["data"]
        charges = self.stripe.call("GET", "/v1/charges", everything).json["data"]
        paid = Counter(charge["payment_intent"] for charge in charges if charge["paid"])
        assert {intent["id"] for intent in intents} == self.last_seen.keys()
        for current in intents:
            identity = current["id"]
            before = self.last_seen[identity]
            assert current["status"] in TRANSITIONS[before["status"]]
            assert current["amount"] == before["amount"]
            assert 0 <= current["amount_received"] <= current["amount"]
            assert current["amount_received"] >= before["amount_received"]
            assert (current["amount_received"] > 0) is (current["status"] == "succeeded")
            assert (current["amount_capturable"] > 0) is (current["status"] == "requires_capture")
            charge = current["latest_charge"]
            refunds = charge["refunds"]["data"] if charge else []
            assert sum(refund["amount"] for refund in refunds) == self.refunded[identity]
            if charge:
                assert charge["amount_captured"] == current["amount_received"]
                assert charge["amount_refunded"] == self.refunded[identity]
            assert paid[identity] <= 1
            self.last_seen[identity] = current


Payments.TestCase.settings = settings(
    max_examples=examples(15),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestPayments = Payments.TestCase


def test_an_inconsistent_amount_is_detected() -> None:
    """Control: a refund outside the model violates the invariant."""
    machine = Payments()
    try:
        paid = str(machine.create(amount=100, manual=False))
        machine.confirm(paid, "pm_card_visa")
        machine.amounts_are_consistent()
        machine.stripe.call("POST", "/v1/refunds", {"payment_intent": paid, "amount": "1"})
        with pytest.raises(AssertionError):
            machine.amounts_are_consistent()
    finally:
        machine.teardown()
