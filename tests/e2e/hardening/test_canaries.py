"""Canaries replace every secret and every card field: no output of the daemon contains one.

Responses, logs, metrics, records, arguments and child processes are searched.
"""

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.daemon import Daemon, Response
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.mutation import mutate
from harness.scale import scaled
from harness.sender import stripe_signature
from harness.stripe import Stripe, disconnect, drip_body, malformed, reset, respond
from service import EVENTS, PAYMENTS, daemon_settings

REQUESTS = scaled(400, 100_000)
CLIENTS = 8
FAULT_EVERY = 30
"""Every n-th request meets a fault at Stripe; those take long."""
SEED = 20_260_131

KEY = "sk_test_cAnArYkEy0001"
SECRETS = ("whsec_cAnArYsEcReT000001", "whsec_cAnArYsEcReT000002")
TOKEN, OTHER_TOKEN = "cAnArYtOkEn000001", "cAnArYtOkEn000002"
PASSWORD = "cAnArYpAsSwOrD"
WRONG_TOKEN = "cAnArYwRoNg"
CLIENT_SECRET = "pi_1_secret_cAnArYcLiEnT"
CARD = {
    "number": "4242cAnArYcArD",
    "last4": "cAnArYlAsT4",
    "fingerprint": "cAnArYfInGeR",
    "cvc_check": "cAnArYcVc",
    "exp_month": "cAnArYeXp",
    "wallet": {"dynamic_last4": "cAnArYwAlLeT"},
}
BILLING = {
    "name": "cAnArYnAmE",
    "email": "cAnArY@eMaIl.test",
    "phone": "cAnArYpHoNe",
    "address": {"line1": "cAnArYlInE1", "postal_code": "cAnArYzIp", "city": "cAnArYcItY"},
}
MARK = "cAnArY"
"""The substring of all canaries that is searched for."""


def private() -> dict[str, object]:
    """Build the sensitive fields of a PaymentIntent, filled with canaries."""
    method = {"card": CARD, "billing_details": BILLING, "type": "card", "id": "pm_1"}
    return {
        "client_secret": CLIENT_SECRET,
        "receipt_email": BILLING["email"],
        "shipping": BILLING,
        "payment_method_data": method,
        "source": {"card": CARD, "owner": BILLING},
        "latest_charge": {"id": "ch_1", "payment_method_details": {"card": CARD}, **method},
        "last_payment_error": {
            "code": "card_declined",
            "decline_code": "generic_decline",
            "message": f"{MARK} was declined",
            "payment_method": method,
        },
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": f"https://{MARK}"}},
        "description": f"{MARK}dEsCrIpTiOn",
    }


def event(event_type: str, **changes: object) -> bytes:
    """Build a Stripe event about a PaymentIntent that is full of canaries."""
    stripe_event = json.loads(
        payment_intent_event(f"evt_{uuid.uuid4().hex}", f"pi_{uuid.uuid4().hex}")
    )
    stripe_event["type"] = event_type
    stripe_event["data"]["object"] |= private() | changes
    return json.dumps(stripe_event).encode()


