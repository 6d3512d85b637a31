"""Alerts and dashboard in a real Prometheus that scrapes real daemons."""

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
from harness.tools import ROOT
from service import Service, daemon_settings

RULES = ROOT / "scripts/deploy/prometheus/alerts.yaml"
DASHBOARD = ROOT / "scripts/deploy/grafana/dashboard.json"
ALERTS = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
PAYMENT = {"amount": 100, "currency": "eur"}

# A fault of paycli itself, planted: no input is known to bring one about.
BROKEN = """
import sys
from paycli.cli.main import main
from server.api.health import HealthResource
HealthResource.on_get = lambda *_: 1 / 0
sys.argv = ["paycli", "serve"]
main()
"""


@dataclass
class World:
    """A daemon with all that it leans on, a second one that is broken, and who watches both."""

    service: Service
    kafka: KafkaBroker
    registry: FakeRegistry
    broken: Daemon
    prometheus: Prometheus


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give the world in order; the rules as they are, but without their patience."""
    impatient = re.sub(r"^ +for: \w+\n", "", RULES.read_text(), flags=re.MULTILINE)
    (tmp_path / "alerts.yaml").write_text(impatient)
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    with ExitStack() as stack:
        kafka = stack.enter_context(KafkaBroker({"auto.create.topics.enable": "false"}))
        kafka.create_topic(topic)
        kafka.create_topic(f"{topic}.unreadable")
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
            each.wait_ready(30)
        targets = [f"127.0.0.1:{each.port}" for each in (daemon, broken)]
        prometheus = stack.enter_context(Prometheus(targets, tmp_path / "alerts.yaml"))
        service = Service(daemon, stripe, kafka.bootstrap_servers, topic)
        yield World(service, kafka, registry, broken, prometheus)


def signatures(world: World) -> None:
    """The secret is that of another endpoint."""
    for number in range(30):
        body = payment_intent_event(f"evt_{number}", "pi_1")
        world.service.deliver(body, stripe_signature(body, "whsec_of_another"))


def live_events(world: World) -> None:
    """A live endpoint leads to a daemon with a test key."""
    world.service.deliver_payment_event("evt_live", "pi_1", livemode=True)


def unreadable(world: World) -> None:
    """A shape that can't be read."""
    world.service.deliver_payment_event("evt_odd", "pi_1", changes={"amount": "many"})


def late(world: World) -> None:
    """Events of an hour ago."""
    for number in range(30):
        created = int(time.time()) - 3600
        world.service.deliver_payment_event(f"evt_{number}", "pi_1", created=created)


def key_revoked(world: World) -> None:
    """Stripe refuses the key."""
    world.service.stripe.inject(respond(401, {"error": {"type": "invalid_request_error"}}))
    world.service.create_payment(PAYMENT, uuid.uuid4().hex)


def outcome_unknown(world: World) -> None:
    """Stripe answers 500 once the key has been used."""
    failed = respond(500, {"error": {"type": "api_error", "message": "no"}})
    world.service.stripe.inject(always(failed))
    world.service.create_payment(PAYMENT, uuid.uuid4().hex)
    world.service.stripe.clear_faults()


def stripe_away(world: World) -> None:
    """Stripe's answers are no answers."""
    world.service.stripe.inject(always(respond(200, b"rubbish")))
    for _ in range(5):
        world.service.create_payment(PAYMENT, uuid.uuid4().hex)
    world.service.stripe.clear_faults()


