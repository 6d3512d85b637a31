"""The life of bookings with a card on file, in a real browser and on a real broker.

A guest saves a card on the sandbox's page and does not come. The platform charges the card without
the guest: it succeeds, or the bank wants the guest to authenticate, or it declines for good. The
sandbox sends webhooks to the daemon, which produces to a real broker.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.browser import Browser
from harness.daemon import Response
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.sandbox import Sandbox
from service import CUSTOMERS, PAYMENTS

SETUPS = "/api/v1/setups"
ALWAYS_AUTHENTICATES = "pm_card_authenticationRequired"
DECLINES_LATER = "pm_card_chargeCustomerFail"
Json = dict[str, Any]


@dataclass
class Platform:
    """A booking service, its guest's browser, and a consumer of the topic."""

    sandbox: Sandbox
    stripe_url: str
    token: str
    bootstrap_servers: str
    topic: str
    browser: Browser
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def call(self, method: str, path: str, body: Json | None = None) -> Response:
        """Send a request as the booking service."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}
        return self.sandbox.request(method, path, body, headers)

    def create(self, path: str, **body: object) -> Json:
        """Create an object; return its JSON."""
        created = self.call("POST", path, body)
        assert created.status == 201, created.body
        result: Json = created.json
        return result

    def open_page(self, intent: Json) -> None:
        """Open the page of a SetupIntent or PaymentIntent by its link, as a guest does."""
        secret = intent["client_secret"]
        self.browser.open(f"{self.stripe_url}/pay/{intent['id']}?client_secret={secret}")

    def save_card(self, customer: str, card: str, reference: str) -> str:
        """Save a test card on the page of a setup; return the payment method's id."""
        setup = self.create(SETUPS, customer=customer, reference=reference)
        self.open_page(setup)
        self.browser.click(f"input[value={card}]")
        self.browser.click("button.main")
        if card == ALWAYS_AUTHENTICATES:
            self.browser.click("button[value=succeed]")
        self.browser.wait("#payment[data-state=saved]")
        saved = self.call("GET", f"{SETUPS}/{setup['id']}").json
        assert saved["status"] == "succeeded"
        return str(saved["payment_method"])

    def charge(self, customer: str, method: str, reference: str) -> Response:
        """Charge the no-show fee of 80.00 EUR without the guest."""
        return self.call(
            "POST",
            PAYMENTS,
            {
                "amount": 8000,
                "currency": "eur",
                "reference": reference,
                "customer": customer,
                "payment_method": method,
                "off_session": True,
            },
        )

    def records(self) -> Counter[tuple[str, str]]:
        """Return how often each event was published for each key."""
        return Counter(
            (record.key.decode() if record.key else "", str(record.header("__TypeId__")))
            for record in read_records(self.bootstrap_servers, self.topic)
        )

    def wait_for_new_records(self, *expected: tuple[str, str]) -> None:
        """Wait until exactly these records are new, given by key and event."""
        wanted = self.seen + Counter(expected)
        wait_until(lambda: self.records() >= wanted, 20, f"{expected}")
        assert self.records() == wanted
        self.seen = wanted


@pytest.fixture(scope="module")
def platform(kafka: KafkaBroker, browser: Browser) -> Iterator[Platform]:
    """Give a daemon on the shared broker with its sandbox, and a browser."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }
    with Sandbox(settings, "--sandbox-part", "stripe") as sandbox:
        ready = sandbox.wait_sandbox_ready()
        yield Platform(
            sandbox,
            ready["stripe_url"],
            ready["api_token"],
            kafka.bootstrap_servers,
            topic,
            browser,
        )


def setup_of(platform: Platform, customer: str) -> str:
    """Return the id of the customer's only setup."""
    [setup] = platform.call("GET", f"{SETUPS}?customer={customer}").json["data"]
    return str(setup["id"])


def book_with_card(platform: Platform, card: str, reference: str) -> tuple[str, str]:
    """Return customer and payment method of a guest who has booked with this card."""
    customer = str(platform.create(CUSTOMERS, reference=f"guest-of-{reference}")["id"])
    method = platform.save_card(customer, card, reference)
    platform.wait_for_new_records(
        (setup_of(platform, customer), "PaymentMethodSetupSucceededEvent"),
        (method, "PaymentMethodAttachedEvent"),
    )
    [saved] = platform.call("GET", f"{CUSTOMERS}/{customer}/payment-methods").json["data"]
    assert saved["id"] == method
    return customer, method


