"""Personal data passes through: it is in the responses to its own caller, and nowhere else."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.command_line import run
from harness.daemon import Daemon, Response
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.sender import stripe_signature
from harness.stripe import Stripe, disconnect, malformed, reset, respond
from harness.stripe_objects import example, stripe_event
from paycli.models import Evidence
from paycli.sandbox.standin import Fault
from service import (
    CUSTOMERS,
    DISPUTES,
    EVENTS,
    PAYMENTS,
    SECRET,
    SETUPS,
    TOKEN,
    daemon_settings,
)

MARK = "cAnArY"
"""The substring of all canaries."""
GUEST = {"name": "cAnArY nAmE", "email": "cAnArY@eMaIl.test", "phone": "+49cAnArY"}
ADDRESS = {"line1": "cAnArYlInE", "city": "cAnArYcItY", "postal_code": "cAnArYzIp"}
BILLING = {**GUEST, "address": ADDRESS}
CARD = {
    "brand": "visa",
    "last4": "cAnArYlAsT4",
    "fingerprint": "cAnArYfInGeR",
    "exp_month": 8,
    "exp_year": 2030,
}
EVIDENCE = {name: f"cAnArY {name} of the guest" for name in Evidence.model_fields}
DISPUTE = {**example("dispute"), "evidence": {**example("dispute")["evidence"], **EVIDENCE}}
STORED = {**example("customer"), **GUEST, "address": ADDRESS, "shipping": BILLING}


def error(status: int, **fields: object) -> Fault:
    """Respond with Stripe's error about an email address, with canaries in it."""
    message = f"Invalid email address: {GUEST['email']} of {GUEST['name']}"
    body = {"type": "invalid_request_error", "message": message, "param": "email", **fields}
    return respond(status, {"error": body}, {"Request-Id": "req_1"})


FAULTS_OF_SENT_VALUES = (
    error(400, message=f"Invalid string: {GUEST['name']}", param="name"),
    error(400, message=f"Invalid string: {GUEST['name']}", param=None),
    error(400, message=f"Invalid string: {str(GUEST['name'])[:8]}...", param="name"),
    error(400, message="Invalid phone number: 49 cAnArY", param=None),
    error(400, message=f"Invalid: {str(GUEST['email']).replace('@', ' at ')}", param="email"),
)
"""Messages with values that the request had, also in another form."""
FAULTS_OF_EVIDENCE = (
    error(400, message=f"Invalid string: {EVIDENCE['customer_name'][:8]}...", param=None),
    error(400, message="Too long: cAnArY", param="evidence[uncategorized_text]"),
    error(404, message="No such dispute: cAnArY", param="dispute"),
    respond(200, {**DISPUTE, "id": 7}),
    respond(200, {**DISPUTE, "evidence": "cAnArY"}),
)
"""Messages with a part of a text, and objects that cannot be read."""
FAULTS = (
    error(400, code="email_invalid"),
    error(400, param=None),
    error(402, type="card_error", payment_intent={"id": "pi_1", "shipping": BILLING}),
    error(404, code="resource_missing", param="customer"),
    error(409),
    error(429),
    error(500),
    respond(200, {**STORED, "id": 1}),
    respond(200, b"<html>" + json.dumps(GUEST).encode()),
    respond(403, {"error": {"type": "invalid_request_error", "message": str(GUEST)}}),
    disconnect(),
    reset(),
    malformed(),
)


@pytest.fixture(scope="module")
def topic(kafka: KafkaBroker) -> str:
    """Give a topic of its own to these tests."""
    name = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(name)
    return name


