"""A connected account that pays itself under the reference of another booking.

From its PaymentIntent at Stripe, by webhook and topic, to the consumer of paycli/events/README.md.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness.example_consumer import consumer
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.stripe import Stripe
from paycli.sandbox.standin import WebhookTarget

REFERENCE = "booking-42"
REQUESTED = {REFERENCE: (None, 2000, "eur")}


@dataclass
class Platform:
    """Stripe, with an endpoint for our account and one for connected accounts, and the topic."""

    stripe: Stripe
    bootstrap_servers: str
    topic: str

    def paid(self, amount: int = 2000, account: str | None = None) -> str:
        """Creates and pays a PaymentIntent of our account, or of a connected one."""
        headers = {} if account is None else {"Stripe-Account": account}
        card = {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
        form = {"amount": str(amount), "currency": "eur", "confirm": "true", **card}
        form["metadata[reference]"] = REFERENCE
        response = self.stripe.call("POST", "/v1/payment_intents", form, headers=headers)
        assert response.json["status"] == "succeeded"
        return str(response.json["id"])

    def consume(self, succeeded: int, names: dict[str, Any]) -> dict[str, str]:
        """Waits for a number of PaymentSucceededEvents, then runs the consumer.

        Returns the status of each payment that it has accepted.
        """

        def records() -> list[str | None]:
            read = read_records(self.bootstrap_servers, self.topic)
            return [record.header("__TypeId__") for record in read]

        wait_until(
            lambda: records().count("PaymentSucceededEvent") == succeeded, 20, "payments succeed"
        )
        payments = names["Payments"](REQUESTED)
        messages = names["messages"](self.bootstrap_servers, self.topic, f"{self.topic}.booking")
        for message in itertools.islice(messages, len(records())):
            payments.handle(message.headers(), message.value())
        return {payment: event["status"] for payment, (_, event) in payments.latest.items()}


@pytest.fixture
def platform(kafka: KafkaBroker, topic: str, endpoints: list[WebhookTarget]) -> Iterator[Platform]:
    """Yields the stand-in, which delivers to a running daemon."""
    with Stripe(endpoints=endpoints) as stripe:
        yield Platform(stripe, kafka.bootstrap_servers, topic)


def test_a_forged_reference_is_refused(platform: Platform) -> None:
    """Of four payments with one reference, at one address, only the requested one is accepted."""
    for host in ("acct_host", "acct_otherhost"):
        platform.paid(account=host)
    platform.paid(amount=100)
    requested = platform.paid()
    assert platform.consume(4, consumer()) == {requested: "succeeded"}


def test_without_the_account_the_forgery_succeeds(platform: Platform) -> None:
    """The control: a consumer that does not compare the account accepts the forged payment."""
    forged = platform.paid(account="acct_host")
    careless = consumer('(event["account"], ', "(None, ")
    assert platform.consume(1, careless) == {forged: "succeeded"}
