"""Traces from end to end, as a collector receives them."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from harness.collector import CollectedSpan, Collector
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.ports import free_port
from harness.stripe import Stripe, respond
from service import SECRET, TOKEN, Service, daemon_settings

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"


@contextmanager
def traced(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, **settings: str
) -> Iterator[tuple[Service, Collector]]:
    """Give a ready daemon with these further settings, and the collector of its traces."""
    with Collector() as collector:
        settings |= {
            **daemon_settings(stand_in.url, kafka.bootstrap_servers, topic),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with Daemon(settings) as daemon:
            daemon.wait_all_ready()
            yield Service(daemon, stand_in, kafka.bootstrap_servers, topic), collector


def test_traces_connect_caller_to_stripe_and_webhook_to_record(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Spans are nested, both attempts at Stripe have one, and none contains a secret."""
    with traced(kafka, topic, stand_in, PAYCLI_WORKERS="2") as (service, collector):
        stand_in.inject(respond(200, b"malformed"))
        key = f"canary-{uuid.uuid4().hex}"
        payment = service.create_payment(
            {"amount": 100, "currency": "eur"}, key, traceparent=TRACEPARENT
        )
        assert payment.status == 201
        assert service.deliver_payment_event("evt_1", "pi_1").status == 200
        wait_until(lambda: len(collector.spans) == 5, 10, "all spans are exported")
        assert service.daemon.stop() == 0
    spans = {it.name: it for it in collector.spans}
    create = spans["POST /api/v1/payments"]
    assert (create.trace_id, create.parent_id) == (TRACE, CALLER)
    assert create.attributes["http.response.status_code"] == "201"
    attempts = [it for it in collector.spans if it.name == "Stripe POST"]
    assert [(it.trace_id, it.parent_id) for it in attempts] == [(TRACE, create.id)] * 2
    assert [it.attributes.get("error.type") for it in attempts] == ["stripe_unavailable", None]
    webhook, record = spans["POST /api/v1/stripe/events"], spans[f"publish {topic}"]
    assert within(record, webhook)
    [stored] = service.records()
    assert str(stored.header("traceparent")).startswith(f"00-{record.trace_id}-{record.id}-")
    for secret in (SECRET, TOKEN, key, "sk_test_", "_secret_"):
        assert secret.encode() not in collector.raw


def within(inner: CollectedSpan, outer: CollectedSpan) -> bool:
    """Returns whether a span is a child of the other."""
    return (inner.trace_id, inner.parent_id) == (outer.trace_id, outer.id)


def test_only_a_caller_with_a_token_can_have_a_request_sampled(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """With sampling off, `traceparent` has effect with a token, and none without."""
    off = {"OTEL_TRACES_SAMPLER": "parentbased_always_off"}
    with traced(kafka, topic, stand_in, **off) as (service, collector):
        assert service.deliver(b"{}", traceparent=TRACEPARENT, signature="x").status == 400
        body = b'{"id": "evt_1", "type": "x", "data": {}}'
        assert service.deliver(body, traceparent=TRACEPARENT).status == 200
        payment = {"amount": 100, "currency": "eur"}
        sent = {"Authorization": "Bearer wrong", "traceparent": TRACEPARENT}
        refused = service.daemon.request("POST", "/api/v1/payments", b"{}", headers=sent)
        assert refused.status == 401
        created = service.create_payment(payment, "k", traceparent=TRACEPARENT)
        assert created.status == 201
        assert service.daemon.stop() == 0
    assert {it.name for it in collector.spans} == {"POST /api/v1/payments", "Stripe POST"}
    assert len(collector.spans) == 2


def test_an_unreachable_collector_affects_nothing(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Payments succeed, no exception is logged, and the daemon stops in time."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        assert service.create_payment({"amount": 100, "currency": "eur"}, "k").status == 201
        started = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - started < 6
        assert "Traceback" not in daemon.stderr_text()


def test_opentelemetry_is_not_imported_without_a_collector() -> None:
    """Without traces the SDK costs neither memory nor startup time."""
    program = (
        "import sys; from paycli import bootstrap; bootstrap.import_sdks()\n"
        "import server.process.worker; bootstrap.tracer('x')\n"
        "print([it for it in sys.modules if it.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