def stripe_hangs(world: World) -> None:
    """Stripe is slow, and more payments come than may be in flight."""
    world.service.stripe.inject(always(hang(1)))
    threads = [
        threading.Thread(target=world.service.create_payment, args=(PAYMENT, uuid.uuid4().hex))
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.service.stripe.clear_faults()


def fault_of_ours(world: World) -> None:
    """Something fails that nobody has thought of."""
    assert world.broken.request("GET", "/healthz").status == 500


def worker_killed(world: World) -> None:
    """The kernel takes a worker's memory."""
    pid = world.service.daemon.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    os.kill(int(children.split()[1]), signal.SIGKILL)


def registry_away(world: World) -> None:
    """The registry refuses everything."""
    world.registry.statuses += [503] * 10_000


def kafka_stalls(world: World) -> None:
    """The broker freezes for longer than a second, but not for good."""
    threading.Timer(1.3, world.kafka.resume).start()
    world.kafka.pause()
    world.service.deliver_payment_event("evt_slow", "pi_1")


def topic_deleted(world: World) -> None:
    """Somebody deletes a topic."""
    world.kafka.delete_topic(f"{world.service.topic}.unreadable")
    world.service.deliver_payment_event("evt_gone", "pi_1", changes={"amount": "many"})


def kafka_killed(world: World) -> None:
    """No broker answers any more."""
    world.kafka.kill()
    world.service.deliver_payment_event("evt_away", "pi_1")


def not_ready(world: World) -> None:
    """A daemon is left on its way out."""
    world.broken.process.signal(signal.SIGTERM)


def stopped(world: World) -> None:
    """A daemon is gone."""
    world.broken.kill()


FAULTS: dict[str, Callable[[World], None]] = {
    "PaycliSignatureFailures": signatures,
    "PaycliModeMismatch": live_events,
    "PaycliEventsUnreadable": unreadable,
    "PaycliEventsDelayed": late,
    "PaycliStripeCredentialsRejected": key_revoked,
    "PaycliStripeOutcomeUnknown": outcome_unknown,
    "PaycliStripeFailing": stripe_away,
    "PaycliBusy": stripe_hangs,
    "PaycliInternalErrors": fault_of_ours,
    "PaycliWorkerExited": worker_killed,
    "PaycliNotRegistered": registry_away,
    "PaycliKafkaSlow": kafka_stalls,
    "PaycliTopicMissing": topic_deleted,
    "PaycliKafkaUnreachable": kafka_killed,
    "PaycliNotReady": not_ready,
    "PaycliDown": stopped,
}


def wait_to_fire(prometheus: Prometheus, name: str) -> None:
    """Return when the alert fires."""
    wait_until(lambda: name in prometheus.firing(), 20, f"{name} fires")


def test_each_alert_fires_by_its_fault_and_none_before(world: World) -> None:
    """In a daemon in order no alert fires; each fault brings about the alert that is for it."""
    prometheus = world.prometheus
    wait_until(lambda: len(prometheus.query("paycli_workers > 0")) == 2, 10, "both are scraped")
    wait_until(lambda: prometheus.firing() == set(), 10, "nothing fires")
    for name, fault in FAULTS.items():
        fault(world)
        wait_to_fire(prometheus, name)
    wait_to_fire(prometheus, "PaycliWebhooksFailing")
    assert {it["alert"] for it in ALERTS} == {*FAULTS, "PaycliWebhooksFailing"}


def test_promtool_has_nothing_to_say_against_the_rules() -> None:
    """Promtool reads the rules and the example configuration."""
    for what, file in (("rules", "alerts.yaml"), ("config", "prometheus.yaml")):
        done = subprocess.run(
            ["promtool", "check", what, RULES.with_name(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_promtool_sees_a_wrong_rule(tmp_path: Path) -> None:
    """The control: an expression that is none is red."""
    (tmp_path / "wrong.yaml").write_text(RULES.read_text().replace("up{job", "up{{job"))
    done = subprocess.run(
        ["promtool", "check", "rules", tmp_path / "wrong.yaml"], capture_output=True, check=False
    )
    assert done.returncode != 0


def test_every_panel_has_something_to_show(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Each expression of the dashboard finds series in what a daemon in use has told."""
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [it["expr"] for panel in dashboard["panels"] for it in panel["targets"]]
    assert len(expressions) > 15
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        with Prometheus([f"127.0.0.1:{daemon.port}"], RULES) as prometheus:

            def silent() -> set[str]:
                key = uuid.uuid4().hex
                service.deliver_payment_event(f"evt_{key}", "pi_1")
                service.create_payment(PAYMENT, key)
                service.create_payment(PAYMENT, None)
                return {it for it in expressions if not prometheus.query(filled_in(it))}

            wait_until(lambda: silent() == set(), 30, "every expression finds series")
            assert prometheus.query(filled_in(expressions[0].replace("_total", ""))) == []


def filled_in(expression: str) -> str:
    """Put in what Grafana puts in, for a window of now."""
    return expression.replace("$__rate_interval", "30s").replace("$instance", ".*")