@pytest.fixture
def daemon(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[Daemon]:
    """Give a daemon that logs everything it can."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        yield daemon


def requests(customer: str, dispute: str) -> Iterator[tuple[str, str, dict[str, object] | None]]:
    """Yield requests whose every personal field is a canary, valid and invalid ones."""
    yield "POST", CUSTOMERS, {**GUEST}
    yield "POST", CUSTOMERS, {**GUEST, "email": f"{MARK} is no address"}
    yield "POST", CUSTOMERS, {**GUEST, "address": ADDRESS, "phone": MARK * 10}
    yield "POST", CUSTOMERS, {**GUEST, "name": {MARK: MARK}}
    yield "GET", f"{CUSTOMERS}?email=cAnArY%40eMaIl.test", None
    yield "GET", f"{CUSTOMERS}?email={MARK}", None
    yield "GET", f"{CUSTOMERS}?reference=x&email=cAnArY%40eMaIl.test", None
    yield "PATCH", f"{CUSTOMERS}/{customer}", {**GUEST}
    yield "GET", f"{CUSTOMERS}/{customer}", None
    yield "GET", f"{CUSTOMERS}/cAnArY@eMaIl.test", None
    yield "GET", f"{CUSTOMERS}/cAnArY@eMaIl.test/payment-methods", None
    yield "POST", SETUPS, {"customer": GUEST["email"]}
    yield (
        "POST",
        PAYMENTS,
        {"amount": 2000, "currency": "eur", "receipt_email": GUEST["email"]},
    )
    yield "DELETE", f"{CUSTOMERS}/{customer}", None
    evidence = f"{DISPUTES}/{dispute}/evidence"
    yield "POST", evidence, {"submit": False, "evidence": EVIDENCE}
    yield "POST", evidence, {"submit": False, "evidence": {**EVIDENCE, "mood": MARK}}
    yield "POST", evidence, {"submit": False, "evidence": {"customer_name": [MARK]}}
    yield "POST", evidence, {"submit": False, "evidence": {"service_date": MARK * 1000}}
    yield "GET", f"{DISPUTES}/{dispute}", None
    yield "GET", DISPUTES, None
    yield "POST", evidence, {"submit": True, "evidence": EVIDENCE}
    yield "POST", f"{DISPUTES}/{dispute}/accept", None


def send(daemon: Daemon, method: str, path: str, body: dict[str, object] | None) -> Response:
    """Send a request as an internal caller."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    return daemon.request(method, path, body, headers)


def test_personal_data_is_in_no_other_output(
    daemon: Daemon, stand_in: Stripe, kafka: KafkaBroker, topic: str
) -> None:
    """Through every route, with every fault of Stripe's, it is in no error, log, metric or record.

    Events about customers and cards, genuine and unreadable, give records without it.
    """
    statuses = set()
    customer = str(send(daemon, "POST", CUSTOMERS, {**GUEST}).json["id"])
    form = {"amount": "2000", "currency": "eur"}
    payment = stand_in.call("POST", "/v1/payment_intents", form).json["id"]
    stand_in.pay(payment)
    dispute = stand_in.control("disputes", payment_intent=payment)["id"]
    for method, path, body in requests(customer, dispute):
        sent = FAULTS_OF_SENT_VALUES if body is not None and "phone" in body else ()
        sent = FAULTS_OF_EVIDENCE if body is not None and "evidence" in body else sent
        for fault in (None, *FAULTS, *sent):
            stand_in.clear_faults()
            if fault is not None:
                stand_in.inject(*[fault] * 5)
            response = send(daemon, method, path, body)
            statuses.add(response.status)
            if response.status >= 300 or path.startswith(DISPUTES):
                assert MARK not in response.body.decode(), (method, path, fault)
    stand_in.clear_faults()
    method_object = {
        **example("payment_method"),
        "billing_details": BILLING,
        "card": CARD,
        "customer": "cus_1",
    }
    for number, (event_type, subject, previous) in enumerate(
        (
            ("customer.deleted", STORED, None),
            ("customer.deleted", {**STORED, "id": None}, None),
            ("customer.updated", STORED, {"email": GUEST["email"]}),
            ("payment_method.attached", method_object, None),
            ("payment_method.detached", {**method_object, "customer": None}, {"customer": "cus_1"}),
            ("payment_method.automatically_updated", method_object, {"card": CARD}),
            ("payment_method.attached", {**method_object, "id": 7}, None),
            ("charge.dispute.created", DISPUTE, None),
            ("charge.dispute.updated", DISPUTE, {"evidence": EVIDENCE}),
            ("charge.dispute.closed", {**DISPUTE, "id": 7}, None),
        )
    ):
        event = json.dumps(stripe_event(event_type, subject, previous, id=f"evt_{number}")).encode()
        headers = {"Stripe-Signature": stripe_signature(event, SECRET)}
        assert daemon.request("POST", EVENTS, event, headers).status == 200

    metrics = daemon.request("GET", "/metrics").body.decode()
    records = [
        *read_records(kafka.bootstrap_servers, topic),
        *read_records(kafka.bootstrap_servers, f"{topic}.unreadable"),
    ]
    assert daemon.stop() == 0
    output = daemon.stderr_text() + daemon.stdout_text()
    for where, text in (
        ("metrics", metrics),
        ("logs", output),
        ("records", repr(records)),
    ):
        assert MARK not in text, where
    # The controls: every kind of output was produced, and canaries have reached Stripe.
    assert {200, 201, 204, 400, 402, 404, 422, 429, 502} <= statuses
    assert len(records) == 9
    assert output.count('"event":"request_completed"') > 100
    assert any(MARK in str(request) for request in stand_in.requests)


def test_the_command_line_has_personal_data_only_in_its_output(
    stand_in: Stripe, tmp_path: Path
) -> None:
    """It is read from standard input, and no option takes it; errors do not repeat it."""
    settings = daemon_settings(stand_in.url, "127.0.0.1:1", "t")

    def customer(*arguments: str, guest: object) -> subprocess.CompletedProcess[str]:
        command = ("customer", *arguments, "--file", "-")
        return run(tmp_path, command, settings, stdin=json.dumps(guest).encode())

    created = customer("create", guest=GUEST)
    assert created.returncode == 0, created.stderr
    assert str(GUEST["email"]) in created.stdout
    assert MARK not in created.stderr
    listed = customer("list", guest={"email": GUEST["email"]})
    assert listed.returncode == 0
    assert MARK not in listed.stdout + listed.stderr
    for wrong in ({**GUEST, "email": f"{MARK} x"}, {**GUEST, "phone": MARK * 10}, [MARK], MARK):
        refused = customer("create", guest=wrong)
        assert refused.returncode != 0
        assert MARK not in refused.stdout + refused.stderr
    option = customer("create", "--email", str(GUEST["email"]), guest={})
    assert option.returncode == 2