@pytest.fixture
def daemon(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[Daemon]:
    """Give a daemon whose secrets are all canaries."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    secrets = {
        "PAYCLI_STRIPE_API_KEY": KEY,
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": ",".join(SECRETS),
        "PAYCLI_API_TOKENS": f"booking={TOKEN},{OTHER_TOKEN}",
        "PAYCLI_KAFKA_CONFIG": json.dumps({"sasl.password": PASSWORD}),
    }
    with Daemon(settings | secrets) as daemon:
        daemon.wait_ready()
        yield daemon


TYPES = (
    *("payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.created"),
    *("payment_intent.requires_action", "payment_intent.canceled", "customer.created"),
)
FAULTS = (
    respond(
        402, {"error": {"type": "card_error", "code": "card_declined", "payment_intent": private()}}
    ),
    respond(400, {"error": {"type": "invalid_request_error", "payment_intent": private()}}),
    respond(401, {"error": {"message": f"Invalid API Key provided: {KEY}"}}),
    respond(403, {"error": {"message": f"The key {KEY} may not"}}),
    respond(500, {"error": {"message": f"{MARK} went wrong"}}),
    respond(200, {"id": f"{MARK}", **private()}),
    respond(200, b"<html>" + MARK.encode()),
    respond(429, {"error": {"message": MARK}}),
    respond(302, {}, {"Location": f"http://127.0.0.1:1/{MARK}"}),
    disconnect(),
    reset(),
    malformed(),
    drip_body(),
)


def send_request(daemon: Daemon, stripe: Stripe, number: int) -> Response:
    """Send one of many kinds of request, with canaries in every field."""
    seeded = random.Random(f"{SEED}/{number}")
    secret = seeded.choice(SECRETS)
    body = event(seeded.choice(TYPES))
    pay = {"amount": 2000, "currency": "eur", "receipt_email": BILLING["email"]}
    headers = {
        "Authorization": f"Bearer {seeded.choice((TOKEN, OTHER_TOKEN))}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{MARK}{number}",
        "Cookie": MARK,
        "X-Request-Id": f"{MARK} {number}",
    }
    method, path = "POST", PAYMENTS
    sent = json.dumps(pay).encode()
    match 11 if number % FAULT_EVERY == 0 else seeded.randrange(11):
        case 0 | 1 | 2 | 3 | 4 as kind:
            if kind == 3:
                body = event(seeded.choice(TYPES), amount=MARK, currency=CARD, status=BILLING)
            if kind == 4:
                body = mutate(seeded, body)
            signature = stripe_signature(body, secret)
            path, sent, headers = EVENTS, body, {"Stripe-Signature": signature, "Cookie": MARK}
        case 5:
            path, sent, headers = EVENTS, body, {"Stripe-Signature": f"t=1,v1={secret}"}
        case 6:
            headers["Authorization"] = seeded.choice((f"Bearer {WRONG_TOKEN}", f"Basic {TOKEN}"))
        case 7:
            wrong = {
                **pay,
                "amount": MARK,
                "currency": MARK,
                "card": CARD,
                "metadata": {"note": [MARK]},
            }
            sent = json.dumps(wrong).encode()
        case 8:
            sent = MARK.encode()
        case 9:
            path = f"{PAYMENTS}/pi_1?client_secret={CLIENT_SECRET}&key={KEY}"
            method, sent = "GET", b""
        case 10:
            method, path, sent = "GET", f"/{KEY}/{CLIENT_SECRET}", b""
        case _:
            stripe.inject(seeded.choice(FAULTS))
    return daemon.request(method, path, sent or None, headers)


def shown(response: Response) -> str:
    """Return a response as text, without the client_secret that the caller may see."""
    body = response.body.decode()
    if response.status in (200, 201):
        body = json.dumps({**response.json, "client_secret": None})
    return f"{dict(response.headers)} {body}"


def test_no_output_contains_a_canary(
    daemon: Daemon,
    stand_in: Stripe,
    kafka: KafkaBroker,
    topic: str,
    figures: dict[str, object],
) -> None:
    """None is in responses, logs, metrics, records or arguments; there are no child processes."""
    statuses: Counter[int] = Counter()

    def search(number: int) -> str | None:
        response = send_request(daemon, stand_in, number)
        statuses[response.status] += 1
        text = shown(response)
        return text if MARK in text else None

    with ThreadPoolExecutor(CLIENTS) as pool:
        leaks = [text for text in pool.map(search, range(REQUESTS)) if text]
    figures |= {"requests": REQUESTS, "responses by status": dict(statuses)}
    assert leaks[:3] == []

    metrics = daemon.request("GET", "/metrics").body.decode()
    assert MARK not in metrics

    records = [
        *read_records(kafka.bootstrap_servers, topic),
        *read_records(kafka.bootstrap_servers, f"{topic}.unreadable"),
    ]
    figures["records"] = len(records)
    assert [record for record in records if MARK in repr(record)][:3] == []

    arguments = Path(f"/proc/{daemon.pid}/cmdline").read_text()
    assert MARK not in arguments
    children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
    assert children == ""
    assert daemon.stop() == 0
    output = daemon.stderr_text() + daemon.stdout_text()
    assert [line for line in output.splitlines() if MARK in line][:3] == []
    # The controls: canaries were sent, and every kind of output was produced.
    assert {200, 400, 401, 404, 422, 502} <= statuses.keys()
    assert records
    assert "paycli_http_requests_total" in metrics
    assert any(MARK in str(request) for request in stand_in.requests)
