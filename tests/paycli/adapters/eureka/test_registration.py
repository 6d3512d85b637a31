"""The registration on sockets. Requests: Netflix/eureka's wiki, Eureka-REST-operations."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.dripping_server import DrippingServer
from harness.polling import wait_until
from harness.ports import free_port
from harness.registry import FakeRegistry
from paycli.adapters.eureka.client import EurekaClient
from paycli.adapters.eureka.probe import probe_registry
from paycli.adapters.eureka.registration import EurekaRegistration, describe_instance
from paycli.settings import Address

CANARY = "CaNaRy8d1f"
HERE = "/PAYMENT-SERVICE/10.0.0.7%3Apayment-service%3A8080"
REGISTERED = ["POST /PAYMENT-SERVICE", f"DELETE {HERE}/status?value=UP"]
REQUEST_THREAD = "registry request"
GONE = f"DELETE {HERE}"
OUT = f"PUT {HERE}/status?value=OUT_OF_SERVICE"


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """Give a registry that records its requests."""
    with FakeRegistry() as fake:
        yield fake


@contextmanager
def registered(*urls: str, heartbeat_seconds: float = 30) -> Iterator[EurekaRegistration]:
    """Run a registration at these registries."""
    described = describe_instance(
        "payment-service", Address(host="10.0.0.7", port=8080), heartbeat_seconds, "1"
    )
    registration = EurekaRegistration(EurekaClient(urls), described, heartbeat_seconds)
    registration.start()
    try:
        yield registration
    finally:
        registration.close()


def wait_for(registry: FakeRegistry, *requests: str) -> None:
    """Return when the registry has received exactly these requests."""
    wait_until(lambda: registry.requests() == list(requests), 5, f"asked {requests}")


def test_a_registration_has_the_fields_that_springs_tools_expect(registry: FakeRegistry) -> None:
    """It registers UP with the URLs of health and status, and a lease of three heartbeats."""
    with registered(registry.url):
        wait_for(registry, *REGISTERED)
    document = registry.received[0].body["instance"]
    assert document["status"] == "UP"
    assert document["hostName"] == "10.0.0.7"
    assert document["port"] == {"$": 8080, "@enabled": "true"}
    assert document["healthCheckUrl"] == "http://10.0.0.7:8080/actuator/health"
    assert document["statusPageUrl"] == "http://10.0.0.7:8080/actuator/info"
    assert document["homePageUrl"] == "http://10.0.0.7:8080/"
    assert document["leaseInfo"] == {"renewalIntervalInSecs": 30, "durationInSecs": 90}
    assert document["dataCenterInfo"]["name"] == "MyOwn"


def test_an_ipv6_address_is_registered_in_brackets() -> None:
    """Spring joins host and port with a colon, so an IPv6 host has its brackets."""
    document = describe_instance(
        "payment-service", Address(host="fd00::7", port=8080), 30, "1"
    ).document
    assert document["hostName"] == "[fd00::7]"
    assert document["homePageUrl"] == "http://[fd00::7]:8080/"


def test_it_is_taken_out_of_service_and_then_deregistered(registry: FakeRegistry) -> None:
    """Draining is registered immediately, not at the next heartbeat; `close` deregisters."""
    with registered(registry.url) as registration:
        wait_for(registry, *REGISTERED)
        registration.take_out_of_service()
        wait_for(registry, *REGISTERED, OUT)
    assert registry.requests() == [*REGISTERED, OUT, GONE]


def test_it_registers_again_at_a_registry_that_has_evicted_it(registry: FakeRegistry) -> None:
    """After a 404 to a heartbeat it registers again, and keeps a status set by an operator."""
    with registered(registry.url, heartbeat_seconds=0.1):
        wait_until(lambda: len(registry.received) > 3, 5, "it sends heartbeats")
        registry.statuses.append(404)
        wait_until(lambda: registry.requests().count(REGISTERED[0]) == 2, 5, "registered again")
    assert registry.requests().count(REGISTERED[1]) == 1
    assert f"PUT {HERE}" in registry.requests()


@pytest.mark.parametrize("status", [None, 301, 302, 307, 308, 401, 500, 503])
def test_another_registry_takes_over(registry: FakeRegistry, status: int | None) -> None:
    """A registry that is down, rejects or fails is skipped until the other one fails."""
    with FakeRegistry() as first:
        first.statuses += [status or 0]
        unused = f"http://127.0.0.1:{free_port()}/eureka"
        urls = (first.url if status else unused, registry.url)
        with registered(*urls, heartbeat_seconds=0.1):
            wait_until(lambda: f"PUT {HERE}" in registry.requests(), 5, "the second has heartbeats")
        assert len(first.received) == (1 if status else 0)


def test_credentials_go_to_the_registry_and_nowhere_else(
    registry: FakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """User and password are sent decoded as in RFC 7617, and appear in no log line."""
    caplog.set_level(logging.DEBUG)
    unused = f"http://us:{CANARY}@127.0.0.1:{free_port()}/eureka"
    url = registry.url.replace("//", f"//us:{CANARY}%21@")
    registry.statuses += [500]
    with registered(unused, url) as registration:
        wait_until(lambda: bool(caplog.records), 5, "both failures are logged")
        registry.received.clear()
        registration.take_out_of_service()
        wait_until(lambda: bool(registry.received), 5, "it is asked again")
    assert registry.received[0].authorization == "Basic dXM6Q2FOYVJ5OGQxZiE="
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "registry_unreachable" in logged
    assert CANARY not in logged
    assert CANARY not in repr(EurekaClient([url])._servers)


def test_a_registry_that_hangs_delays_neither_start_nor_stop(registry: FakeRegistry) -> None:
    """With a registry that never responds, `start` returns immediately, `close` within 3 s."""
    registry.hang_seconds = 60
    started = time.monotonic()
    with registered(registry.url, registry.url, registry.url) as registration:
        assert time.monotonic() - started < 1
        wait_until(lambda: bool(registry.received), 5, "it is asked")
        assert not registration.registered
        started = time.monotonic()
    assert time.monotonic() - started < 4


def test_a_registry_that_drips_does_not_keep_others_from_being_asked(
    registry: FakeRegistry,
) -> None:
    """A response that arrives byte by byte without an end times out, and its thread ends."""
    with DrippingServer() as dripping:
        url = f"http://127.0.0.1:{dripping.port}/eureka"
        with registered(url, registry.url) as registration:
            wait_until(lambda: registration.registered, 10, "it is registered at the other one")
        assert dripping.connections == 1
        assert registry.requests() == [*REGISTERED, GONE]
        wait_until(lambda: REQUEST_THREAD not in thread_names(), 5, "no thread is left")


@pytest.mark.parametrize("path", ["", "/apps"])
def test_a_probe_of_a_registry_that_drips_ends(path: str) -> None:
    """The doctor reports it after the deadline."""
    with DrippingServer() as dripping:
        url = f"http://127.0.0.1:{dripping.port}{path}"
        described = describe_instance("s", Address(host="10.0.0.7", port=8080), 30, "1")
        assert probe_registry(url, described).failure == "no response (TimeoutError)"


def thread_names() -> set[str]:
    """Return the names of the running threads."""
    return {thread.name for thread in threading.enumerate()}
