"""A registry or a resolver that hangs delays a stop by a few seconds at most."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


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


def stop(daemon: Daemon) -> None:
    """Stop it with SIGTERM, and check exit code and duration."""
    started = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - started < MAX_STOP_SECONDS


@WORKERS
def test_a_registry_that_never_responds(kafka: KafkaBroker, topic: str, workers: str) -> None:
    """A registry that responds to the registration and to nothing after it."""
    with FakeRegistry() as registry, registering(kafka, topic, registry.url, workers) as daemon:
        wait_until(lambda: '"registered"' in daemon.stderr_text(), 5, "it is registered")
        registry.hang_seconds = 60
        stop(daemon)
        assert any("status?value=OUT_OF_SERVICE" in it for it in registry.requests())


@WORKERS
def test_registries_that_drip(kafka: KafkaBroker, topic: str, workers: str) -> None:
    """Three registries of which each sends a byte of its response at a time, without an end."""
    with DrippingServer() as first, DrippingServer() as second, DrippingServer() as third:
        url = ",".join(f"http://127.0.0.1:{it.port}/eureka" for it in (first, second, third))
        with registering(kafka, topic, url, workers) as daemon:
            wait_until(lambda: first.connections > 0, 5, "a registry has a request")
            stop(daemon)


@WORKERS
@pytest.mark.parametrize("hanging", ["registry", "stripe", "kafka"])
def test_a_resolver_that_hangs(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, tmp_path: Path, workers: str, hanging: str
) -> None:
    """The resolution of the host name of the registry, of Stripe or of Kafka never ends.

    glibc's resolver reads a file of aliases, which here is a pipe without a writer.
    """
    aliases = tmp_path / "aliases"
    os.mkfifo(aliases)
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_WORKERS": workers, "HOSTALIASES": str(aliases), **HANGING[hanging]}
    with Daemon(settings) as daemon:
        if hanging == "kafka":
            daemon.wait_alive()
            wait_until(lambda: "kafka_unreachable" in daemon.stderr_text(), 10, "it is logged")
        else:
            daemon.wait_ready()
        if hanging == "stripe":
            service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
            payment = service.create_payment({"amount": 100, "currency": "eur"}, "k")
            assert payment.status == 504
        stop(daemon)
