"""The options for the Prometheus Operator fit its resources, our Services and our alert rules."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from harness.tools import ROOT

DEPLOY = ROOT / "scripts/deploy"
SCHEMAS = Path(__file__).parent / "prometheus-operator"
MONITOR = yaml.safe_load((DEPLOY / "kubernetes/servicemonitor.yaml").read_text())
MANIFESTS: list[Any] = list(yaml.safe_load_all((DEPLOY / "kubernetes/paycli.yaml").read_text()))


def prometheus_rule(*labels: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/prometheus-rule with labels."""
    return subprocess.run(
        [ROOT / "scripts/prometheus-rule", *labels], capture_output=True, text=True, check=False
    )


RULE = yaml.safe_load(prometheus_rule().stdout)


def strict(schema: Any) -> Any:  # noqa: ANN401  (JSON)
    """Returns the schema without the fields that Kubernetes would drop without a word."""
    if isinstance(schema, list):
        return [strict(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        result["additionalProperties"] = False
    return result


def errors(resource: dict[str, Any]) -> list[str]:
    """Returns what the operator's schema of the resource's kind finds wrong."""
    schema = json.loads((SCHEMAS / f"{resource['kind']}.json").read_text())
    return [it.message for it in Draft202012Validator(strict(schema)).iter_errors(resource)]


def scraped(monitor: dict[str, Any], manifests: list[Any]) -> list[tuple[str, int]]:
    """Returns the Services and ports that the operator selects for a monitor."""
    labels = monitor["spec"]["selector"]["matchLabels"].items()
    ports = {it["port"] for it in monitor["spec"]["endpoints"]}
    return [
        (it["metadata"]["name"], port["port"])
        for it in manifests
        if it["kind"] == "Service" and labels <= it["metadata"]["labels"].items()
        for port in it["spec"]["ports"]
        if port["name"] in ports
    ]


@pytest.mark.parametrize("resource", [MONITOR, RULE], ids=lambda it: it["kind"])
def test_the_operator_accepts_each_resource(resource: dict[str, Any]) -> None:
    """Each has only fields of its custom resource definition."""
    assert resource["apiVersion"] == "monitoring.coreos.com/v1"
    assert errors(resource) == []


def test_a_misspelled_field_is_reported() -> None:
    """The control: fields that do not exist, and values of the wrong type, are found."""
    monitor, rule = copy.deepcopy(MONITOR), copy.deepcopy(RULE)
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    rule["spec"]["groups"][0]["rules"][0]["for"] = "a minute"
    assert [len(errors(it)) for it in (monitor, rule)] == [1, 1]


def test_the_job_is_the_internal_listener_of_the_service_paycli() -> None:
    """The operator names the job after the Service, as the alert rules expect; only one matches."""
    assert "jobLabel" not in MONITOR["spec"]
    assert scraped(MONITOR, MANIFESTS) == [("paycli", 8080)]


def test_a_port_name_that_both_services_have_is_reported() -> None:
    """The control: with the same name for both ports the public listener would be scraped too."""
    same = copy.deepcopy(MANIFESTS)
    for each in same:
        if each["kind"] == "Service":
            each["spec"]["ports"][0]["name"] = "http"
    assert scraped(MONITOR, same) == [("paycli", 8080), ("paycli-public", 8081)]


def test_the_rule_has_the_alert_rules_unchanged() -> None:
    """Its groups are those of alerts.yaml, which promtool and real faults have tested."""
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())
    assert RULE["spec"] == rules
    assert RULE["spec"]["groups"][0]["rules"]


def test_the_rule_gets_the_labels_that_select_it() -> None:
    """Arguments become labels, as text; one that is no label is refused."""
    labelled = yaml.safe_load(prometheus_rule("release=1.0", "team=payments").stdout)
    labels = {"app.kubernetes.io/name": "paycli", "release": "1.0", "team": "payments"}
    assert labelled == {**RULE, "metadata": {"name": "paycli", "labels": labels}}
    refused = prometheus_rule("release")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "release" in refused.stderr


def test_the_base_for_kustomize_has_its_manifests() -> None:
    """Its resources are files beside it."""
    folder = DEPLOY / "kubernetes"
    base = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert base["resources"]
    assert all((folder / it).is_file() for it in base["resources"])
