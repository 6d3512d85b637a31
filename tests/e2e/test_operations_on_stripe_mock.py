"""Every request to Stripe conforms to its API: stripe-mock validates all parameters."""

import http.client
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.stripe_mock import StripeMock
from harness.tools import stripe_openapi
from paycli.models import Evidence
from service import (
    ACCOUNTS,
    BALANCE,
    CUSTOMERS,
    DISPUTES,
    PAYMENTS,
    PAYOUTS,
    SETUPS,
    TOKEN,
    TRANSFERS,
    daemon_settings,
)

ALL = {
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "description": "Two nights",
    "customer": "cus_1",
    "receipt_email": "guest@example.com",
    "metadata": {"room": "12"},
    "capture_method": "manual",
    "account": "acct_1",
}
CHECKOUT = {
    **ALL,
    "flow": "checkout",
    "line_items": [{"name": "Night", "quantity": 2, "amount": 1000}],
    "success_url": "https://shop.test/paid",
    "cancel_url": "https://shop.test/back",
}
HOSTED = {"flow": "checkout", "success_url": "https://shop.test/paid"}
EMBEDDED = {
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "flow": "checkout",
    "ui": "embedded",
    "return_url": "https://shop.test/paid",
    "locale": "pt-BR",
    "submit_type": "donate",
    "statement_descriptor_suffix": "BOOKING 42",
}
HELD = {
    **ALL,
    "hold": {"extended": True, "incremental": True, "overcapture": True, "multicapture": True},
    "statement_descriptor_suffix": "BOOKING 42",
}
SHARED = {
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "application_fee": 200,
    "destination": "acct_1",
    "on_behalf_of": "acct_1",
    "transfer_group": "booking-42",
}
SAVED = {
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "customer": "cus_1",
    "payment_method": "pm_1",
    "off_session": True,
}
REFUND = {
    "metadata": {"ticket": "7"},
    "reverse_transfer": False,
    "refund_application_fee": False,
}
TRANSFER = {"destination": "acct_2", "amount": 500, "metadata": {"room": "7"}}
HOST = {
    "country": "DE",
    "email": "host@example.com",
    "business_type": "individual",
    "reference": "host-9",
    "metadata": {"region": "north"},
}
LINK = {"refresh_url": "https://shop.test/again", "return_url": "https://shop.test/done"}
CUSTOMER = {
    "name": "Anna Example",
    "email": "guest@example.com",
    "phone": "+4930123456",
    "reference": "guest-7",
    "metadata": {"tier": "gold"},
    "account": "acct_1",
}
SETUP = {
    "customer": "cus_1",
    "usage": "on_session",
    "reference": "booking-42",
    "metadata": {"room": "12"},
    "account": "acct_1",
}
SETUP_CHECKOUT = {
    "flow": "checkout",
    "customer": "cus_1",
    "usage": "off_session",
    "currency": "eur",
    "reference": "booking-42",
    "metadata": {"room": "12"},
    "success_url": "https://shop.test/saved",
    "cancel_url": "https://shop.test/back",
}
EVIDENCE = {"submit": True, "evidence": dict.fromkeys(Evidence.model_fields, "x")}
ONE = f"{PAYMENTS}/pi_1"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", PAYMENTS, ALL, 201),
        ("POST", PAYMENTS, CHECKOUT, 201),
        ("POST", PAYMENTS, EMBEDDED, 201),
        ("POST", PAYMENTS, HELD, 201),
        ("POST", PAYMENTS, SHARED, 201),
        ("POST", PAYMENTS, {**SHARED, **HOSTED}, 201),
        ("POST", PAYMENTS, SAVED, 201),
        ("POST", PAYMENTS, {**SAVED, **HOSTED, "payment_method": None, "off_session": False}, 201),
        ("GET", f"{PAYMENTS}?account=acct_1", None, 200),
        (
            "GET",
            f"{PAYMENTS}?limit=3&created_from=2026-01-01T00:00:00Z&created_to=2027-01-01T00:00:00Z",
            None,
            200,
        ),
        (
            "GET",
            f"{PAYMENTS}?reference=it's&status=succeeded&created_from=2026-01-01T00:00:00Z&limit=3",
            None,
            200,
        ),
        ("GET", ONE, None, 200),
        ("GET", f"{PAYMENTS}/cs_test_1", None, 200),
        ("PATCH", ONE, {"description": "x", "metadata": {"a": "1", "b": None}}, 200),
        ("PATCH", f"{PAYMENTS}/cs_test_1", {"metadata": {"a": "1"}}, 200),
        ("GET", f"{ONE}?include=charge&account=acct_1", None, 200),
        ("GET", f"{PAYMENTS}/cs_test_1?include=charge", None, 200),
        ("PATCH", ONE, {"amount": 2500}, 200),
        ("POST", f"{ONE}/increment", {"amount": 2500}, 200),
        ("POST", f"{ONE}/capture", {"amount": 500, "final": False}, 200),
        ("POST", f"{ONE}/capture", {"amount": 1500, "application_fee": 150}, 200),
        ("POST", f"{ONE}/cancel", {"reason": "requested_by_customer"}, 200),
        ("POST", f"{PAYMENTS}/cs_test_1/cancel", {}, 200),
        # All payments of stripe-mock have a destination.
        (
            "POST",
            f"{ONE}/refunds",
            {"amount": 500, "reason": "duplicate", "reverse_transfer": True},
            201,
        ),
        ("POST", f"{ONE}/refunds", REFUND, 201),
        ("GET", f"{ONE}/refunds?limit=3", None, 200),
        ("GET", "/api/v1/refunds/re_1", None, 200),
        ("POST", f"{TRANSFERS}/tr_1/reversals", None, 201),
        ("POST", f"{TRANSFERS}/tr_1/reversals", {"amount": 5, "metadata": {"a": "1"}}, 201),
        (
            "GET",
            f"{DISPUTES}?payment=pi_1&limit=3&created_from=2001-01-01T00:00:00Z&account=acct_1",
            None,
            200,
        ),
        ("GET", f"{DISPUTES}?status=warning_needs_response&payment=cs_test_1", None, 200),
        ("GET", f"{DISPUTES}/du_1?account=acct_1", None, 200),
        ("POST", f"{DISPUTES}/du_1/evidence", {**EVIDENCE, "account": "acct_1"}, 200),
        ("POST", f"{DISPUTES}/du_1/evidence", {**EVIDENCE, "submit": False}, 200),
        ("POST", f"{DISPUTES}/du_1/accept", None, 200),
        ("POST", f"{DISPUTES}/du_1/accept", {"account": "acct_1"}, 200),
        ("GET", f"{PAYOUTS}?status=paid&limit=3&created_from=2026-01-01T00:00:00Z", None, 200),
        ("GET", f"{PAYOUTS}/po_1", None, 200),
        ("GET", f"{PAYOUTS}/po_1/transactions?limit=3", None, 200),
        ("GET", f"{BALANCE}?account=acct_1", None, 200),
        ("POST", ACCOUNTS, HOST, 201),
        ("GET", f"{ACCOUNTS}/acct_1", None, 200),
        ("POST", f"{ACCOUNTS}/acct_1/links", LINK, 201),
        ("POST", f"{ACCOUNTS}/acct_1/links", {**LINK, "type": "update"}, 201),
        ("POST", CUSTOMERS, CUSTOMER, 201),
        ("POST", CUSTOMERS, {}, 201),
        ("GET", f"{CUSTOMERS}?email=guest@example.com&limit=3&account=acct_1", None, 200),
        ("GET", f"{CUSTOMERS}?reference=it's&limit=3", None, 200),
        ("GET", f"{CUSTOMERS}/cus_1", None, 200),
        ("PATCH", f"{CUSTOMERS}/cus_1", {**CUSTOMER, "phone": None}, 200),
        ("DELETE", f"{CUSTOMERS}/cus_1", None, 204),
        ("GET", f"{CUSTOMERS}/cus_1/payment-methods?limit=3&account=acct_1", None, 200),
        ("DELETE", f"{CUSTOMERS}/cus_1/payment-methods/pm_1?account=acct_1", None, 204),
        ("POST", f"{CUSTOMERS}/cus_1/sessions", None, 201),
        ("POST", f"{CUSTOMERS}/cus_1/sessions", {"account": "acct_1"}, 201),
        ("POST", SETUPS, SETUP, 201),
        ("POST", SETUPS, {"customer": "cus_1"}, 201),
        ("POST", SETUPS, SETUP_CHECKOUT, 201),
        ("GET", f"{SETUPS}?customer=cus_1&limit=3&account=acct_1", None, 200),
        ("GET", f"{SETUPS}/seti_1", None, 200),
        ("POST", f"{SETUPS}/seti_1/cancel", {"reason": "abandoned"}, 200),
        # stripe-mock's only Session is that of a payment.
        ("GET", f"{SETUPS}/cs_test_1", None, 404),
        ("POST", f"{SETUPS}/cs_test_1/cancel", None, 404),
    ],
)
def test_stripe_mock_accepts_every_request(
    mock_service: Daemon, method: str, path: str, body: dict[str, object] | None, status: int
) -> None:
    """Requests with all fields pass stripe-mock's validation, and its responses are parsed."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    response = mock_service.request(method, path, body, headers)
    assert response.status == status, response.body


@pytest.fixture(scope="module")
def mock_with_charges(
    kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """A daemon whose stripe-mock has only payments that have succeeded."""
    fixtures = json.loads((stripe_openapi() / "fixtures3.json").read_text())
    charged = {"amount_received": 2000, "latest_charge": "ch_1", "status": "succeeded"}
    fixtures["resources"]["payment_intent"].update(charged)
    fixtures["resources"]["charge"]["transfer_group"] = "group_pi_1"
    file = tmp_path_factory.mktemp("stripe-mock") / "fixtures.json"
    file.write_text(json.dumps(fixtures))
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_topic(topic)
    kafka.create_topic(f"{topic}.unreadable")
    with StripeMock(file) as mock:
        settings = daemon_settings(mock.url, kafka.bootstrap_servers, topic)
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            yield daemon


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", f"{ONE}/transfers", TRANSFER, 201),
        ("POST", f"{PAYMENTS}/cs_test_1/transfers", TRANSFER, 201),
        ("GET", f"{ONE}/transfers?limit=3&account=acct_1", None, 200),
    ],
)
def test_stripe_mock_accepts_every_request_about_a_charge(
    mock_with_charges: Daemon, method: str, path: str, body: dict[str, object] | None, status: int
) -> None:
    """Requests for a payment with a charge pass stripe-mock's validation as well."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    response = mock_with_charges.request(method, path, body, headers)
    assert response.status == status, response.body


def test_stripe_mock_accepts_an_expiry(mock_service: Daemon) -> None:
    """A page that expires is requested as Stripe documents."""
    moment = datetime.now(UTC) + timedelta(hours=1)
    body = {**EMBEDDED, "expires_at": moment.isoformat(timespec="seconds")}
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": uuid.uuid4().hex}
    assert mock_service.request("POST", PAYMENTS, body, headers).status == 201


def test_stripe_mock_rejects_an_unknown_parameter(stripe_mock: StripeMock) -> None:
    """The control: a parameter that the operation does not have is rejected."""
    connection = http.client.HTTPConnection(stripe_mock.url.removeprefix("http://"), timeout=5)
    headers = {"Authorization": "Bearer sk_test_x"}
    connection.request("POST", "/v1/payment_intents/pi_1/capture", "amount=5", headers)
    assert connection.getresponse().status == 400
    connection.close()
