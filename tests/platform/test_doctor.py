"""The doctor asks a real Eureka server whether other services find the daemon.

What a registry answers: https://github.com/Netflix/eureka/wiki/Eureka-REST-operations
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
    """Give settings of an installation that is whole, at an address where nothing listens."""
    with Stripe() as stripe:
        stripe.add_webhook_target(ENDPOINT)
        usual = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        yield {**usual, "PAYCLI_LISTEN": f"127.0.0.1:{free_port()}"}


def examine(
    folder: Path, settings: Mapping[str, str], *registries: str
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run it; return its exit code and what it says of the registries, by the check's id."""
    urls = {"PAYCLI_EUREKA_URL": ",".join(registries)}
    done = run(folder, ("doctor", "--json"), {**settings, **urls})
    assert PASSWORD not in done.stdout + done.stderr
    found: dict[str, list[dict[str, Any]]] = {}
    for check in json.loads(done.stdout):
        if check["part"] == "registry":
            assert check["repair"] or check["state"] == "ok"
            found.setdefault(check["id"], []).append(check)
    return done.returncode, found


def states(checks: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """How each check ended, by its id."""
    return {id_: [check["state"] for check in some] for id_, some in checks.items()}


def test_a_daemon_is_found_or_it_says_why_not(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """UP at its address is well; out of service or unknown though it serves is 1."""
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
        away = f"http://us:{PASSWORD}@127.0.0.1:{free_port()}/eureka"
        code, checks = examine(tmp_path, settings, away, eureka.url)
        assert (code, states(checks)["registry.reach"]) == (0, ["warning", "ok"])
        (held,) = eureka.instances(APP)
        eureka.request("PUT", f"/apps/{APP}/{held['instanceId']}/status?value=OUT_OF_SERVICE")
        code, checks = examine(tmp_path, settings, eureka.url)
        assert (code, states(checks)["registry.status"]) == (1, ["failed"])
        assert "OUT_OF_SERVICE" in checks["registry.status"][0]["detail"]
        elsewhere = {**settings, "PAYCLI_LISTEN": "127.0.0.1:9"}
        code, checks = examine(tmp_path, elsewhere, eureka.url)
        assert (code, states(checks)["registry.registered"]) == (0, ["warning"])
        assert f"it has {address}" in checks["registry.registered"][0]["detail"]


def test_an_entry_that_leads_nowhere_is_a_warning(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """Registered under an address where nothing answers: callers would be led there."""
    advertised = f"127.0.0.1:{free_port()}"
    own = {**settings, "PAYCLI_ADVERTISE": advertised}
    port = int(settings["PAYCLI_LISTEN"].rpartition(":")[2])
    with Daemon({**own, "PAYCLI_EUREKA_URL": eureka.url}, port=port) as daemon:
        daemon.wait_ready()
        wait_until(lambda: advertised in eureka.statuses(APP), 5, "it is registered")
        code, checks = examine(tmp_path, own, eureka.url)
    assert (code, states(checks)["registry.status"]) == (0, ["ok"])
    assert states(checks)["registry.address"] == ["warning"]


def test_a_wrong_address_is_told(
    tmp_path: Path, eureka: EurekaServer, settings: dict[str, str]
) -> None:
    """A registry that is away, a path that is none of its, and another server are failures: 1."""
    url = eureka.url.replace("//", f"//us:{PASSWORD}@")
    with Stripe() as other:
        other.inject(always(respond(200, {"object": "list"})))
        for wrong, says in (
            (f"http://us:{PASSWORD}@127.0.0.1:{free_port()}/eureka", "ConnectionRefusedError"),
            (url.removesuffix("/eureka"), "answered 404"),
            (other.url, "not what a Eureka server says"),
        ):
            code, checks = examine(tmp_path, settings, wrong)
            assert (code, states(checks)) == (1, {"registry.reach": ["failed"]})
            assert says in checks["registry.reach"][0]["detail"]


def test_credentials_that_are_refused_are_told_and_not_shown(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """A 401 says which registry it is and what to correct, without user or password."""
    with FakeRegistry() as registry:
        registry.statuses += [401]
        url = registry.url.replace("//", f"//us:{PASSWORD}@")
        code, checks = examine(tmp_path, settings, url)
    assert (code, states(checks)) == (1, {"registry.credentials": ["failed"]})
    assert registry.url in checks["registry.credentials"][0]["detail"]
    assert registry.received[0].authorization == "Basic dXM6Q2FOYVJ5N2UyYg=="
