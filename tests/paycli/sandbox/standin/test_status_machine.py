"""Whatever is asked in whatever order, money is neither made nor lost."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from harness.stripe import Stripe
from harness.stripe_schema import Json

# https://docs.stripe.com/payments/paymentintents/lifecycle
STEPS = {
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
    """Some payments at one stand-in, and what must be true of each of them at any time."""

    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.stripe = Stripe().__enter__()
        self.seen: dict[str, Json] = {}
        self.refunded: dict[str, int] = {}

    def teardown(self) -> None:
        """Stop the stand-in."""
        self.stripe.stop()

    @rule(target=payments, amount=st.integers(50, 2500), manual=st.booleans())
    def create(self, amount: int, manual: bool) -> str:  # noqa: FBT001 - as hypothesis calls it
        """A new payment begins with nothing."""
        method = "manual" if manual else "automatic"
        form = {"amount": str(amount), "currency": "eur", "capture_method": method}
        made = self.stripe.call("POST", "/v1/payment_intents", form).json
        self.seen[made["id"]] = made
        self.refunded[made["id"]] = 0
        return str(made["id"])

    @rule(payment=payments, card=CARDS)
    def confirm(self, payment: str, card: str) -> None:
        """Only what is open can be paid."""
        status = self.seen[payment]["status"]
        answer = self.stripe.pay(payment, card)
        if status in ("canceled", "succeeded", "requires_capture"):
            assert answer.json["error"]["code"] == "payment_intent_unexpected_state"
        elif card.endswith("chargeDeclined"):
            assert answer.status == 402
        else:
            assert answer.status == 200

    @rule(payment=payments, passed=st.booleans())
    def authenticate(self, payment: str, passed: bool) -> None:  # noqa: FBT001 - as above
        """The 3-D Secure step is taken only when it is asked for."""
        before = self.seen[payment]
        form = {"client_secret": before["client_secret"], "result": "succeed" if passed else "fail"}
        answer = self.stripe.call("POST", f"/pay/{payment}/authenticate", form)
        if before["status"] != "requires_action":
            assert answer.status == 400
        else:
            assert answer.status == (200 if passed else 402)

    @rule(payment=payments, amount=st.none() | AMOUNTS)
    def capture(self, payment: str, amount: int | None) -> None:
        """Held money is captured once, and never more than is held."""
        before = self.seen[payment]
        form = {} if amount is None else {"amount_to_capture": str(amount)}
        answer = self.stripe.call("POST", f"/v1/payment_intents/{payment}/capture", form)
        held = before["amount_capturable"]
        fits = before["status"] == "requires_capture" and (amount is None or 0 < amount <= held)
        assert (answer.status == 200) is fits
        if fits:
            assert answer.json["amount_received"] == (held if amount is None else amount)

    @rule(payment=payments)
    def cancel(self, payment: str) -> None:
        """What is paid or canceled can't be canceled."""
        answer = self.stripe.call("POST", f"/v1/payment_intents/{payment}/cancel")
        final = self.seen[payment]["status"] in ("succeeded", "canceled")
        assert (answer.status == 400) is final

    @rule(payment=payments, amount=st.none() | AMOUNTS)
    def refund(self, payment: str, amount: int | None) -> None:
        """No more is given back than was received, in all refunds together."""
        left = self.seen[payment]["amount_received"] - self.refunded[payment]
        form = {"payment_intent": payment} | ({} if amount is None else {"amount": str(amount)})
        answer = self.stripe.call("POST", "/v1/refunds", form)
        fits = left > 0 and (amount is None or 0 < amount <= left)
        assert (answer.status == 200) is fits
        if fits:
            self.refunded[payment] += answer.json["amount"]

    @invariant()
    def sums_hold(self) -> None:
        """Each payment took an allowed step, and its sums agree with its charge and refunds."""
        for identity, before in self.seen.items():
            form = {"expand[]": "latest_charge.refunds"}
            it = self.stripe.call("GET", f"/v1/payment_intents/{identity}", form).json
            assert it["status"] in STEPS[before["status"]]
            assert it["amount"] == before["amount"]
            assert 0 <= it["amount_received"] <= it["amount"]
            assert it["amount_received"] >= before["amount_received"]
            assert (it["amount_received"] > 0) is (it["status"] == "succeeded")
            assert (it["amount_capturable"] > 0) is (it["status"] == "requires_capture")
            charge = it["latest_charge"]
            refunds = charge["refunds"]["data"] if charge else []
            assert sum(refund["amount"] for refund in refunds) == self.refunded[identity]
            if charge:
                assert charge["amount_captured"] == it["amount_received"]
                assert charge["amount_refunded"] == self.refunded[identity]
            charges = self.stripe.call("GET", "/v1/charges", {"payment_intent": identity}).json
            assert sum(charge["paid"] for charge in charges["data"]) <= 1
            self.seen[identity] = it


Payments.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestPayments = Payments.TestCase


def test_a_leak_is_seen() -> None:
    """The control: a refund that no one made is found out."""
    machine = Payments()
    try:
        paid = str(machine.create(amount=100, manual=False))
        machine.confirm(paid, "pm_card_visa")
        machine.sums_hold()
        machine.stripe.call("POST", "/v1/refunds", {"payment_intent": paid, "amount": "1"})
        with pytest.raises(AssertionError):
            machine.sums_hold()
    finally:
        machine.teardown()
