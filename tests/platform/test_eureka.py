"""Found through a real Eureka server, by what it holds of us and by a real Spring Cloud client.

What Spring's tooling follows: https://cloud.spring.io/spring-cloud-netflix/reference/html/
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
from harness.sender import send
from harness.spring_cloud import EurekaServer, SpringCaller
from harness.stripe_mock import StripeMock
from service import EVENTS, SECRET, TOKEN, daemon_settings

APP = "PAYMENT-SERVICE"
HEARTBEAT_SECONDS = 1
AWAY_SECONDS = int(os.environ.get("AWAY_SECONDS", "3"))
"""How long the registry is away."""
RATE = 20
"""Webhooks a second meanwhile."""


@contextmanager
def running(
    eureka: EurekaServer,
    kafka: KafkaBroker,
    topic: str,
    stripe_url: str = "http://127.0.0.1:9",
    port: int | None = None,
    **more: str,
) -> Iterator[Daemon]:
    """Run a daemon that registers, with quick heartbeats, and wait until it is ready."""
    settings = daemon_settings(stripe_url, kafka.bootstrap_servers, topic)
    settings |= {
        "PAYCLI_EUREKA_URL": eureka.url,
        "PAYCLI_EUREKA_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
    }
    with Daemon(settings | more, port=port) as daemon:
        daemon.wait_ready()
        yield daemon


def address(daemon: Daemon) -> str:
    """Return what the registry calls it by."""
    return f"127.0.0.1:{daemon.port}"


def wait_for(eureka: EurekaServer, expected: dict[str, str], timeout_seconds: float) -> None:
    """Return when the registry shows exactly these statuses, by address."""
    wait_until(
        lambda: eureka.statuses(APP) == expected, timeout_seconds, f"Eureka shows {expected}"
    )


def events(daemon: Daemon) -> list[str]:
    """Return the names of what has been logged."""
    return [json.loads(line)["event"] for line in daemon.stderr_text().splitlines()]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_is_registered_while_it_serves(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str, workers: str
) -> None:
    """Once ready it is registered within 2 s, once however many workers, and at its end gone."""
    with running(eureka, kafka, topic, PAYCLI_WORKERS=workers) as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        (held,) = eureka.instances(APP)
        assert held["vipAddress"] == "payment-service"
        for url, says in (("healthCheckUrl", "UP"), ("statusPageUrl", "paycli")):
            path = held[url].removeprefix(daemon.url)
            assert says in daemon.request("GET", path).body.decode()
        assert daemon.stop() == 0
        wait_for(eureka, {}, 2)
        assert events(daemon).count("deregistered") == 1


def test_it_is_out_of_service_while_it_drains(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str
) -> None:
    """From SIGTERM on callers are led elsewhere, while it still answers; a new run is UP again."""
    with running(eureka, kafka, topic, PAYCLI_DRAIN_SECONDS="5") as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        daemon.process.signal(signal.SIGTERM)
        wait_for(eureka, {address(daemon): "OUT_OF_SERVICE"}, 2)
        health = daemon.request("GET", "/actuator/health")
        assert (health.status, health.json["status"]) == (503, "OUT_OF_SERVICE")
        daemon.kill()
        with running(eureka, kafka, topic, port=daemon.port) as second:
            wait_for(eureka, {address(daemon): "UP"}, 2)
            assert second.stop() == 0


def test_a_daemon_that_is_killed_is_evicted(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str
) -> None:
    """After kill -9 of one of two, its lease runs out and the other stays."""
    with (
        running(eureka, kafka, topic) as first,
        running(eureka, kafka, topic) as second,
    ):
        wait_for(eureka, {address(first): "UP", address(second): "UP"}, 2)
        first.kill()
        wait_for(eureka, {address(second): "UP"}, 3 * HEARTBEAT_SECONDS * 2 + 4)
        assert second.stop() == 0


def test_a_killed_worker_changes_nothing(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str
) -> None:
    """When the worker that holds the registration dies, the next one goes on with it."""
    with running(eureka, kafka, topic, PAYCLI_WORKERS="2") as daemon:
        wait_for(eureka, {address(daemon): "UP"}, 2)
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGKILL)
        wait_until(lambda: events(daemon).count("registered") == 2, 10, "the next one registers")
        deadline = time.monotonic() + 3 * HEARTBEAT_SECONDS + 1
        while time.monotonic() < deadline:
            assert eureka.statuses(APP) == {address(daemon): "UP"}
        assert daemon.stop() == 0
        wait_for(eureka, {}, 2)


def test_a_registry_that_comes_back_is_told_again(kafka: KafkaBroker, topic: str) -> None:
    """While the registry is away nothing else changes; when it is back it has the daemon again."""
    with EurekaServer() as own, running(own, kafka, topic) as daemon:
        wait_for(own, {address(daemon): "UP"}, 2)
        own.kill()
        wait_until(lambda: "registry_unreachable" in events(daemon), 5, "it takes note")
        assert daemon.request("GET", "/readyz").status == 200
        webhooks = payment_deliveries(AWAY_SECONDS * RATE, SECRET)
        outcomes = send(webhooks, daemon.url + EVENTS, rate_per_second=RATE)
        assert {outcome.status for outcome in outcomes} == {200}
        assert max(outcome.latency_seconds for outcome in outcomes) < 2
        own.start()
        wait_for(own, {address(daemon): "UP"}, 10)
        assert "registered_again" in events(daemon)
        own.kill()
        started = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - started < 5
        assert events(daemon).count("registry_unreachable") == 2


def test_a_rolling_restart_fails_nobody(
    eureka: EurekaServer, kafka: KafkaBroker, topic: str, stripe_mock: StripeMock
) -> None:
    """Two daemons restarted one by one under load: of 10,000 payments through Spring none fails."""

    def start(stack: ExitStack, port: int | None = None) -> Daemon:
        return stack.enter_context(
            running(eureka, kafka, topic, stripe_mock.url, port, PAYCLI_DRAIN_SECONDS="4")
        )

    with ExitStack() as stack:
        daemons = [start(stack), start(stack)]
        addresses = [address(daemon) for daemon in daemons]
        wait_for(eureka, dict.fromkeys(addresses, "UP"), 2)
        caller = stack.enter_context(
            SpringCaller(eureka.url, "payment-service", TOKEN, count=10_000)
        )
        wait_until(lambda: all(busy(daemon) for daemon in daemons), 60, "both have payments")
        for daemon in daemons:
            assert daemon.stop(30) == 0
            again = start(stack, daemon.port)
            wait_for(eureka, dict.fromkeys(addresses, "UP"), 2)
            # The caller's list of instances may be two seconds old.
            wait_until(lambda it=again: busy(it), 10, "the new one has payments")  # type: ignore[misc]  # bound at once
        calls = caller.finish(60)
    assert calls.failures == {}
    assert calls.made == calls.sent >= 10_000
    assert set(calls.instances) == set(addresses)


def busy(daemon: Daemon) -> bool:
    """Whether it has made a payment."""
    return '"/api/v1/payments"' in daemon.stderr_text()
