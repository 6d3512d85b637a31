"""Canaries replace every secret and every card field: no output of the daemon contains one.

Responses, logs, metrics, records, arguments and child processes are searched.
"""

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from event_table import TABLE
from harness.canaries import (
    MARK,
    NUMBER,
    CanaryStripe,
    filled,
    filled_body,
    is_leak,
    leaks,
    outputs,
    without,
)
from harness.daemon import Daemon, Response
from harness.deliveries import payment_intent_event
from harness.generated_requests import EXAMPLES, RequestGenerator
from harness.kafka_broker import KafkaBroker
from harness.mutation import mutate
from harness.scale import scaled
from harness.sender import stripe_signature
from harness.stripe import Stripe, disconnect, drip_body, malformed, reset, respond
from server.openapi.operations import OPERATIONS, Operation
from service import EVENTS, PAYMENTS, daemon_settings

REQUESTS = scaled(300, 100_000)
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


def settings_of(stripe_url: str, kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Return the settings of a daemon whose secrets are all canaries."""
    settings = daemon_settings(stripe_url, kafka.bootstrap_servers, topic)
    secrets = {
        "PAYCLI_STRIPE_API_KEY": KEY,
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": ",".join(SECRETS),
        "PAYCLI_API_TOKENS": f"booking={TOKEN},{OTHER_TOKEN}",
        "PAYCLI_KAFKA_CONFIG": json.dumps({"sasl.password": PASSWORD}),
    }
    return settings | secrets


@pytest.fixture
def daemon(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[Daemon]:
    """Give a daemon whose secrets are all canaries."""
    with Daemon(settings_of(stand_in.url, kafka, topic)) as daemon:
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
        found_in = [text for text in pool.map(search, range(REQUESTS)) if text]
    figures |= {"requests": REQUESTS, "responses by status": dict(statuses)}
    assert found_in[:3] == []

    found = outputs(daemon, kafka, topic)
    figures["records"] = len(found["records"])
    assert leaks(found) == {}
    # The controls: canaries were sent, and every kind of output was produced.
    assert {200, 400, 401, 404, 422, 502} <= statuses.keys()
    assert all(found.values())
    assert any(MARK in str(request) for request in stand_in.requests)


FAILURE_EVERY = scaled(3, 1)
"""Each failure of Stripe's meets every n-th operation."""
STRIPE_OPERATIONS = [each for each in OPERATIONS if each.scope]
PAYMENT = ("client_secret", "description", "payment_url")
SETUP = ("client_secret", "setup_url")
CUSTOMER = ("name", "email", "phone")
# What the reference of the HTTP API documents in a response, of all that is sensitive.
DOCUMENTED = {
    **dict.fromkeys(
        ("createPayment", "updatePayment", "cancelPayment"),
        PAYMENT,
    ),
    # Of a Checkout Session, the response is its PaymentIntent, which has no page.
    **dict.fromkeys(("incrementPayment", "capturePayment"), ("client_secret", "description")),
    "getPayment": (*PAYMENT, "charge.card.last4", "charge.receipt_url"),
    "listPayments": ("data[].description",),
    **dict.fromkeys(("createCustomer", "getCustomer", "updateCustomer"), CUSTOMER),
    "listCustomers": tuple(f"data[].{name}" for name in CUSTOMER),
    "listPaymentMethods": tuple(f"data[].card.{n}" for n in ("last4", "exp_month", "exp_year")),
    "createCustomerSession": ("client_secret",),
    "createAccountLink": ("url",),
    **dict.fromkeys(("createAccount", "getAccount"), ("email",)),
    **dict.fromkeys(("createSetup", "getSetup", "cancelSetup"), SETUP),
}
PERSONAL = {
    **dict.fromkeys(("createPayment", "updatePayment"), ("description",)),
    **dict.fromkeys(("createCustomer", "updateCustomer"), CUSTOMER),
    "createAccount": ("email",),
    "respondToDispute": ("evidence",),
}
"""The fields of a request's body that get canaries."""
EXPIRY = f'"exp_month":{NUMBER},"exp_year":{NUMBER}'
"""What the events of saved payment methods document of a card."""
FAILURES: tuple[tuple[int, object], ...] = (
    *((status, {"error": {"type": "api_error", "message": MARK}}) for status in (401, 403, 500)),
    (429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": MARK}}),
    (402, {"error": {"type": "card_error", "code": "card_declined", "payment_intent": private()}}),
    (400, {"error": {"type": "invalid_request_error", "param": "x", "setup_intent": private()}}),
    (200, {**filled(private()), "id": 7, "created": MARK}),
)


def requests_of(operation: Operation) -> Iterator[tuple[str, bytes]]:
    """Yield the target and the body of several requests of an operation."""
    generator = RequestGenerator(random.Random(SEED), lambda: (b"", {}))
    for example in EXAMPLES[operation.id]:
        fields = filled_body(example, PERSONAL.get(operation.id, ()))
        path = generator.valid(operation).path
        yield path, json.dumps(fields).encode() if operation.body else b""
    if operation.id == "getPayment":
        yield f"{path}?include=charge", b""
    if operation.id in ("createPayment", "createSetup"):
        return
    for session in ("cs_1", "cs_setup_1"):
        other = RequestGenerator(
            random.Random(SEED), generator.webhook, {"payment_id": session, "setup_id": session}
        )
        body = json.dumps(EXAMPLES[operation.id][0]).encode() if operation.body else b""
        yield other.valid(operation).path, body


@dataclass
class Caller:
    """Sends requests of all operations, and keeps what their responses had."""

    daemon: Daemon
    statuses: Counter[int] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)
    """The documented fields that were in a response with a canary, by operation."""

    def undocumented(self, operation: Operation) -> list[str]:
        """Send several requests of an operation; return responses with other canaries."""
        return [
            f"{operation.id} {target} {text}"
            for target, body in requests_of(operation)
            if is_leak(text := self._call(operation, target, body))
        ]

    def _call(self, operation: Operation, target: str, body: bytes) -> str:
        headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": MARK}
        headers["Content-Type"] = "application/json"
        response = self.daemon.request(operation.method.upper(), target, body or None, headers)
        self.statuses[response.status] += 1
        text = response.body.decode()
        if response.status in (200, 201):
            documented = DOCUMENTED.get(operation.id, ())
            rest = without(response.json, documented)
            for name in documented:
                others = [each for each in documented if each != name]
                if is_leak(str(without(response.json, others))) and not is_leak(str(rest)):
                    self.seen.add((operation.id, name))
            text = str(rest)
        return f"{response.status} {dict(response.headers)} {text}"


def deliver_every_event(daemon: Daemon) -> None:
    """Deliver each event of the table with canaries in its object, readable and unreadable."""
    for number, case in enumerate(TABLE):
        event = case.event(id=f"evt_{number}")
        for changes in ({}, {"id": 7}):
            event["data"]["object"] = filled(event["data"]["object"]) | changes
            body = json.dumps(event).encode()
            signature = {"Stripe-Signature": stripe_signature(body, SECRETS[0])}
            assert daemon.request("POST", EVENTS, body, signature).status == 200, case


def test_no_operation_reveals_more_than_it_documents(
    kafka: KafkaBroker, topic: str, figures: dict[str, object]
) -> None:
    """Stripe's objects are full of canaries: only documented fields of responses have them.

    The same of each event: no record has them, readable or not.
    """
    with (
        CanaryStripe() as stripe,
        Daemon(settings_of(stripe.url, kafka, topic)) as daemon,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        daemon.wait_ready()
        caller = Caller(daemon)
        for number, failure in enumerate((None, *FAILURES)):
            stripe.failure = failure and (failure[0], json.dumps(failure[1]).encode())
            every = 1 if failure is None else FAILURE_EVERY
            chosen = STRIPE_OPERATIONS[number % every :: every]
            found = list(pool.map(caller.undocumented, chosen))
            assert [texts for texts in found if texts] == []
        deliver_every_event(daemon)
        results = outputs(daemon, kafka, topic)
    figures |= {
        "operations": len(STRIPE_OPERATIONS),
        "responses by status": dict(caller.statuses),
        "event types": len({case.stripe_type for case in TABLE}),
        "records": len(results["records"]),
    }
    with_expiry = [line for line in results["records"] if EXPIRY in line]
    assert all("payments.PaymentMethod" in line for line in with_expiry)
    results["records"] = [line.replace(EXPIRY, "") for line in results["records"]]
    assert leaks(results) == {}
    # The controls: requests have reached Stripe, and each documented field was in a response.
    assert {200, 201, 204, 400, 402, 502} <= caller.statuses.keys()
    documented = {(name, each) for name, names in DOCUMENTED.items() for each in names}
    assert documented - caller.seen == set()
    assert any(MARK.encode() in body for body in stripe.bodies)
    assert len(results["records"]) >= len(TABLE)


def test_a_leak_in_a_log_or_a_record_is_found(
    daemon: Daemon, kafka: KafkaBroker, topic: str
) -> None:
    """The control: a reference is logged and published, so a canary in it is found in both."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k"}
    payment = {"amount": 2000, "currency": "eur", "reference": MARK}
    assert daemon.request("POST", PAYMENTS, payment, headers).status == 201
    body = event("payment_intent.succeeded", metadata={"reference": MARK})
    signature = {"Stripe-Signature": stripe_signature(body, SECRETS[0])}
    assert daemon.request("POST", EVENTS, body, signature).status == 200
    assert leaks(outputs(daemon, kafka, topic)).keys() == {"log", "records"}
