"""The daemon is discovered through a real Eureka server, also by a real Spring Cloud client.

The convention of Spring's tooling: https://cloud.spring.io/spring-cloud-netflix/reference/html/
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.scale import scaled
from harness.sender import send
from harness.spring_cloud import EurekaServer, SpringCaller
from harness.stripe_mock import StripeMock
from service import EVENTS, SECRET, TOKEN, daemon_settings

# Registrations change within two seconds, which other tests must not use up.
pytestmark = pytest.mark.serial

APP = "PAYMENT-SERVICE"
HEARTBEAT_SECONDS = 1
AWAY_SECONDS = int(os.environ.get("AWAY_SECONDS", "3"))
"""How long the registry is unavailable."""
PAYMENTS, THREADS = scaled(1_000, 10_000), scaled(2, 8)
"""The least number of payments during a rolling restart, and how many are requested at a time."""
RATE = 20
"""Webhooks per second while the registry is unavailable."""


@contextmanager
def running(
    eureka: EurekaServer,
    kafka: KafkaBroker,
    topic: str,
    stripe_url: str = "http://127.0.0.1:9",
    port: int | None = None,
    **more: str,
) -> Iterator[Daemon]:
    """Runs a daemon that registers, with short heartbeats, and waits until it is ready."""
    settings = daemon_settings(stripe_url, kafka.bootstrap_servers, topic)
    settings |= {
        "PAYCLI_EUREKA_URL": eureka.url,
        "PAYCLI_EUREKA_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
    }
    with Daemon(settings | more, port=port) as daemon:
        daemon.wait_all_ready()
        yield daemon


def address(daemon: Daemon) -> str:
    """Returns the address under which the daemon registers."""
    return f"127.0.0.1:{daemon.port}"


def wait_for(eureka: EurekaServer, expected: dict[str, str], timeout_seconds: float) -> None:
    """Waits until the registry has exactly these statuses, by address."""
    wait_until(
        lambda: eureka.statuses(APP) == expected, timeout_seconds, f"Eureka shows {expected}"
    )


def events(daemon: Daemon) -> list[str]:
    """Returns the names of the logged events."""
    return [json.loads(line)["event"] for line in daemon.stderr_text().splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_daemon_is_registered_while_it_is_ready(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str, workers: str
) -> None:
    """It registers once within 2 s of being ready, and deregisters when it stops."""
    with running(eureka, kafka, topic, PAYCLI_WORKERS=workers) as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        (instance,) = eureka.instances(APP)
        assert instance["vipAddress"] == "payment-service"
        for field, text in (("healthCheckUrl", "UP"), ("statusPageUrl", "paycli")):
            path = instance[field].removeprefix(daemon.url)
            assert text in daemon.request("GET", path).body.decode()
        assert daemon.stop() == 0
        wait_for(eureka, {}, 2)
        assert events(daemon).count("deregistered") == 1


def test_a_draining_daemon_is_out_of_service(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str
) -> None:
    """After SIGTERM it is OUT_OF_SERVICE and still responds; its successor is UP again."""
    with running(eureka, kafka, topic, PAYCLI_DRAIN_SECONDS="5") as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        daemon.process.signal(signal.SIGTERM)
        wait_for(eureka, {address(daemon): "OUT_OF_SERVICE"}, 2)
        health = daemon.request("GET", "/actuator/health")
        assert (health.status, health.json["status"]) == (503, "OUT_OF_SERVICE")
        daemon.kill()
        with running(eureka, kafka, topic, port=daemon.port) as successor:
            wait_for(eureka, {address(daemon): "UP"}, 2)
            assert successor.stop() == 0


def test_a_killed_daemon_is_evicted(eureka: EurekaServer, kafka: KafkaBroker, topic: str) -> None:
    """After SIGKILL of one of two daemons, its lease expires and the other one stays."""
    with (
        running(eureka, kafka, topic) as first,
        running(eureka, kafka, topic) as second,
    ):
        wait_for(eureka, {address(first): "UP", address(second): "UP"}, 2)
        first.kill()
        wait_for(eureka, {address(second): "UP"}, 3 * HEARTBEAT_SECONDS * 2 + 4)
        assert second.stop() == 0


def test_a_killed_worker_keeps_the_registration(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str
) -> None:
    """When the worker that holds the registration is killed, its successor continues it."""
    with running(eureka, kafka, topic, PAYCLI_WORKERS="2") as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGKILL)
        wait_until(lambda: events(daemon).count("registered") == 2, 10, "the successor registers")
        deadline = time.monotonic() + 3 * HEARTBEAT_SECONDS + 1
        while time.monotonic() < deadline:
            assert eureka.statuses(APP) == {address(daemon): "UP"}
        assert daemon.stop() == 0
        wait_for(eureka, {}, 2)


def test_a_daemon_registers_again_after_a_registry_outage(kafka: KafkaBroker, topic: str) -> None:
    """The daemon keeps serving during the outage, and registers again afterwards."""
    with EurekaServer() as server, running(server, kafka, topic) as daemon:
        wait_for(server, {address(daemon): "UP"}, 2)
        server.kill()
        wait_until(lambda: "registry_unreachable" in events(daemon), 5, "the outage is logged")
        assert daemon.request("GET", "/readyz").status == 200
        webhooks = payment_deliveries(AWAY_SECONDS * RATE, SECRET)
        outcomes = send(webhooks, daemon.url + EVENTS, rate_per_second=RATE)
        assert {outcome.status for outcome in outcomes} == {200}
        assert max(outcome.latency_seconds for outcome in outcomes) < 2
        server.start()
        wait_for(server, {address(daemon): "UP"}, 10)
        wait_until(lambda: "registered_again" in events(daemon), 5, "it is logged")
        server.kill()
        started = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - started < 5
        assert events(daemon).count("registry_unreachable") == 2


def test_a_rolling_restart_fails_no_request(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str, stripe_mock: StripeMock
) -> None:
    """Two daemons restart one by one; no payment through Spring Cloud fails meanwhile."""

    def start(stack: ExitStack, port: int | None = None) -> Daemon:
        return stack.enter_context(
            running(eureka, kafka, topic, stripe_mock.url, port, PAYCLI_DRAIN_SECONDS="4")
        )

    with ExitStack() as stack:
        daemons = [start(stack), start(stack)]
        addresses = [address(daemon) for daemon in daemons]
        wait_for(eureka, dict.fromkeys(addresses, "UP"), 2)
        caller = stack.enter_context(
            SpringCaller(eureka.url, "payment-service", TOKEN, count=PAYMENTS, threads=THREADS)
        )
        wait_until(lambda: all(busy(daemon) for daemon in daemons), 60, "both create payments")
        for daemon in daemons:
            assert daemon.stop(30) == 0
            successor = start(stack, daemon.port)
            wait_for(eureka, dict.fromkeys(addresses, "UP"), 2)
            # The caller refreshes its list of instances every two seconds.
            wait_until(lambda it=successor: busy(it), 10, "the successor creates payments")  # type: ignore[misc]  # the lambda runs before the next iteration
        calls = caller.finish(60)
    assert calls.failures == {}
    assert calls.created == calls.sent >= PAYMENTS
    assert set(calls.instances) == set(addresses)


def busy(daemon: Daemon) -> bool:
    """Returns whether the daemon has created a payment."""
    return '"/api/v1/payments"' in daemon.stderr_text()
