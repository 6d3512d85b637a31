"""Events that the stand-in simulates, from its webhooks to the topic."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, read_records
from harness.polling import wait_until
from harness.stripe import Stripe
from paycli.sandbox.standin import DeliverySettings, WebhookTarget

REFERENCE = {"metadata[reference]": "booking-42"}
LINE = {
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][product_data][name]": "Night",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][quantity]": "1",
}


@dataclass
class Setup:
    """A stand-in that delivers to a daemon, with duplicates and in disorder."""

    stripe: Stripe
    bootstrap_servers: str
    topic: str

    def records(self, suffix: str = "") -> list[ConsumedRecord]:
        """Return all records of the topic."""
        return read_records(self.bootstrap_servers, self.topic + suffix)

    def names(self, key: str) -> set[str]:
        """Return the names of the events with a key."""
        return {
            record.header("__TypeId__") or ""
            for record in self.records()
            if record.key == key.encode()
        }

    def wait_for(self, key: str, *names: str) -> None:
        """Wait until the key has exactly these events."""
        wait_until(lambda: self.names(key) >= set(names), 20, f"{names} of {key}")
        assert self.names(key) == set(names)

    def new_payment(self, **more: str) -> str:
        """Create a PaymentIntent and return its id."""
        form = {"amount": "2000", "currency": "eur", **REFERENCE, **more}
        payment_id: str = self.stripe.call("POST", "/v1/payment_intents", form).json["id"]
        return payment_id


@pytest.fixture
def setup(kafka: KafkaBroker, topic: str, endpoints: list[WebhookTarget]) -> Iterator[Setup]:
    """A stand-in with a running daemon as its own and its Connect endpoint."""
    delivery = DeliverySettings(duplicates=0.3, disorder_seconds=0.2)
    with Stripe(endpoints=endpoints, delivery=delivery, settle_seconds=0.1, seed=1) as stripe:
        yield Setup(stripe, kafka.bootstrap_servers, topic)


def test_all_simulated_events_are_published(setup: Setup) -> None:
    """Events about payments, refunds, disputes, reviews, payouts and accounts are published."""
    stripe = setup.stripe
    paid, declined, dropped = setup.new_payment(), setup.new_payment(), setup.new_payment()
    reserved = setup.new_payment(capture_method="manual")
    stripe.pay(paid)
    stripe.pay(declined, "pm_card_visa_chargeDeclined")
    stripe.pay(reserved)
    stripe.call("POST", f"/v1/payment_intents/{dropped}/cancel")
    stripe.control("fraud_warnings", payment_intent=paid)
    review = stripe.control("reviews", payment_intent=paid)
    stripe.control("reviews/close", review=review["id"])
    stripe.control("refunds", payment_intent=paid, amount=500)
    stripe.control("refunds", payment_intent=paid, amount=500, status="pending")
    disputed = setup.new_payment()
    stripe.pay(disputed)
    dispute = stripe.control("disputes", payment_intent=disputed)
    stripe.control("disputes/close", dispute=dispute["id"], status="won")
    stripe.control("clock", offset_seconds=3 * 86_400)  # so that something is available
    payout = stripe.control("payouts")
    stripe.control("accounts", account="acct_1", charges_enabled=False)
    form = {"mode": "payment", "success_url": "https://shop.test/paid", **LINE, **REFERENCE}
    session = stripe.call("POST", "/v1/checkout/sessions", form).json["id"]
    stripe.control("sessions/expire", session=session)

    setup.wait_for(declined, "PaymentCreatedEvent", "PaymentFailedEvent")
    setup.wait_for(dropped, "PaymentCreatedEvent", "PaymentCanceledEvent")
    setup.wait_for(reserved, "PaymentCreatedEvent", "PaymentAuthorizedEvent")
    setup.wait_for(
        paid,
        *("PaymentCreatedEvent", "PaymentSucceededEvent", "FraudWarningEvent"),
        *("ReviewOpenedEvent", "ReviewClosedEvent"),
        *("RefundCreatedEvent", "RefundSucceededEvent", "RefundUpdatedEvent"),
    )
    setup.wait_for(
        disputed,
        *("PaymentCreatedEvent", "PaymentSucceededEvent", "DisputeOpenedEvent"),
        *("DisputeFundsWithdrawnEvent", "DisputeUpdatedEvent"),
        *("DisputeFundsReinstatedEvent", "DisputeClosedEvent"),
    )
    setup.wait_for(payout["id"], "PayoutPaidEvent", "PayoutReconciledEvent")
    setup.wait_for("acct_1", "ConnectedAccountUpdatedEvent")
    setup.wait_for(session, "CheckoutExpiredEvent")
    assert setup.records(".unreadable") == []
    [account] = {r.header("ce_source") for r in setup.records() if r.key == b"acct_1"}
    assert account == "/stripe/acct_1/test"


def test_a_paid_checkout_has_the_key_of_its_payment(setup: Setup) -> None:
    """A paid checkout is one CheckoutCompletedEvent with the key of its payment."""
    form = {"mode": "payment", "success_url": "https://shop.test/paid", **LINE, **REFERENCE}
    session = setup.stripe.call("POST", "/v1/checkout/sessions", form).json["id"]
    paid = setup.stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_visa"})
    payment_id = paid.json["payment_intent"]["id"]
    events = ("PaymentCreatedEvent", "PaymentSucceededEvent", "CheckoutCompletedEvent")
    setup.wait_for(payment_id, *events)


def test_each_refund_succeeds_once(setup: Setup) -> None:
    """Each refund has one RefundSucceededEvent, also if it is updated after its success."""
    payment = setup.new_payment()
    setup.stripe.pay(payment)
    immediate, pending = (
        setup.stripe.control("refunds", payment_intent=payment, amount=500, status=status)["id"]
        for status in ("succeeded", "pending")
    )

    def refund_ids(name: str) -> list[str]:
        values = {
            record.header("ce_id"): json.loads(record.value or b"")["refund_id"]
            for record in setup.records()
            if record.header("__TypeId__") == name
        }
        return sorted(values.values())

    # The first is updated after its success, when its reference number is available.
    wait_until(lambda: refund_ids("RefundUpdatedEvent") == [immediate], 20, "the first is updated")
    both = sorted([immediate, pending])
    wait_until(lambda: len(refund_ids("RefundSucceededEvent")) >= len(both), 20, "both succeed")
    wait_until(lambda: refund_ids("RefundCreatedEvent") == [pending], 20, "the second is created")
    assert refund_ids("RefundSucceededEvent") == both
