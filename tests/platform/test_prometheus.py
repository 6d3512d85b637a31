"""Alerts and dashboard, in a real Prometheus that scrapes real daemons."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.daemon import Daemon
from harness.deliveries import payment_intent_event
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.prometheus import Prometheus
from harness.registry import FakeRegistry
from harness.sender import stripe_signature
from harness.stripe import Stripe, always, hang, respond
from harness.tools import ROOT, installed
from service import Service, daemon_settings

RULES = ROOT / "scripts/deploy/prometheus/alerts.yaml"
DASHBOARD = ROOT / "scripts/deploy/grafana/dashboard.json"
ALERTS = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
PAYMENT = {"amount": 100, "currency": "eur"}

# Simulates a bug in paycli, since no known input causes a 500.
BROKEN = """
import sys
from paycli.cli.main import main
from server.api.health import HealthResource
HealthResource.on_get = lambda *_: 1 / 0
sys.argv = ["paycli", "serve"]
main()
"""


@dataclass
class Environment:
    """A daemon with its dependencies, a second one with a bug, and the Prometheus of both."""

    service: Service
    kafka: KafkaBroker
    registry: FakeRegistry
    broken: Daemon
    prometheus: Prometheus


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    """Yields a healthy environment, with the alert rules but without their `for`."""
    immediate_rules = re.sub(r"^ +for: \w+\n", "", RULES.read_text(), flags=re.MULTILINE)
    (tmp_path / "alerts.yaml").write_text(immediate_rules)
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    with ExitStack() as stack:
        kafka = stack.enter_context(KafkaBroker({"auto.create.topics.enable": "false"}))
        kafka.create_event_topics(topic)
        stripe = stack.enter_context(Stripe())
        registry = stack.enter_context(FakeRegistry())
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        settings |= {
            "PAYCLI_WORKERS": "2",
            "PAYCLI_ACK_TIMEOUT_SECONDS": "5",
            "PAYCLI_STRIPE_MAX_IN_FLIGHT": "1",
            "PAYCLI_EUREKA_URL": registry.url,
            "PAYCLI_EUREKA_HEARTBEAT_SECONDS": "1",
        }
        daemon = stack.enter_context(Daemon(settings))
        broken = stack.enter_context(
            Daemon(
                settings | {"PAYCLI_WORKERS": "1", "PAYCLI_DRAIN_SECONDS": "60"},
                command=(sys.executable, "-c", BROKEN),
            )
        )
        for each in (daemon, broken):
            each.wait_all_ready()
        targets = [f"127.0.0.1:{each.port}" for each in (daemon, broken)]
        prometheus = stack.enter_context(Prometheus(targets, tmp_path / "alerts.yaml"))
        service = Service(daemon, stripe, kafka.bootstrap_servers, topic)
        yield Environment(service, kafka, registry, broken, prometheus)


def signatures(environment: Environment) -> None:
    """Webhooks are signed with the secret of another endpoint."""
    for number in range(30):
        body = payment_intent_event(f"evt_{number}", "pi_1")
        environment.service.deliver(body, stripe_signature(body, "whsec_of_another"))


def live_events(environment: Environment) -> None:
    """A live endpoint sends events to a daemon with a test key."""
    environment.service.deliver_payment_event("evt_live", "pi_1", livemode=True)


def unreadable(environment: Environment) -> None:
    """An event cannot be translated."""
    environment.service.deliver_payment_event("evt_unreadable", "pi_1", changes={"amount": "many"})


def delayed(environment: Environment) -> None:
    """Events are an hour old."""
    for number in range(30):
        created = int(time.time()) - 3600
        environment.service.deliver_payment_event(f"evt_{number}", "pi_1", created=created)


def key_revoked(environment: Environment) -> None:
    """Stripe rejects the API key."""
    environment.service.stripe.inject(respond(401, {"error": {"type": "invalid_request_error"}}))
    environment.service.create_payment(PAYMENT, uuid.uuid4().hex)


def outcome_unknown(environment: Environment) -> None:
    """Stripe returns 500 after it has used the idempotency key."""
    server_error = respond(500, {"error": {"type": "api_error", "message": "no"}})
    environment.service.stripe.inject(always(server_error))
    environment.service.create_payment(PAYMENT, uuid.uuid4().hex)
    environment.service.stripe.clear_faults()


def stripe_failing(environment: Environment) -> None:
    """Stripe's responses are malformed."""
    environment.service.stripe.inject(always(respond(200, b"malformed")))
    for _ in range(5):
        environment.service.create_payment(PAYMENT, uuid.uuid4().hex)
    environment.service.stripe.clear_faults()


