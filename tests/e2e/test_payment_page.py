"""A person pays in a real browser: daemon, sandbox and Kafka end up with the right records.

The browser is on the sandbox's page, the sandbox sends webhooks to the daemon, the daemon writes to
a real broker, and the page shows all of it.
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
    """Who sells: makes payments with the daemon, and reads the topic."""

    sandbox: Sandbox
    stripe_url: str
    token: str
    bootstrap_servers: str
    topic: str

    def sell(self, **more: object) -> Json:
        """Make a payment of 20.00 EUR."""
        body = {"amount": 2000, "currency": "eur", "reference": "booking-42", **more}
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}
        payment: Json = self.sandbox.request("POST", PAYMENTS, body, headers).json
        return payment

    def page_of(self, payment: Json) -> str:
        """Return where its customer pays."""
        secret = payment["client_secret"]
        page = f"{self.stripe_url}/pay/{payment['id']}?client_secret={secret}"
        return str(payment["payment_url"] or page)

    def records(self) -> list[ConsumedRecord]:
        """Return what the topic has of PaymentIntents, the oldest first."""
        read = read_records(self.bootstrap_servers, self.topic)
        mine = [it for it in read if str(it.header("__TypeId__")).startswith("Payment")]
        return sorted(mine, key=lambda record: record.timestamp_ms)


@pytest.fixture(scope="module")
def shop(kafka: KafkaBroker, browser: Browser) -> Iterator[Shop]:
    """Give a daemon on the shared broker whose sandbox follows its topic."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_topic(topic)
    kafka.create_topic(f"{topic}.unreadable")
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }
    with Sandbox(settings, "--sandbox-part", "stripe") as sandbox:
        told = sandbox.wait_sandbox_ready()
        shop = Shop(sandbox, told["stripe_url"], told["api_token"], kafka.bootstrap_servers, topic)

        def followed() -> bool:
            browser.open(shop.page_of(shop.sell()))
            browser.wait_text("#events", "200 published")
            return "PaymentCreatedEvent" in browser.text("#events")

        wait_until(followed, 10, "the sandbox follows the topic")
        yield shop


@pytest.fixture
def before(shop: Shop) -> int:
    """Give the number of records so far."""
    return len(shop.records())


def new(shop: Shop, before: int, *expected: str) -> dict[str, ConsumedRecord]:
    """Return the PaymentIntent's records that have come, once they are those expected, by name."""
    wait_until(lambda: len(shop.records()) >= before + len(expected), 10, "all records are there")
    names = [str(record.header("__TypeId__")) for record in shop.records()[before:]]
    assert sorted(names) == sorted(expected)
    return dict(zip(names, shop.records()[before:], strict=True))


def pay_with(browser: Browser, card: str) -> None:
    """Choose a test card and pay."""
    browser.click(f"input[value={card}]")
    browser.click("button.main")


def test_paid(shop: Shop, before: int, browser: Browser) -> None:
    """A checkout that is paid ends in its success, and the page shows webhook and record of it."""
    payment = shop.sell(**CHECKOUT)
    browser.open(shop.page_of(payment))
    assert "20.00 EUR" in browser.text("h1")
    assert "booking-42" in browser.text(".facts")
    pay_with(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    onward = browser.find("a.main").get_attribute("href")
    assert onward == f"https://shop.test/done?session={payment['id']}"
    records = new(shop, before, "PaymentCreatedEvent", "PaymentSucceededEvent")
    paid = records["PaymentSucceededEvent"]
    item = f"#{paid.header('ce_id')}"
    browser.wait_text(item, "PaymentSucceededEvent")
    shown = browser.text(item)
    assert "payment_intent.succeeded" in shown
    assert "200 published" in shown
    assert f"{shop.topic} partition {paid.partition}, offset {paid.offset}" in shown


def test_declined_then_paid(shop: Shop, browser: Browser, before: int) -> None:
    """A card that is declined says why, in Stripe's words; the next one pays the same payment."""
    browser.open(shop.page_of(shop.sell()))
    pay_with(browser, "pm_card_visa_chargeDeclinedInsufficientFunds")
    browser.wait_text("[role=alert]", "Your card has insufficient funds.")
    assert "insufficient_funds" in browser.text("[role=alert]")
    pay_with(browser, "pm_card_visa")
    browser.wait("#payment[data-state=paid]")
    records = new(
        shop, before, "PaymentCreatedEvent", "PaymentFailedEvent", "PaymentSucceededEvent"
    )
    assert len({record.key for record in records.values()}) == 1
    failed = json.loads(records["PaymentFailedEvent"].value or b"")
    assert failed["decline_code"] == "insufficient_funds"
    browser.wait_text("#summary", "3 Kafka records")


def test_three_d_secure_passed(shop: Shop, browser: Browser, before: int) -> None:
    """A card that asks for 3-D Secure pays once the person says that it is them."""
    browser.open(shop.page_of(shop.sell()))
    pay_with(browser, "pm_card_threeDSecure2Required")
    browser.click("button[value=succeed]")
    browser.wait("#payment[data-state=paid]")
    new(shop, before, "PaymentCreatedEvent", "PaymentActionRequiredEvent", "PaymentSucceededEvent")


def test_three_d_secure_failed(shop: Shop, browser: Browser, before: int) -> None:
    """Who fails the step has not paid, reads so, and can try again."""
    browser.open(shop.page_of(shop.sell(**CHECKOUT)))
    pay_with(browser, "pm_card_threeDSecure2Required")
    browser.click("button[value=fail]")
    browser.wait_text("[role=alert]", "The payment method was not authenticated.")
    names = ("PaymentCreatedEvent", "PaymentActionRequiredEvent", "PaymentFailedEvent")
    records = new(shop, before, *names)
    failed = json.loads(records["PaymentFailedEvent"].value or b"")
    assert failed["code"] == "payment_intent_authentication_failure"
    assert browser.text("button.main") == "Pay 20.00 EUR"


def test_abandoned(shop: Shop, browser: Browser, before: int) -> None:
    """Who closes the window has not paid: a checkout leaves no record, and stays open."""
    abandoned = shop.sell(**CHECKOUT)
    browser.open(shop.page_of(abandoned))
    assert browser.find(".cancel a").get_attribute("href") == CHECKOUT["cancel_url"]
    browser.close_tab()
    # What is made after it is the only thing on the topic: nothing of it was on its way.
    shop.sell()
    new(shop, before, "PaymentCreatedEvent")
    browser.open(shop.page_of(abandoned))
    browser.wait("#payment[data-state=open]")
