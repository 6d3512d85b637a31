"""The files under scripts/deploy agree with their schemas, our settings and our deadlines."""

import copy
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from harness.tools import ROOT
from paycli.settings import (
    GROUPS,
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.settings.reader import SettingsReader, SettingsSources, other_names, setting_fields
from server.openapi.operations import OPERATIONS

DEPLOY = ROOT / "scripts/deploy"
KUBERNETES_VERSION = "1.35"
MANIFESTS: list[Any] = list(yaml.safe_load_all((DEPLOY / "kubernetes/paycli.yaml").read_text()))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNIT = (DEPLOY / "systemd/paycli.service").read_text()
KNOWN = {
    name
    for group in GROUPS
    for variable, field in setting_fields(group)
    for name in (variable, *other_names(field))
}
SECRETS = {
    "PAYCLI_STRIPE_API_KEY": "sk_test_1",
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_deployment_1",
    "PAYCLI_API_TOKENS": "booking=token-of-the-deployment",
}


def manifest(kind: str, name: str = "paycli") -> Any:  # noqa: ANN401  (YAML)
    """Returns the manifest of a kind and name."""
    [result] = [it for it in MANIFESTS if it["kind"] == kind and it["metadata"]["name"] == name]
    return result


def longest_stop_seconds(environment: dict[str, str]) -> float:
    """Returns the duration of the longest shutdown with these settings, as documented."""
    reader = SettingsReader(
        SettingsSources(environ={**SECRETS, **environment}, dotenv=Path("/nowhere"))
    )
    server, stripe = reader.read(ServerSettings), reader.read(StripeSettings)
    kafka = reader.read(KafkaSettings)
    for group in (WebhookSettings, TokenSettings):
        reader.read(group)
    reader.check()
    assert server is not None
    assert stripe is not None
    assert kafka is not None
    responses = max(stripe.timeout_seconds, kafka.ack_timeout_seconds) + 5
    registry = 3 if server.registries() else 0
    return server.drain_seconds + responses + kafka.ack_timeout_seconds + registry


@pytest.mark.parametrize(
    "document", MANIFESTS, ids=lambda it: f"{it['kind']}-{it['metadata']['name']}"
)
def test_kubernetes_accepts_each_manifest(document: dict[str, Any]) -> None:
    """Each manifest has only fields of its schema."""
    kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)


def test_kubernetes_rejects_a_misspelled_field() -> None:
    """The control: strict validation rejects a field that Kubernetes would silently drop."""
    wrong = copy.deepcopy(manifest("Deployment"))
    wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = 30
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES_VERSION, strict=True)


def test_names_in_the_manifests_refer_to_each_other() -> None:
    """Selectors match the pods, ports and probe paths are served, and settings exist."""
    deployment = manifest("Deployment")["spec"]
    pod = deployment["template"]["spec"]
    [container] = pod["containers"]
    labels = deployment["template"]["metadata"]["labels"].items()
    ports = {it["name"]: it["containerPort"] for it in container["ports"]}
    environment = manifest("ConfigMap")["data"]
    assert set(environment) <= KNOWN
    assert environment["PAYCLI_LISTEN"].endswith(f":{ports['internal']}")
    assert environment["PAYCLI_PUBLIC_LISTEN"].endswith(f":{ports['public']}")
    for selector in (
        deployment["selector"]["matchLabels"],
        manifest("Service")["spec"]["selector"],
        manifest("Service", "paycli-public")["spec"]["selector"],
        manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels
    served = {it.path for it in OPERATIONS}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        request = container[probe]["httpGet"]
        assert (request["path"] in served, request["port"]) == (True, "internal")
    assert container["volumeMounts"][0]["mountPath"] == "/run/secrets"


def test_the_public_listener_is_isolated() -> None:
    """No Service targets both listeners, and no network rule allows both."""
    targets = {
        it["metadata"]["name"]: [port["targetPort"] for port in it["spec"]["ports"]]
        for it in MANIFESTS
        if it["kind"] == "Service"
    }
    assert targets == {"paycli": ["internal"], "paycli-public": ["public"]}
    rules = manifest("NetworkPolicy")["spec"]["ingress"]
    assert sorted([port["port"] for port in rule["ports"]] for rule in rules) == [
        ["internal"],
        ["public"],
    ]
    assert all(rule["from"] for rule in rules), "an empty list would allow every source"


def test_grace_periods_exceed_the_longest_shutdown() -> None:
    """No supervisor sends SIGKILL while the daemon can still be completing requests."""
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    longest = longest_stop_seconds(manifest("ConfigMap")["data"])
    assert longest == 30
    assert pod["terminationGracePeriodSeconds"] > longest
    service = COMPOSE["services"]["paycli"]
    longest = longest_stop_seconds(service["environment"])
    assert longest == 23
    assert int(service["stop_grace_period"].removesuffix("s")) > longest
    timeout = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert timeout is not None
    assert int(timeout[1]) > longest + 60, "a minute of draining fits"


def test_references_in_the_compose_file_exist() -> None:
    """Its settings and secrets exist, and so do its dependencies and build contexts."""
    service = COMPOSE["services"]["paycli"]
    assert {*service["environment"], *service["secrets"]} <= KNOWN
    assert set(service["secrets"]) == set(COMPOSE["secrets"])
    for each in COMPOSE["services"].values():
        assert set(each.get("depends_on", ())) <= set(COMPOSE["services"])
        if "build" in each:
            assert (DEPLOY / each["build"]["context"]).is_dir()
    eureka = service["environment"]["PAYCLI_EUREKA_URL"]
    assert eureka.partition("//")[2].partition(":")[0] in COMPOSE["services"]


def test_no_core_dump_is_written() -> None:
    """The memory of the daemon has the Stripe key: unit and compose file forbid core dumps."""
    assert re.search(r"^LimitCORE=0$", UNIT, re.MULTILINE)
    assert COMPOSE["services"]["paycli"]["ulimits"] == {"core": 0}


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` accepts the unit, and rejects a misspelled one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    runnable = UNIT.replace("/opt/paycli/bin/paycli", sys.executable)
    misspelled = runnable.replace("ProtectClock", "ProtectWatch")
    for text, is_reported in ((runnable, False), (misspelled, True)):
        unit = tmp_path / "paycli.service"
        unit.write_text(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
        )
        assert ("paycli.service" in done.stderr) == is_reported, done.stderr
    assert set(re.findall(r"\bPAYCLI_[A-Z_]+", UNIT)) <= KNOWN | {
        "PAYCLI_SECRETS_DIR",
        "PAYCLI_DRAIN_SECONDS",
    }
