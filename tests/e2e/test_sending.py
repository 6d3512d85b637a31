"""Many deliveries by hand: each answer counted, each record looked for, the latencies told."""

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
    """Send to the service; return what was printed as JSON, and the messages."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    done = run(
        folder,
        ("webhook", "send", *arguments, "--url", service.daemon.url, "--json"),
        settings | changes,
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or "null"), done.stderr


def test_all_are_delivered_and_found(tmp_path: Path, service: Service) -> None:
    """Duplicates are records of their own; the histogram has every delivery."""
    service.records()
    given = ("--count", "20", "--duplicate", "1", "--concurrency", "4", "--rate", "200")
    told, _ = send(tmp_path, service, SUCCEEDED, *given, "--set", "data.object.amount=777")
    assert (told["events"], told["deliveries"], told["in_kafka"]) == (20, 40, 40)
    assert (told["responses"], told["outcomes"]) == ({"200": 40}, {"published": 40})
    assert sum(step["count"] for step in told["histogram"]) == 40
    latency = told["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    records = service.records()
    assert len(records) == 40
    assert len({record.header("ce_id") for record in records}) == 20
    assert {json.loads(record.value or b"")["amount"] for record in records} == {777}


def test_what_is_not_in_kafka_is_noticed(
    tmp_path: Path, service: Service, kafka: KafkaBroker, topic: str
) -> None:
    """The control: looked for on another topic, every event is missing, and the exit code is 5."""
    del kafka
    given = (SUCCEEDED, "--count", "3")
    told, said = send(tmp_path, service, *given, code=5, PAYCLI_KAFKA_TOPIC=topic)
    assert (told["missing"], told["in_kafka"]) == (3, 0)
    assert "evt_" in said


@pytest.mark.parametrize("event_type", ["customer.created", "issuing_card.updated"])
def test_any_type_of_stripes_is_made(tmp_path: Path, service: Service, event_type: str) -> None:
    """A type that is not told is ignored by the daemon."""
    told, _ = send(tmp_path, service, event_type)
    assert (told["status"], told["outcome"]) == (200, "ignored")


def test_the_types_are_those_of_stripes_document() -> None:
    """The list of types is that of Stripe's OpenAPI document, each with the kind of its object."""
    document = json.loads((stripe_openapi() / "spec3.json").read_text())
    body = document["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
    schema = body["application/x-www-form-urlencoded"]["schema"]
    types = set(schema["properties"]["enabled_events"]["items"]["enum"]) - {"*"}
    assert set(stripe_events.all_event_types()) == types
    assert all(isinstance(kind, str) for kind in stripe_events.all_event_types().values())


def test_refusals_have_their_exit_code(tmp_path: Path, service: Service) -> None:
    """A wrong secret is 6, a body over the limit 1, a type that nobody has 2."""
    secret = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_wrong"}
    told, _ = send(tmp_path, service, SUCCEEDED, "--count", "2", code=6, **secret)
    assert told["responses"] == {"400": 2}
    long = f"data.object.description={'x' * 70_000}"
    send(tmp_path, service, SUCCEEDED, "--count", "2", "--set", long, code=1)
    _, said = send(tmp_path, service, "payment_intent.suceeded", code=2)
    assert "payment_intent.succeeded?" in " ".join(said.replace("│", " ").split())
    _, said = send(tmp_path, service, SUCCEEDED, "--set", "data.object.amount.x=1", code=2)


@pytest.mark.parametrize("count", [1, 2, 10, 99, 100, 101])
def test_a_quantile_is_the_least_that_covers_its_part(count: int) -> None:
    """Of the times 1 to n, the part p is covered by the ceiling of p times n."""
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