def test_a_no_show_is_charged(platform: Platform) -> None:
    """The charge succeeds: one payment created and succeeded, under the booking's reference."""
    customer, method = book_with_card(platform, "pm_card_visa", "booking-1")
    charged = platform.charge(customer, method, "booking-1")
    assert charged.status == 201, charged.body
    payment = charged.json["id"]
    platform.wait_for_new_records(
        (payment, "PaymentCreatedEvent"), (payment, "PaymentSucceededEvent")
    )
    paid = next(
        json.loads(record.value or b"")
        for record in read_records(platform.bootstrap_servers, platform.topic)
        if record.header("__TypeId__") == "PaymentSucceededEvent" and record.key == payment.encode()
    )
    assert (paid["reference"], paid["amount_received"]) == ("booking-1", 8000)
    assert paid["payment_method_id"] == method


def test_the_bank_wants_the_guest_who_pays_from_a_link(platform: Platform) -> None:
    """The refusal has the payment; the guest opens its page, authenticates, and it succeeds."""
    customer, method = book_with_card(platform, ALWAYS_AUTHENTICATES, "booking-2")
    refused = platform.charge(customer, method, "booking-2")
    assert (refused.status, refused.json["code"]) == (402, "authentication_required")
    payment = refused.json["payment_id"]
    platform.wait_for_new_records((payment, "PaymentCreatedEvent"), (payment, "PaymentFailedEvent"))

    platform.open_page(platform.call("GET", f"{PAYMENTS}/{payment}").json)
    assert "80.00 EUR" in platform.browser.text("h1")
    platform.browser.click(f"input[value={method}]")
    platform.browser.click("button.main")
    platform.browser.click("button[value=succeed]")
    platform.browser.wait("#payment[data-state=paid]")
    platform.wait_for_new_records(
        (payment, "PaymentActionRequiredEvent"), (payment, "PaymentSucceededEvent")
    )
    assert platform.call("GET", f"{PAYMENTS}/{payment}").json["amount_received"] == 8000


def test_the_bank_declines_for_good(platform: Platform) -> None:
    """The refusal has the bank's reason; the platform cancels the payment and removes the card."""
    customer, method = book_with_card(platform, DECLINES_LATER, "booking-3")
    refused = platform.charge(customer, method, "booking-3")
    assert (refused.status, refused.json["code"]) == (402, "card_declined")
    payment = refused.json["payment_id"]
    platform.wait_for_new_records((payment, "PaymentCreatedEvent"), (payment, "PaymentFailedEvent"))
    canceled = platform.call("POST", f"{PAYMENTS}/{payment}/cancel", {"reason": "abandoned"})
    assert canceled.json["status"] == "canceled"
    removed = platform.call("DELETE", f"{CUSTOMERS}/{customer}/payment-methods/{method}")
    assert removed.status == 204
    platform.wait_for_new_records(
        (payment, "PaymentCanceledEvent"), (method, "PaymentMethodDetachedEvent")
    )


def test_a_guest_who_leaves_is_erased(platform: Platform) -> None:
    """Deleting the customer detaches the card; both events name the customer, and nothing more."""
    customer, method = book_with_card(platform, "pm_card_visa", "booking-4")
    assert platform.call("DELETE", f"{CUSTOMERS}/{customer}").status == 204
    platform.wait_for_new_records(
        (customer, "CustomerDeletedEvent"), (method, "PaymentMethodDetachedEvent")
    )
    refused = platform.charge(customer, method, "booking-4")
    assert (refused.status, refused.json["code"]) == (400, "resource_missing")


def test_checkout_saves_a_card(platform: Platform) -> None:
    """On Stripe's page; the events come under the setup's reference."""
    customer = str(platform.create(CUSTOMERS)["id"])
    setup = platform.create(
        SETUPS,
        customer=customer,
        flow="checkout",
        currency="eur",
        success_url="https://shop.test/saved",
        reference="booking-5",
    )
    platform.browser.open(setup["setup_url"])
    platform.browser.click("input[value=pm_card_visa]")
    platform.browser.click("button.main")
    platform.browser.wait("#payment[data-state=saved]")
    saved = platform.call("GET", f"{SETUPS}/{setup['id']}").json
    assert saved["status"] == "complete"
    method = saved["payment_method"]
    platform.wait_for_new_records(
        (setup["id"], "CheckoutCompletedEvent"),
        (setup_of(platform, customer), "PaymentMethodSetupSucceededEvent"),
        (method, "PaymentMethodAttachedEvent"),
    )
    references = {
        json.loads(record.value or b"")["reference"]
        for record in read_records(platform.bootstrap_servers, platform.topic)
        if record.key in (setup["id"].encode(), setup_of(platform, customer).encode())
    }
    assert references == {"booking-5"}
    assert platform.charge(customer, method, "booking-5").status == 201
