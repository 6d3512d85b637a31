"""What happens at Stripe, as the stand-in plays it, all the way to the topic."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, read_records
from harness.polling import wait_until
from harness.stripe import Stripe
from paycli.sandbox.standin import DeliverySettings, WebhookTarget
from service import EVENTS, OLD_SECRET, SECRET, daemon_settings

REFERENCE = {"metadata[reference]": "booking-42"}
LINE = {
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][product_data][name]": "Night",
    "line_items[0][price_data][unit_amount]": "2000",
    "line_items[0][quantity]": "1",
}


@dataclass
class Scene:
    """A stand-in that delivers to a daemon, twice and out of order at times."""

    stripe: Stripe
    bootstrap_servers: str
    topic: str

    def records(self, suffix: str = "") -> list[ConsumedRecord]:
        """Return all records of the topic."""
        return read_records(self.bootstrap_servers, self.topic + suffix)

    def told(self, key: str) -> set[str]:
        """Return the names of the events that are kept under a key."""
        return {
            record.header("__TypeId__") or ""
            for record in self.records()
            if record.key == key.encode()
        }

    def wait_for(self, key: str, *names: str) -> None:
        """Return when just these events are there under the key."""
        wait_until(lambda: self.told(key) >= set(names), 20, f"{names} of {key}")
        assert self.told(key) == set(names)

    def new_payment(self, **more: str) -> str:
        """Create a PaymentIntent and return its id."""
        form = {"amount": "2000", "currency": "eur", **REFERENCE, **more}
        payment_id: str = self.stripe.call("POST", "/v1/payment_intents", form).json["id"]
        return payment_id


@pytest.fixture
def scene(kafka: KafkaBroker, topic: str) -> Iterator[Scene]:
    """Give a stand-in whose two endpoints are a running daemon."""
    settings = daemon_settings("", kafka.bootstrap_servers, topic)
    del settings["PAYCLI_STRIPE_API_BASE"]
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        url = daemon.url + EVENTS
        endpoints = [WebhookTarget(url, (SECRET,)), WebhookTarget(url, (OLD_SECRET,), connect=True)]
        delivery = DeliverySettings(duplicates=0.3, disorder_seconds=0.2)
        with Stripe(endpoints=endpoints, delivery=delivery, settle_seconds=0.1, seed=1) as stripe:
            yield Scene(stripe, kafka.bootstrap_servers, topic)


def test_whatever_happens_at_stripe_is_told(scene: Scene) -> None:
    """Payments, refunds, disputes, reviews, payouts and accounts are each told, none unreadable."""
    stripe = scene.stripe
    paid, declined, dropped = scene.new_payment(), scene.new_payment(), scene.new_payment()
    reserved = scene.new_payment(capture_method="manual")
    stripe.pay(paid)
    stripe.pay(declined, "pm_card_visa_chargeDeclined")
    stripe.pay(reserved)
    stripe.call("POST", f"/v1/payment_intents/{dropped}/cancel")
    stripe.control("fraud_warnings", payment_intent=paid)
    review = stripe.control("reviews", payment_intent=paid)
    stripe.control("reviews/close", review=review["id"])
    stripe.control("refunds", payment_intent=paid, amount=500)
    stripe.control("refunds", payment_intent=paid, amount=500, status="pending")
    disputed = scene.new_payment()
    stripe.pay(disputed)
    dispute = stripe.control("disputes", payment_intent=disputed)
    stripe.control("disputes/close", dispute=dispute["id"], status="won")
    payout = stripe.control("payouts")
    stripe.control("accounts", account="acct_1", charges_enabled=False)
    form = {"mode": "payment", "success_url": "https://shop.test/paid", **LINE, **REFERENCE}
    session = stripe.call("POST", "/v1/checkout/sessions", form).json["id"]
    stripe.control("sessions/expire", session=session)

    scene.wait_for(declined, "PaymentCreatedEvent", "PaymentFailedEvent")
    scene.wait_for(dropped, "PaymentCreatedEvent", "PaymentCanceledEvent")
    scene.wait_for(reserved, "PaymentCreatedEvent", "PaymentAuthorizedEvent")
    scene.wait_for(
        paid,
        *("PaymentCreatedEvent", "PaymentSucceededEvent", "FraudWarningEvent"),
        *("ReviewOpenedEvent", "ReviewClosedEvent"),
        *("RefundCreatedEvent", "RefundSucceededEvent", "RefundUpdatedEvent"),
    )
    scene.wait_for(
        disputed,
        *("PaymentCreatedEvent", "PaymentSucceededEvent", "DisputeOpenedEvent"),
        *("DisputeFundsWithdrawnEvent", "DisputeUpdatedEvent"),
        *("DisputeFundsReinstatedEvent", "DisputeClosedEvent"),
    )
    scene.wait_for(payout["id"], "PayoutPaidEvent", "PayoutReconciledEvent")
    scene.wait_for("acct_1", "ConnectedAccountUpdatedEvent")
    scene.wait_for(session, "CheckoutExpiredEvent")
    assert scene.records(".unreadable") == []
    [account] = {r.header("ce_source") for r in scene.records() if r.key == b"acct_1"}
    assert account == "/stripe/acct_1/test"


def test_a_paid_checkout_is_told_beside_its_payment(scene: Scene) -> None:
    """A checkout that is paid is one CheckoutCompletedEvent, under the key of its payment."""
    form = {"mode": "payment", "success_url": "https://shop.test/paid", **LINE, **REFERENCE}
    session = scene.stripe.call("POST", "/v1/checkout/sessions", form).json["id"]
    paid = scene.stripe.call("POST", f"/pay/{session}/pay", {"payment_method": "pm_card_visa"})
    payment_id = paid.json["payment_intent"]["id"]
    events = ("PaymentCreatedEvent", "PaymentSucceededEvent", "CheckoutCompletedEvent")
    scene.wait_for(payment_id, *events)


def test_each_refund_succeeds_once(scene: Scene) -> None:
    """A refund that is through at once, and updated later, has one success, under its own id."""
    payment = scene.new_payment()
    scene.stripe.pay(payment)
    through, pending = (
        scene.stripe.control("refunds", payment_intent=payment, amount=500, status=status)["id"]
        for status in ("succeeded", "pending")
    )

    def told(name: str) -> list[str]:
        values = {
            record.header("ce_id"): json.loads(record.value or b"")["refund_id"]
            for record in scene.records()
            if record.header("__TypeId__") == name
        }
        return sorted(values.values())

    # The first is updated after it is through, when its number at the bank arrives.
    wait_until(lambda: told("RefundUpdatedEvent") == [through], 20, "the first is updated")
    both = sorted([through, pending])
    wait_until(lambda: len(told("RefundSucceededEvent")) >= len(both), 20, "both are through")
    wait_until(lambda: told("RefundCreatedEvent") == [pending], 20, "the second is created")
    assert told("RefundSucceededEvent") == both
