"""RUNBOOK.md has a section for every alert, and what to do for every error code it names."""

import builtins
import re
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from harness.markdown import anchors, first_column, read, section, table, titles, with_mistake
from harness.tools import ROOT
from paycli import errors
from paycli.webhooks.signature import Cause
from server import problems
from server.openapi.operations import OPERATIONS

PATH = "scripts/deploy/RUNBOOK.md"
RUNBOOK = read(PATH)
RULES = yaml.safe_load((ROOT / "scripts/deploy/prometheus/alerts.yaml").read_text("utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
CODES = {kind.code for kind in problems.PROBLEM_TYPES} | set(problems.HTTP_CODES.values())


def wrong_alerts(text: str) -> list[str]:
    """Returns the alerts without a section of their name, and the sections of no alert."""
    names = {rule["alert"] for rule in ALERTS}
    alerts = section(text, "Alerts")
    incomplete = [
        name
        for name in names
        if not all(f"- **{it}:**" in section(alerts, name) for it in ("Meaning", "Check", "Do"))
    ]
    return sorted({*titles(alerts)} ^ names) + incomplete


def wrong_anchors(text: str) -> list[str]:
    """Returns the alerts whose annotation `runbook` leads to no heading of the runbook."""
    there = {f"{PATH}#{anchor}" for anchor in anchors(text)}
    return [rule["alert"] for rule in ALERTS if rule["annotations"]["runbook"] not in there]


def wrong_codes(text: str) -> set[str]:
    """Returns the codes that the tables of incidents have and HTTP has not.

    The table of the webhook's 503 and that of a signature's causes have all of theirs, too.
    """
    webhook = next(it for it in OPERATIONS if it.id == "receiveStripeEvent")
    unavailable = {
        kind.code
        for kind in webhook.failures
        if isinstance(kind, type)
        and issubclass(kind, errors.PaycliError)
        and problems.PROBLEM_TYPES[kind].status
        == problems.PROBLEM_TYPES[errors.NotPersisted].status
    }
    payments = first_column(table(section(text, "Payments fail"), "`code`"))
    webhooks = first_column(table(section(text, "Webhooks return 503"), "`code`"))
    causes = first_column(
        table(section(text, "Webhooks return 400 `signature_invalid`"), "`cause`")
    )
    return (payments - CODES) | (webhooks ^ unavailable) | (causes ^ {*map(str, Cause)})


def unknown_outputs(text: str) -> set[str]:
    """Returns the quoted outputs and log texts that the program does not write."""
    quoted = first_column(table(text, "Output")) | first_column(table(text, "Log"))
    fixed = {re.split("…|[0-9]", it)[0].strip(): it for it in quoted}
    files = [it for folder in ("paycli", "server") for it in (ROOT / folder).rglob("*.py")]
    source = "".join(it.read_text(encoding="utf-8") for it in files)
    raised = {*vars(builtins), *vars(socket), *vars(ssl)}
    return {it for start, it in fixed.items() if start not in source and start not in raised}


CHECKS = [wrong_alerts, wrong_anchors, wrong_codes, unknown_outputs]


@pytest.mark.parametrize("check", CHECKS)
def test_the_runbook_agrees_with_the_code(check: Callable[[str], object]) -> None:
    """Every alert has its section and leads to it; codes and causes are those of HTTP."""
    assert not check(RUNBOOK)


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_alerts, "### PaycliDown\n", "### PaycliUp\n"),
        (wrong_alerts, "- **Check:** is the process", "- Is the process"),
        (wrong_anchors, "### PaycliDown\n", "### PaycliUp\n"),
        (wrong_codes, "| `topic_missing` |", "| `topic_lost` |"),
        (wrong_codes, "| `busy` |", "| `too_busy` |"),
        (wrong_codes, "| `from_future` |", "| |"),
        (unknown_outputs, "| `cannot listen on …`", "| `cannot bind to …`"),
        (unknown_outputs, "`gaierror`", "`gaerror`"),
    ],
)
def test_a_mistake_in_the_runbook_is_reported(
    check: Callable[[str], object], old: str, new: str
) -> None:
    """The control: a missing section or code, and one that does not exist, are found."""
    assert check(with_mistake(RUNBOOK, old, new))
