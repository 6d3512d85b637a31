"""`webhook send` with many deliveries: responses, records in Kafka and latencies."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import run
from harness.kafka_broker import KafkaBroker
from harness.tools import stripe_openapi
from paycli.cli.webhook.latency import histogram, quantiles
from paycli.sandbox import stripe_events
from service import Service, daemon_settings

SUCCEEDED = "payment_intent.succeeded"


def send(
    folder: Path, service: Service, *arguments: str, code: int = 0, **changes: str
) -> tuple[Any, str]:
    """Send events to the service; return the JSON output, and the messages."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    done = run(
        folder,
        ("webhook", "send", *arguments, "--url", service.daemon.url, "--json"),
        settings | changes,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or "null"), done.stderr


def test_all_deliveries_are_found_in_kafka(tmp_path: Path, service: Service) -> None:
    """Each delivery has a record, also duplicates; the histogram counts all deliveries."""
    service.records()
    options = ("--count", "20", "--duplicate", "1", "--concurrency", "4", "--rate", "200")
    report, _ = send(tmp_path, service, SUCCEEDED, *options, "--set", "data.object.amount=777")
    assert (report["events"], report["deliveries"], report["in_kafka"]) == (20, 40, 40)
    assert (report["responses"], report["outcomes"]) == ({"200": 40}, {"published": 40})
    assert sum(bucket["count"] for bucket in report["histogram"]) == 40
    latency = report["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    records = service.records()
    assert len(records) == 40
    assert len({record.header("ce_id") for record in records}) == 20
    assert {json.loads(record.value or b"")["amount"] for record in records} == {777}


def test_missing_records_are_detected(
    tmp_path: Path, service: Service, kafka: KafkaBroker, topic: str
) -> None:
    """On another topic every event is missing, and the exit code is 5."""
    del kafka
    options = (SUCCEEDED, "--count", "3")
    report, messages = send(tmp_path, service, *options, code=5, PAYCLI_KAFKA_TOPIC=topic)
    assert (report["missing"], report["in_kafka"]) == (3, 0)
    assert "evt_" in messages


@pytest.mark.parametrize("event_type", ["customer.created", "issuing_card.updated"])
def test_any_stripe_event_type_can_be_sent(
    tmp_path: Path, service: Service, event_type: str
) -> None:
    """The daemon ignores a type that is not mapped."""
    report, _ = send(tmp_path, service, event_type)
    assert (report["status"], report["outcome"]) == (200, "ignored")


def test_the_event_types_are_those_of_stripes_openapi_document() -> None:
    """Each event type of Stripe's OpenAPI document is known, with the kind of its object."""
    document = json.loads((stripe_openapi() / "spec3.json").read_text())
    body = document["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
    schema = body["application/x-www-form-urlencoded"]["schema"]
    types = set(schema["properties"]["enabled_events"]["items"]["enum"]) - {"*"}
    assert set(stripe_events.all_event_types()) == types
    assert all(isinstance(kind, str) for kind in stripe_events.all_event_types().values())


def test_refusals_have_their_exit_code(tmp_path: Path, service: Service) -> None:
    """A wrong secret exits with 6, a body over the limit with 1, an unknown type with 2."""
    secret = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_another_endpoint"}
    report, _ = send(tmp_path, service, SUCCEEDED, "--count", "2", code=6, **secret)
    assert report["responses"] == {"400": 2}
    long = f"data.object.description={'x' * 70_000}"
    send(tmp_path, service, SUCCEEDED, "--count", "2", "--set", long, code=1)
    _, messages = send(tmp_path, service, "payment_intent.suceeded", code=2)
    assert "payment_intent.succeeded?" in " ".join(messages.replace("│", " ").split())
    send(tmp_path, service, SUCCEEDED, "--set", "data.object.amount.x=1", code=2)


@pytest.mark.parametrize("count", [1, 2, 10, 99, 100, 101])
def test_quantiles_use_the_nearest_rank(count: int) -> None:
    """Of the latencies 1 to n, the quantile q is the ceiling of q times n."""
    latencies = [float(n) for n in range(1, count + 1)]
    assert quantiles(latencies) == {
        "p50": math.ceil(0.5 * count),
        "p90": math.ceil(0.9 * count),
        "p99": math.ceil(0.99 * count),
        "max": count,
    }
    assert quantiles([])["p50"] is None
    assert sum(number for _, number in histogram(latencies)) == count
    assert histogram([0.5, 1.0, 1.5, 9999.0]) == [(1, 2), (2, 1), (None, 1)]
