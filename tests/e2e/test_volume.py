"""Many payments and webhooks on stripe-mock and a real broker: none lost, none invented."""

import itertools
import json
from collections.abc import Iterable

import pytest

from harness.daemon import Daemon
from harness.deliveries import TAMPERINGS, create_payments, payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.scale import scaled
from harness.sender import Delivery, Outcome, send
from harness.stripe_mock import StripeMock
from service import EVENTS, SECRET, TOKEN, daemon_settings

pytestmark = pytest.mark.timeout(300)

PAYMENTS = scaled(500, 1_000)
WEBHOOKS = scaled(5_000, 10_000)
REFUSED = scaled(500, 1_000)


def expected_data(delivery: Delivery) -> dict[str, object]:
    """Derive the event data of a delivery's record from the delivery itself."""
    intent = json.loads(delivery.body)["data"]["object"]
    return {
        "payment_id": intent["id"],
        "account": None,
        "status": "succeeded",
        "amount": intent["amount"],
        "currency": intent["currency"],
        "reference": intent["metadata"]["reference"],
        "metadata": intent["metadata"],
        "amount_received": intent["amount"],
        "charge_id": intent["latest_charge"],
        "payment_method_id": intent["payment_method"],
        "payment_method_types": ["card"],
    }


def count(outcomes: Iterable[Outcome]) -> dict[int | None, int]:
    """Count the outcomes by status."""
    statuses = sorted((o.status for o in outcomes), key=str)
    return {status: len(list(same)) for status, same in itertools.groupby(statuses)}


def test_every_2xx_has_exactly_one_record_and_nothing_else_is_published(
    kafka: KafkaBroker, stripe_mock: StripeMock, topic: str, figures: dict[str, object]
) -> None:
    """All payments get 201, signed webhooks 200 and a record, and forged ones 400."""
    genuine = list(payment_deliveries(WEBHOOKS, SECRET, seed=1))
    forged = [
        TAMPERINGS[number % len(TAMPERINGS)](delivery)
        for number, delivery in enumerate(payment_deliveries(REFUSED, SECRET, seed=2))
    ]
    settings = daemon_settings(stripe_mock.url, kafka.bootstrap_servers, topic)
    settings["PAYCLI_STRIPE_TIMEOUT_SECONDS"] = "10"
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        url = daemon.url + EVENTS
        payments = create_payments(daemon.url, TOKEN, PAYMENTS)
        accepted = send(genuine, url)
        refused = send(forged, url)

    assert count(payments) == {201: PAYMENTS}
    assert count(accepted) == {200: WEBHOOKS}
    assert count(refused) == {400: REFUSED}
    stored = read_records(kafka.bootstrap_servers, topic)
    assert len(stored) == WEBHOOKS
    records = {record.header("ce_id") or "": record for record in stored}
    assert records.keys() == {delivery.event_id for delivery in genuine}
    for delivery in genuine:
        record = records[delivery.event_id]
        expected = expected_data(delivery)
        value = json.loads(record.value or b"")
        value.pop("occurred_at")
        assert value == expected
        assert record.key == str(expected["payment_id"]).encode()
        assert record.header("ce_subject") == expected["payment_id"]
        assert record.header("ce_type") == "payments.PaymentSucceededEvent.v1"
        assert record.header("origin") == "webhook"
    assert read_records(kafka.bootstrap_servers, f"{topic}.unreadable") == []
    figures |= {"payments created": PAYMENTS, "webhooks acknowledged": WEBHOOKS}
    figures |= {"forged webhooks refused": REFUSED, "records on the topic": len(stored)}
