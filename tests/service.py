"""The service under test, and requests to it as a caller and as Stripe send them."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from harness.daemon import Daemon, Response
from harness.deliveries import payment_intent_event
from harness.kafka_records import ConsumedRecord, read_records
from harness.sender import stripe_signature
from harness.stripe import Stripe

SECRET = "whsec_of_the_tests_000001"
OLD_SECRET = "whsec_being_rolled_000002"
TOKEN = "token-of-booking"
BARE_TOKEN = "token-without-a-caller"
ACK_TIMEOUT_SECONDS = 2
STRIPE_TIMEOUT_SECONDS = 2
MAX_BODY_BYTES = 65_536

EVENTS = "/api/v1/stripe/events"
PAYMENTS = "/api/v1/payments"
CUSTOMERS = "/api/v1/customers"
ACCOUNTS = "/api/v1/accounts"
SETUPS = "/api/v1/setups"
TRANSFERS = "/api/v1/transfers"
DISPUTES = "/api/v1/disputes"
PAYOUTS = "/api/v1/payouts"
BALANCE = "/api/v1/balance"


def daemon_settings(stripe_url: str, bootstrap_servers: str, topic: str) -> dict[str, str]:
    """Return the settings of a daemon, with short timeouts."""
    return {
        "PAYCLI_STRIPE_API_KEY": "sk_test_ofthetests",
        "PAYCLI_STRIPE_API_BASE": stripe_url,
        "PAYCLI_STRIPE_TIMEOUT_SECONDS": str(STRIPE_TIMEOUT_SECONDS),
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": f"{SECRET},{OLD_SECRET}",
        "PAYCLI_API_TOKENS": f"booking={TOKEN},{BARE_TOKEN}",
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
        "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_TIMEOUT_SECONDS),
        "PAYCLI_MAX_BODY_BYTES": str(MAX_BODY_BYTES),
    }


@dataclass
class Service:
    """A running daemon with its Stripe and its topic."""

    daemon: Daemon
    stripe: Stripe
    bootstrap_servers: str
    topic: str
    _seen: dict[str, dict[int, int]] = field(default_factory=dict)

    def create_payment(
        self,
        body: Mapping[str, object] | bytes,
        key: str | None,
        token: str = TOKEN,
        **headers: str,
    ) -> Response:
        """POST a payment as an internal caller."""
        sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        if key is not None:
            sent["Idempotency-Key"] = key
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.daemon.request("POST", PAYMENTS, raw, sent)

    def get_payment(self, payment_id: str) -> Response:
        """GET a payment as an internal caller."""
        return self.get(f"{PAYMENTS}/{payment_id}")

    def get(self, path: str, **query: str | int) -> Response:
        """GET a path as an internal caller."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self.daemon.request("GET", target, headers={"Authorization": f"Bearer {TOKEN}"})

    def write(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        key: str | None = None,
        method: str = "POST",
    ) -> Response:
        """Send a write request with a new idempotency key by default.

        The path is below the payments route, or absolute.
        """
        sent = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key or uuid.uuid4().hex}
        target = path if path.startswith("/") else f"{PAYMENTS}/{path}"
        return self.daemon.request(method, target, body, sent)

    def delete(self, path: str) -> Response:
        """Send a DELETE request, which has no idempotency key."""
        return self.daemon.request("DELETE", path, headers={"Authorization": f"Bearer {TOKEN}"})

    def deliver(self, body: bytes, signature: str | None = None, **headers: str) -> Response:
        """POST a webhook as Stripe does, with a valid signature unless another one is passed."""
        sent = {"Stripe-Signature": signature or stripe_signature(body, SECRET), **headers}
        return self.daemon.request("POST", EVENTS, body, sent)

    def deliver_payment_event(self, event_id: str, payment_id: str, **fields: object) -> Response:
        """POST a signed PaymentIntent event."""
        return self.deliver(payment_intent_event(event_id, payment_id, **fields))  # type: ignore[arg-type]  # passed on

    def records(self, suffix: str = "") -> list[ConsumedRecord]:
        """Return the records of the topic (or the one with the suffix) since the last call."""
        topic = self.topic + suffix
        seen = self._seen.setdefault(topic, {})
        new = read_records(self.bootstrap_servers, topic, from_offsets=seen)
        seen.update((record.partition, record.offset + 1) for record in new)
        return new
