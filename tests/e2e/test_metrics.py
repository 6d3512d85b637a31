"""`/metrics` counts exactly what was sent, over all workers."""

import os
import signal
import time
from pathlib import Path

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.sender import send, stripe_signature
from harness.stripe import Stripe
from service import EVENTS, SECRET, TOKEN, Service, daemon_settings

KINDS = ("webhook", "api", "other")


def metrics(daemon: Daemon) -> dict[str, float]:
    """Returns the value of each series."""
    text = daemon.request("GET", "/metrics").body.decode()
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_metrics_of_two_workers_add_up(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Webhooks, payments and errors are counted exactly, also after a worker was killed."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon({**settings, "PAYCLI_WORKERS": "2"}) as daemon:
        daemon.wait_ready()
        wait_until(
            lambda: metrics(daemon)["paycli_workers_ready"] == 2, 10, "both workers are ready"
        )
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        outcomes = send(payment_deliveries(400, SECRET, seed=1), daemon.url + EVENTS)
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGKILL)
        wait_until(
            lambda: metrics(daemon)["paycli_worker_exits_total"] == 1, 10, "the exit is counted"
        )
        wait_until(
            lambda: metrics(daemon)["paycli_workers_ready"] == 2, 10, "the worker is replaced"
        )
        outcomes += send(payment_deliveries(400, SECRET, seed=2), daemon.url + EVENTS)
        for number in range(7):
            stale = stripe_signature(b"{}", SECRET, time.time() - 400)
            assert service.deliver(b"{}", stale).status == 400
            assert (
                service.create_payment({"amount": 100, "currency": "eur"}, f"k{number}").status
                == 201
            )
        for _ in range(5):
            assert (
                service.create_payment({"amount": 100, "currency": "eur"}, "k", "wrong").status
                == 401
            )
            assert service.get("/unknown").status == 404
        values = metrics(daemon)
    assert [each for each in outcomes if not each.accepted] == []
    webhooks = {
        name: count for name, count in values.items() if name.startswith("paycli_webhooks_total")
    }
    assert sum(webhooks.values()) == 800
    assert all('outcome="published"' in name for name, count in webhooks.items() if count)
    assert values["paycli_kafka_ack_duration_seconds_count"] == 800
    assert values["paycli_event_age_seconds_count"] == 800
    request = 'paycli_http_requests_total{{method="{}",route="{}",status="{}"}}'.format
    assert values[request("POST", "/api/v1/stripe/events", 200)] == 800
    assert values[request("POST", "/api/v1/stripe/events", 400)] == 7
    assert values[request("POST", "/api/v1/payments", 201)] == 7
    assert values[request("other", "other", 401)] == 5
    assert values[request("other", "other", 404)] == 5
    assert values['paycli_signature_failures_total{cause="stale"}'] == 7
    assert values['paycli_problems_total{code="unauthorized"}'] == 5
    assert values['paycli_stripe_request_duration_seconds_count{outcome="ok"}'] == 7
    in_flight = {kind: values[f'paycli_http_requests_in_flight{{kind="{kind}"}}'] for kind in KINDS}
    assert in_flight == {"webhook": 0, "api": 0, "other": 1}, "the scrape itself"
    assert values["paycli_workers"] == 2
    assert TOKEN not in str(values)
