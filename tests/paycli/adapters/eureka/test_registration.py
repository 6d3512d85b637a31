"""The registration, on sockets. What is asked: Netflix/eureka's wiki, Eureka-REST-operations."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.polling import wait_until
from harness.ports import free_port
from harness.registry import FakeRegistry
from paycli.adapters.eureka.client import EurekaClient
from paycli.adapters.eureka.registration import EurekaRegistration, describe_instance
from paycli.settings import Address

CANARY = "CaNaRy8d1f"
HERE = "/PAYMENT-SERVICE/10.0.0.7%3Apayment-service%3A8080"
REGISTERED = ["POST /PAYMENT-SERVICE", f"DELETE {HERE}/status?value=UP"]
GONE = f"DELETE {HERE}"
OUT = f"PUT {HERE}/status?value=OUT_OF_SERVICE"


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """Give a registry that notes what it is asked."""
    with FakeRegistry() as fake:
        yield fake


@contextmanager
def registered(*urls: str, heartbeat_seconds: float = 30) -> Iterator[EurekaRegistration]:
    """Run a registration at these registries."""
    held = describe_instance(
        "payment-service", Address(host="10.0.0.7", port=8080), heartbeat_seconds, "1"
    )
    registration = EurekaRegistration(EurekaClient(urls), held, heartbeat_seconds)
    registration.start()
    try:
        yield registration
    finally:
        registration.close()


def wait_for(registry: FakeRegistry, *requests: str) -> None:
    """Return when the registry has been asked exactly this."""
    wait_until(lambda: registry.requests() == list(requests), 5, f"asked {requests}")


def test_a_registration_has_all_that_springs_tools_follow(registry: FakeRegistry) -> None:
    """It registers UP with the addresses of health and status, and a lease of three heartbeats."""
    with registered(registry.url):
        wait_for(registry, *REGISTERED)
    told = registry.received[0].body["instance"]
    assert told["status"] == "UP"
    assert told["hostName"] == "10.0.0.7"
    assert told["port"] == {"$": 8080, "@enabled": "true"}
    assert told["healthCheckUrl"] == "http://10.0.0.7:8080/actuator/health"
    assert told["statusPageUrl"] == "http://10.0.0.7:8080/actuator/info"
    assert told["homePageUrl"] == "http://10.0.0.7:8080/"
    assert told["leaseInfo"] == {"renewalIntervalInSecs": 30, "durationInSecs": 90}
    assert told["dataCenterInfo"]["name"] == "MyOwn"


def test_an_address_of_ipv6_is_one_that_callers_can_use() -> None:
    """Spring joins host and port with a colon, so an IPv6 host has its brackets."""
    told = describe_instance(
        "payment-service", Address(host="fd00::7", port=8080), 30, "1"
    ).document
    assert told["hostName"] == "[fd00::7]"
    assert told["homePageUrl"] == "http://[fd00::7]:8080/"


def test_it_goes_out_of_service_and_then_away(registry: FakeRegistry) -> None:
    """Draining is told at once, not with the next heartbeat; the end takes the entry out."""
    with registered(registry.url) as registration:
        wait_for(registry, *REGISTERED)
        registration.take_out_of_service()
        wait_for(registry, *REGISTERED, OUT)
    assert registry.requests() == [*REGISTERED, OUT, GONE]


def test_a_registry_that_has_forgotten_us_is_told_again(registry: FakeRegistry) -> None:
    """A 404 to a heartbeat means: register again. What an operator has set since is left alone."""
    with registered(registry.url, heartbeat_seconds=0.1):
        wait_until(lambda: len(registry.received) > 3, 5, "it sends heartbeats")
        registry.statuses.append(404)
        wait_until(lambda: registry.requests().count(REGISTERED[0]) == 2, 5, "registered again")
    assert registry.requests().count(REGISTERED[1]) == 1
    assert f"PUT {HERE}" in registry.requests()


@pytest.mark.parametrize("answer", [None, 401, 500, 503])
def test_another_registry_takes_over(registry: FakeRegistry, answer: int | None) -> None:
    """A registry that is away, refuses or fails is passed over, and left until the other fails."""
    with FakeRegistry() as first:
        first.statuses += [answer or 0]
        away = f"http://127.0.0.1:{free_port()}/eureka"
        urls = (first.url if answer else away, registry.url)
        with registered(*urls, heartbeat_seconds=0.1):
            wait_until(lambda: f"PUT {HERE}" in registry.requests(), 5, "the second has heartbeats")
        assert len(first.received) == (1 if answer else 0)


def test_credentials_go_to_the_registry_and_nowhere_else(
    registry: FakeRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """User and password are sent as RFC 7617 says, decoded, and stand in no log line."""
    caplog.set_level(logging.DEBUG)
    away = f"http://us:{CANARY}@127.0.0.1:{free_port()}/eureka"
    url = registry.url.replace("//", f"//us:{CANARY}%21@")
    registry.statuses += [500]
    with registered(away, url) as registration:
        wait_until(lambda: bool(caplog.records), 5, "both failures are told")
        registry.received.clear()
        registration.take_out_of_service()
        wait_until(lambda: bool(registry.received), 5, "it is asked again")
    assert registry.received[0].authorization == "Basic dXM6Q2FOYVJ5OGQxZiE="
    said = " ".join(str(vars(record)) for record in caplog.records)
    assert "registry_unreachable" in said
    assert CANARY not in said
    assert CANARY not in repr(EurekaClient([url])._registries)


def test_a_registry_that_hangs_holds_up_neither_start_nor_end(registry: FakeRegistry) -> None:
    """With a registry that never answers, `start` returns at once and `close` within 3 s."""
    registry.hang_seconds = 60
    started = time.monotonic()
    with registered(registry.url, registry.url, registry.url) as registration:
        assert time.monotonic() - started < 1
        wait_until(lambda: bool(registry.received), 5, "it is asked")
        assert not registration.registered
        started = time.monotonic()
    assert time.monotonic() - started < 4