def stripe_slow(environment: Environment) -> None:
    """Stripe is slow, and more payments arrive than can be in flight."""
    environment.service.stripe.inject(always(hang(1)))
    threads = [
        threading.Thread(
            target=environment.service.create_payment, args=(PAYMENT, uuid.uuid4().hex)
        )
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    environment.service.stripe.clear_faults()


def internal_error(environment: Environment) -> None:
    """A resource raises an unexpected exception."""
    assert environment.broken.request("GET", "/healthz").status == 500


def worker_killed(environment: Environment) -> None:
    """A worker is killed, as by the out-of-memory killer."""
    pid = environment.service.daemon.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    os.kill(int(children.split()[1]), signal.SIGKILL)


def registry_failing(environment: Environment) -> None:
    """The registry returns 503 to every request."""
    environment.registry.statuses += [503] * 10_000


def kafka_stalls(environment: Environment) -> None:
    """The broker pauses for longer than a second."""
    threading.Timer(1.3, environment.kafka.resume).start()
    environment.kafka.pause()
    environment.service.deliver_payment_event("evt_slow", "pi_1")


def topic_deleted(environment: Environment) -> None:
    """A topic is deleted."""
    environment.kafka.delete_topic(f"{environment.service.topic}.unreadable")
    environment.service.deliver_payment_event(
        "evt_topic_missing", "pi_1", changes={"amount": "many"}
    )


def kafka_killed(environment: Environment) -> None:
    """The only broker is killed."""
    environment.kafka.kill()
    environment.service.deliver_payment_event("evt_kafka_unreachable", "pi_1")


def not_ready(environment: Environment) -> None:
    """A daemon keeps draining."""
    environment.broken.process.signal(signal.SIGTERM)


def stopped(environment: Environment) -> None:
    """A daemon is killed."""
    environment.broken.kill()


FAULTS: dict[str, Callable[[Environment], None]] = {
    "PaycliSignatureFailures": signatures,
    "PaycliModeMismatch": live_events,
    "PaycliEventsUnreadable": unreadable,
    "PaycliEventsDelayed": delayed,
    "PaycliStripeCredentialsRejected": key_revoked,
    "PaycliStripeOutcomeUnknown": outcome_unknown,
    "PaycliStripeFailing": stripe_failing,
    "PaycliBusy": stripe_slow,
    "PaycliInternalErrors": internal_error,
    "PaycliWorkerExited": worker_killed,
    "PaycliNotRegistered": registry_failing,
    "PaycliKafkaSlow": kafka_stalls,
    "PaycliTopicMissing": topic_deleted,
    "PaycliKafkaUnreachable": kafka_killed,
    "PaycliNotReady": not_ready,
    "PaycliDown": stopped,
}


def wait_to_fire(prometheus: Prometheus, name: str) -> None:
    """Waits until the alert fires."""
    wait_until(lambda: name in prometheus.firing(), 20, f"{name} fires")


def test_each_alert_fires_on_its_fault_and_none_before(environment: Environment) -> None:
    """No alert fires for healthy daemons; each fault fires its alert."""
    prometheus = environment.prometheus
    wait_until(
        lambda: len(prometheus.query("paycli_workers > 0")) == 2, 10, "both daemons are scraped"
    )
    wait_until(lambda: prometheus.firing() == set(), 10, "no alert fires")
    for name, fault in FAULTS.items():
        fault(environment)
        wait_to_fire(prometheus, name)
    wait_to_fire(prometheus, "PaycliWebhooksFailing")
    assert {it["alert"] for it in ALERTS} == {*FAULTS, "PaycliWebhooksFailing"}


def test_promtool_accepts_the_rules() -> None:
    """Promtool accepts the alert rules and the scrape configuration."""
    for kind, file in (("rules", "alerts.yaml"), ("config", "prometheus.yaml")):
        done = subprocess.run(
            [installed("promtool"), "check", kind, RULES.with_name(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_promtool_rejects_an_invalid_rule(tmp_path: Path) -> None:
    """The control: promtool rejects an invalid expression."""
    (tmp_path / "invalid.yaml").write_text(RULES.read_text().replace("up{job", "up{{job"))
    done = subprocess.run(
        [installed("promtool"), "check", "rules", tmp_path / "invalid.yaml"],
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_has_what_a_responder_needs(rule: dict[str, Any]) -> None:
    """It has a severity, a summary, a description and its own section of the runbook."""
    annotations = rule["annotations"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert annotations["summary"]
    assert annotations["description"].endswith(".")
    path, _, anchor = annotations["runbook"].partition("#")
    assert anchor == rule["alert"].lower()
    assert f"\n### {rule['alert']}\n" in (ROOT / path).read_text()


def test_every_panel_has_data(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> None:
    """Each expression of the dashboard selects series of a daemon under load."""
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [it["expr"] for panel in dashboard["panels"] for it in panel["targets"]]
    assert len(expressions) > 15
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        with Prometheus([f"127.0.0.1:{daemon.port}"], RULES) as prometheus:

            def without_data() -> set[str]:
                key = uuid.uuid4().hex
                service.deliver_payment_event(f"evt_{key}", "pi_1")
                service.create_payment(PAYMENT, key)
                service.create_payment(PAYMENT, None)
                return {it for it in expressions if not prometheus.query(with_variables(it))}

            wait_until(lambda: without_data() == set(), 30, "every expression selects series")
            assert prometheus.query(with_variables(expressions[0].replace("_total", ""))) == []


def with_variables(expression: str) -> str:
    """Replaces the variables of the dashboard, as Grafana does."""
    return expression.replace("$__rate_interval", "30s").replace("$instance", ".*")
