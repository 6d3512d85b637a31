"""The doctor checks at a real Eureka server whether other services can discover the daemon.

The registry's API: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import run
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.ports import free_port
from harness.registry import FakeRegistry
from harness.spring_cloud import EurekaServer
from harness.stripe import Stripe, always, respond
from paycli.sandbox.standin import WebhookTarget
from service import daemon_settings

APP = "PAYMENT-SERVICE"
PASSWORD = "CaNaRy7e2b"
ENDPOINT = WebhookTarget("https://pay.example/api/v1/stripe/events", ("whsec_x",))


@pytest.fixture
def settings(kafka: KafkaBroker, topic: str) -> Iterator[dict[str, str]]:
    """Yields complete settings, with an address on which nothing listens."""
    with Stripe() as stripe:
        stripe.add_webhook_target(ENDPOINT)
        usual = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        yield {**usual, "PAYCLI_LISTEN": f"127.0.0.1:{free_port()}"}


def examine(
    folder: Path, settings: Mapping[str, str], *registries: str
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Runs the doctor; returns its exit code and the registry checks by id."""
    urls = {"PAYCLI_EUREKA_URL": ",".join(registries)}
    done = run(folder, ("doctor", "--json"), {**settings, **urls})
    assert PASSWORD not in done.stdout + done.stderr
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in json.loads(done.stdout):
        if check["part"] == "registry":
            assert check["repair"] or check["state"] == "ok"
            checks.setdefault(check["id"], []).append(check)
    return done.returncode, checks


def states(checks: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """Returns the states of the checks, by id."""
    return {id_: [check["state"] for check in group] for id_, group in checks.items()}


def test_the_registration_of_a_running_daemon_is_checked(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """UP at its address is ok; a running daemon that is unregistered or out of service fails."""
    address = settings["PAYCLI_LISTEN"]
    unregistered = Daemon(settings, port=int(address.rpartition(":")[2]))
    with unregistered as daemon:
        daemon.wait_ready()
        code, checks = examine(tmp_path, settings, eureka.url)
        assert (code, states(checks)["registry.registered"]) == (1, ["failed"])
    registered = Daemon(
        {**settings, "PAYCLI_EUREKA_URL": eureka.url}, port=int(address.rpartition(":")[2])
    )
    with registered as daemon:
        daemon.wait_ready()
        wait_until(lambda: eureka.statuses(APP) == {address: "UP"}, 5, "it is registered")
        code, checks = examine(tmp_path, settings, eureka.url)
        assert code == 0
        assert states(checks) == {
            "registry.reach": ["ok"],
            "registry.registered": ["ok"],
            "registry.status": ["ok"],
            "registry.address": ["ok"],
        }
        unreachable = f"http://us:{PASSWORD}@127.0.0.1:{free_port()}/eureka"
        code, checks = examine(tmp_path, settings, unreachable, eureka.url)
        assert (code, states(checks)["registry.reach"]) == (0, ["warning", "ok"])
        (instance,) = eureka.instances(APP)
        eureka.request("PUT", f"/apps/{APP}/{instance['instanceId']}/status?value=OUT_OF_SERVICE")
        code, checks = examine(tmp_path, settings, eureka.url)
        assert (code, states(checks)["registry.status"]) == (1, ["failed"])
        assert "OUT_OF_SERVICE" in checks["registry.status"][0]["detail"]
        other_address = {**settings, "PAYCLI_LISTEN": "127.0.0.1:9"}
        code, checks = examine(tmp_path, other_address, eureka.url)
        assert (code, states(checks)["registry.registered"]) == (0, ["warning"])
        assert f"it has {address}" in checks["registry.registered"][0]["detail"]


def test_an_advertised_address_without_a_listener_is_a_warning(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """The daemon is registered at an address on which nothing listens."""
    advertised = f"127.0.0.1:{free_port()}"
    advertising = {**settings, "PAYCLI_ADVERTISE": advertised}
    port = int(settings["PAYCLI_LISTEN"].rpartition(":")[2])
    with Daemon({**advertising, "PAYCLI_EUREKA_URL": eureka.url}, port=port) as daemon:
        daemon.wait_ready()
        wait_until(lambda: advertised in eureka.statuses(APP), 5, "it is registered")
        code, checks = examine(tmp_path, advertising, eureka.url)
    assert (code, states(checks)["registry.status"]) == (0, ["ok"])
    assert states(checks)["registry.address"] == ["warning"]


def test_a_wrong_registry_url_fails(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """An unreachable registry, a wrong path and another kind of server each fail the check."""
    url = eureka.url.replace("//", f"//us:{PASSWORD}@")
    with Stripe() as other:
        other.inject(always(respond(200, {"object": "list"})))
        for wrong_url, detail in (
            (f"http://us:{PASSWORD}@127.0.0.1:{free_port()}/eureka", "ConnectionRefusedError"),
            (url.removesuffix("/eureka"), "status 404"),
            (other.url, "not that of a Eureka server"),
        ):
            code, checks = examine(tmp_path, settings, wrong_url)
            assert (code, states(checks)) == (1, {"registry.reach": ["failed"]})
            assert detail in checks["registry.reach"][0]["detail"]


def test_rejected_credentials_are_reported_and_not_shown(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """A 401 names the registry and the repair, without user or password."""
    with FakeRegistry() as registry:
        registry.statuses += [401]
        url = registry.url.replace("//", f"//us:{PASSWORD}@")
        code, checks = examine(tmp_path, settings, url)
    assert (code, states(checks)) == (1, {"registry.credentials": ["failed"]})
    assert registry.url in checks["registry.credentials"][0]["detail"]
    assert registry.received[0].authorization == "Basic dXM6Q2FOYVJ5N2UyYg=="
