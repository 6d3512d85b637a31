"""Payments in a real browser, from the payment page to the records in Kafka.

The browser shows the sandbox's page, the sandbox sends webhooks to the daemon, the daemon produces
to a real broker, and the page shows the records.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness.browser import Browser
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import ConsumedRecord, read_records
from harness.polling import wait_until
from harness.sandbox import Sandbox
from service import PAYMENTS

CHECKOUT = {
    "flow": "checkout",
    "success_url": "https://shop.test/done?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.test/back",
}
Json = dict[str, Any]


@dataclass
class Shop:
    """A caller that creates payments at the daemon, and a consumer of the topic."""

    sandbox: Sandbox
    stripe_url: str
    token: str
    bootstrap_servers: str
    topic: str

    def sell(self, **more: object) -> Json:
        """Create a payment of 20.00 EUR."""
        body = {"amount": 2000, "currency": "eur", "reference": "booking-42", **more}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}
        payment: Json = self.sandbox.request("POST", PAYMENTS, body, headers).json
        return payment

    def page_of(self, payment: Json) -> str:
        """Return the URL of its page."""
        secret = payment["client_secret"]
        page = f"{self.stripe_url}/pay/{payment['id']}?client_secret={secret}"
        return str(payment["payment_url"] or page)

    def records(self) -> list[ConsumedRecord]:
        """Return the topic's records about PaymentIntents, oldest first."""
        records = read_records(self.bootstrap_servers, self.topic)
        own = [it for it in records if str(it.header("__TypeId__")).startswith("Payment")]
        return sorted(own, key=lambda record: record.timestamp_ms)


@pytest.fixture(scope="module")
def shop(kafka: KafkaBroker, browser: Browser) -> Iterator[Shop]:
    """A daemon on the shared broker whose sandbox follows its topic."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }
    with Sandbox(settings, "--sandbox-part", "stripe") as sandbox:
        ready = sandbox.wait_sandbox_ready()
        shop = Shop(
            sandbox, ready["stripe_url"], ready["api_token"], kafka.bootstrap_servers, topic
        )

        def followed() -> bool:
            browser.open(shop.page_of(shop.sell()))
            browser.wait_text("#events", "200 published")
            return "PaymentCreatedEvent" in browser.text("#events")

        wait_until(followed, 10, "the sandbox follows the topic")
        yield shop


@pytest.fixture
def record_count(shop: Shop) -> int:
    """The number of records so far."""
    return len(shop.records())


def wait_for_records(shop: Shop, record_count: int, *expected: str) -> dict[str, ConsumedRecord]:
    """Wait for the expected records and return them by event name."""
    wait_until(lambda: len(shop.records()) >= record_count + len(expected), 10, "all records")
    names = [str(record.header("__TypeId__")) for record in shop.records()[record_count:]]
    assert sorted(names) == sorted(expected)
    return dict(zip(names, shop.records()[record_count:], strict=True))


def pay_with(browser: Browser, card: str) -> None:
    """Choose a test card and pay."""
    browser.click(f"input[value={card}]")
    browser.click("button.main")


def test_paid(shop: Shop, record_count: int, browser: Browser) -> None:
    """After a checkout, the page has the success_url, the webhook and the record."""
    payment = shop.sell(**CHECKOUT)
    browser.open(shop.page_of(payment))
    assert "20.00 EUR" in browser.text("h1")
    assert "booking-42" in browser.text(".facts")
    pay_with(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    success_url = browser.find("a.main").get_attribute("href")
    assert success_url == f"https://shop.test/done?session={payment['id']}"
    records = wait_for_records(shop, record_count, "PaymentCreatedEvent", "PaymentSucceededEvent")
    paid = records["PaymentSucceededEvent"]
    item = f"#{paid.header('ce_id')}"
    browser.wait_text(item, "PaymentSucceededEvent")
    shown = browser.text(item)
    assert "payment_intent.succeeded" in shown
    assert "200 published" in shown
    assert f"{shop.topic} partition {paid.partition}, offset {paid.offset}" in shown


def test_declined_then_paid(shop: Shop, browser: Browser, record_count: int) -> None:
    """A decline shows Stripe's message; another card pays the same payment."""
    browser.open(shop.page_of(shop.sell()))
    pay_with(browser, "pm_card_visa_chargeDeclinedInsufficientFunds")
    browser.wait_text("[role=alert]", "Your card has insufficient funds.")
    assert "insufficient_funds" in browser.text("[role=alert]")
    pay_with(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    records = wait_for_records(
        shop, record_count, "PaymentCreatedEvent", "PaymentFailedEvent", "PaymentSucceededEvent"
    )
    assert len({record.key for record in records.values()}) == 1
    failed = json.loads(records["PaymentFailedEvent"].value or b"")
    assert failed["decline_code"] == "insufficient_funds"
    browser.wait_text("#summary", "3 Kafka records")


def test_three_d_secure_passed(shop: Shop, browser: Browser, record_count: int) -> None:
    """A card that requires 3-D Secure pays after authentication."""
    browser.open(shop.page_of(shop.sell()))
    pay_with(browser, "pm_card_threeDSecure2Required")
    browser.click("button[value=succeed]")
    browser.wait("#payment[data-state=paid]")
    wait_for_records(
        shop,
        record_count,
        "PaymentCreatedEvent",
        "PaymentActionRequiredEvent",
        "PaymentSucceededEvent",
    )


def test_three_d_secure_failed(shop: Shop, browser: Browser, record_count: int) -> None:
    """Failed authentication charges nothing, is shown, and the payment can be retried."""
    browser.open(shop.page_of(shop.sell(**CHECKOUT)))
    pay_with(browser, "pm_card_threeDSecure2Required")
    browser.click("button[value=fail]")
    browser.wait_text("[role=alert]", "The payment method was not authenticated.")
    names = ("PaymentCreatedEvent", "PaymentActionRequiredEvent", "PaymentFailedEvent")
    records = wait_for_records(shop, record_count, *names)
    failed = json.loads(records["PaymentFailedEvent"].value or b"")
    assert failed["code"] == "payment_intent_authentication_failure"
    assert browser.text("button.main") == "Pay 20.00 EUR"


def test_abandoned(shop: Shop, browser: Browser, record_count: int) -> None:
    """An abandoned checkout produces no record, and stays open."""
    abandoned = shop.sell(**CHECKOUT)
    browser.open(shop.page_of(abandoned))
    assert browser.find(".cancel a").get_attribute("href") == CHECKOUT["cancel_url"]
    browser.close_tab()
    # Only the next payment's record is on the topic, so none of the abandoned one was pending.
    shop.sell()
    wait_for_records(shop, record_count, "PaymentCreatedEvent")
    browser.open(shop.page_of(abandoned))
    browser.wait("#payment[data-state=open]")
