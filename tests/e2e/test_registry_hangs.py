"""A registry or a resolver that hangs delays a stop by a few seconds at most."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.dripping_server import DrippingServer
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.registry import FakeRegistry
from harness.stripe import Stripe
from service import Service, daemon_settings

HANGING = {
    "registry": {"PAYCLI_EUREKA_URL": "http://registry:8761/eureka"},
    "stripe": {"PAYCLI_STRIPE_API_BASE": "http://stripe:9"},
    "kafka": {"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"},
}
"""The setting with the name that is not resolved."""

MAX_STOP_SECONDS = 8
"""3 s for the registry, and a second for what has no work; the rest is for a slow machine."""

WORKERS = ("1", "2")


@contextmanager
def registering(
    kafka: KafkaBroker, topic: str, url: str, workers: str, **environment: str
) -> Iterator[Daemon]:
    """Run a daemon that registers at `url`, and wait until it is ready."""
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_EUREKA_URL": url, "PAYCLI_WORKERS": workers, **environment}
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        yield daemon


def stop(*daemons: Daemon) -> None:
    """Stop them with SIGTERM at the same time, and check exit codes and duration."""
    started = time.monotonic()
    for daemon in daemons:
        daemon.process.signal(signal.SIGTERM)
    assert [daemon.process.wait(20) for daemon in daemons] == [0] * len(daemons)
    assert time.monotonic() - started < MAX_STOP_SECONDS


def test_a_registry_that_never_responds(kafka: KafkaBroker, topic: str) -> None:
    """A registry that responds to the registration and to nothing after it."""
    with ExitStack() as stack:
        daemons, registries = [], []
        for workers in WORKERS:
            registry = stack.enter_context(FakeRegistry())
            daemon = stack.enter_context(registering(kafka, topic, registry.url, workers))
            wait_until(lambda it=daemon: '"registered"' in it.stderr_text(), 5, "it is registered")  # type: ignore[misc]  # called at once
            registry.hang_seconds = 60
            daemons.append(daemon)
            registries.append(registry)
        stop(*daemons)
        for registry in registries:
            assert any("status?value=OUT_OF_SERVICE" in it for it in registry.requests())


def test_registries_that_drip(kafka: KafkaBroker, topic: str) -> None:
    """Three registries of which each sends a byte of its response at a time, without an end."""
    with ExitStack() as stack:
        daemons = []
        for workers in WORKERS:
            registries = [stack.enter_context(DrippingServer()) for _ in range(3)]
            url = ",".join(f"http://127.0.0.1:{it.port}/eureka" for it in registries)
            daemons.append(stack.enter_context(registering(kafka, topic, url, workers)))
            wait_until(
                lambda it=registries[0]: it.connections > 0,  # type: ignore[misc]  # called at once
                5,
                "a registry has a request",
            )
        stop(*daemons)


@pytest.mark.parametrize("hanging", ["registry", "stripe", "kafka"])
def test_a_resolver_that_hangs(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, tmp_path: Path, hanging: str
) -> None:
    """The resolution of the host name of the registry, of Stripe or of Kafka never ends.

    glibc's resolver reads a file of aliases, which here is a pipe without a writer.
    """
    aliases = tmp_path / "aliases"
    os.mkfifo(aliases)
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    settings |= {"HOSTALIASES": str(aliases), **HANGING[hanging]}
    with ExitStack() as stack:
        daemons = [
            stack.enter_context(Daemon({**settings, "PAYCLI_WORKERS": workers}))
            for workers in WORKERS
        ]
        for daemon in daemons:
            if hanging == "kafka":
                daemon.wait_alive()
                daemon.log_lines(10, event="kafka_unreachable")
            else:
                daemon.wait_ready()
            if hanging == "stripe":
                service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
                payment = service.create_payment({"amount": 100, "currency": "eur"}, "k")
                assert payment.status == 504
        stop(*daemons)
