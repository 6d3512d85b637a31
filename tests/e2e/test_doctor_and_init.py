"""`doctor` finds problems and their repairs; `init` writes a `.env` file."""

import json
import os
import pty
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from harness.command_line import PAYCLI, run
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe, always, respond
from harness.terminal import run_in_terminal
from paycli.sandbox.standin import WebhookTarget
from service import Service, daemon_settings

URL = "https://pay.example/api/v1/stripe/events"


@pytest.fixture
def stripe() -> Iterator[Stripe]:
    """Provide a Stripe with an endpoint that sends all event types."""
    with Stripe() as stripe:
        stripe.add_webhook_target(WebhookTarget(URL, ("whsec_x",)))
        yield stripe


@pytest.fixture
def settings(stripe: Stripe, kafka: KafkaBroker, topic: str) -> dict[str, str]:
    """Provide settings of an installation that lacks only its daemon."""
    usual = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
    return {**usual, "PAYCLI_LISTEN": "127.0.0.1:9"}


def examine(folder: Path, settings: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Run `doctor`; return its exit code and its checks by id."""
    done = run(folder, ("doctor", "--json"), settings)
    checks = {check["id"]: check for check in json.loads(done.stdout)}
    assert all(c["repair"] for c in checks.values() if c["state"] in ("failed", "warning"))
    for secret in (settings["PAYCLI_STRIPE_API_KEY"], "whsec_", "token-of"):
        assert not secret or secret not in done.stdout + done.stderr
    return done.returncode, checks


def test_a_complete_installation_is_ok(tmp_path: Path, service: Service) -> None:
    """Every check is done, none fails, and the exit code is 0."""
    service.stripe.add_webhook_target(WebhookTarget(URL, ("whsec_x",), enabled_events=("*",)))
    usual = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    address = service.daemon.url.removeprefix("http://")
    code, checks = examine(tmp_path, {**usual, "PAYCLI_LISTEN": address})
    assert code == 0
    assert checks.keys() == {
        *("settings", "settings.mode", "settings.webhook_secrets_shape"),
        *("stripe.reach", "stripe.clock", "stripe.endpoint", "stripe.enabled_events"),
        "stripe.api_version",
        *("kafka.reach", "kafka.topic", "kafka.replication", "kafka.cleanup_policy"),
        *("kafka.retention", "kafka.write", "kafka.unreadable_topic", "daemon.ready"),
    }
    assert {c["state"] for c in checks.values()} <= {"ok", "warning"}
    for check in ("stripe.clock", "kafka.write", "kafka.cleanup_policy", "daemon.ready"):
        assert checks[check]["state"] == "ok"
    assert checks["kafka.replication"]["state"] == "warning", "the test broker has no replicas"


@pytest.mark.parametrize(
    ("changes", "code", "failed"),
    [
        ({"PAYCLI_STRIPE_API_KEY": ""}, 3, "settings.stripe_api_key"),
        ({"PAYCLI_LISTEN": "8080"}, 3, "settings.listen"),
        ({"PAYCLI_KAFKA_SCHEMA_IDS_FILE": "none"}, 3, "settings.kafka_schema_ids_file"),
        ({"PAYCLI_STRIPE_API_BASE": "http://127.0.0.1:9"}, 4, "stripe.reach"),
        ({"PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}, 5, "kafka.reach"),
        ({"PAYCLI_KAFKA_TOPIC": "not.there"}, 5, "kafka.topic"),
    ],
)
def test_the_exit_code_is_that_of_the_failed_part(
    tmp_path: Path, settings: dict[str, str], changes: dict[str, str], code: int, failed: str
) -> None:
    """Settings, Stripe and Kafka have different exit codes; the other parts are still checked."""
    exit_code, checks = examine(tmp_path, settings | changes)
    assert (exit_code, checks[failed]["state"]) == (code, "failed")
    if "PAYCLI_KAFKA_SCHEMA_IDS_FILE" in changes:  # it is set already
        assert "paycli schemas publish" in checks[failed]["repair"]
    assert {"daemon.ready", "settings.listen"} & checks.keys()


def test_problems_at_stripe_are_found(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str]
) -> None:
    """A wrong clock, an endpoint that lacks event types, and a refused key fail."""
    stripe.control("clock", offset_seconds=600)
    code, checks = examine(tmp_path, settings)
    assert (code, checks["stripe.clock"]["state"]) == (4, "failed")
    stripe.control("clock", offset_seconds=0)
    assert examine(tmp_path, settings)[0] == 0
    stripe.add_webhook_target(WebhookTarget(URL, ("whsec_y",), enabled_events=("charge.expired",)))
    code, checks = examine(tmp_path, settings)
    assert (code, checks["stripe.enabled_events"]["state"]) == (4, "failed")
    assert "payment_intent.succeeded" in checks["stripe.enabled_events"]["detail"]
    stripe.inject(always(respond(401, {"error": {"message": "Invalid API Key"}})))
    code, checks = examine(tmp_path, settings)
    assert (code, checks["stripe.key"]["state"]) == (4, "failed")


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("2026-10-28.endive", "ok"),
        ("2025-03-31.basil", "ok"),
        ("2024-10-28.acacia", "ok"),
        ("2024-09-30.acacia", "warning"),
        ("2024-06-20", "warning"),
        ("2020-08-27", "warning"),
        (None, "warning"),
    ],
)
def test_an_endpoint_whose_version_has_no_refund_events_is_found(
    tmp_path: Path, kafka: KafkaBroker, topic: str, version: str | None, state: str
) -> None:
    """Before 2024-10-28 most refunds have none; the account's own version can be that old."""
    with Stripe() as stripe:
        stripe.add_webhook_target(WebhookTarget(URL, ("whsec_x",), api_version=version))
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        code, checks = examine(tmp_path, {**settings, "PAYCLI_LISTEN": "127.0.0.1:9"})
    found = checks["stripe.api_version"]
    assert (code, found["state"]) == (0, state)
    assert (version or "the account's own") in found["detail"]
    assert found["repair"] is None or "2026-10-28.endive" in found["repair"]


def test_an_endpoint_with_a_query_is_found(
    tmp_path: Path, stripe: Stripe, settings: dict[str, str]
) -> None:
    """The webhook's route has no query, so each delivery to such an endpoint would be refused."""
    stripe.add_webhook_target(WebhookTarget(f"{URL}?source=stripe", ("whsec_y",)))
    code, checks = examine(tmp_path, settings)
    assert (code, checks["stripe.endpoint"]["state"]) == (4, "failed")


@pytest.mark.parametrize(
    ("config", "check", "state"),
    [
        ({"cleanup.policy": "compact"}, "kafka.cleanup_policy", "failed"),
        ({"min.insync.replicas": "2"}, "kafka.replication", "failed"),
        ({"retention.ms": "86400000"}, "kafka.retention", "warning"),
        ({"retention.ms": "-1"}, "kafka.retention", "ok"),
    ],
)
def test_problems_of_the_topic_are_found(
    tmp_path: Path,
    kafka: KafkaBroker,
    settings: dict[str, str],
    config: dict[str, str],
    check: str,
    state: str,
) -> None:
    """Configurations that lose events fail; those that may duplicate events are warnings."""
    name = f"{settings['PAYCLI_KAFKA_TOPIC']}.{len(str(config))}"
    kafka.create_topic(name, config=config)
    kafka.create_topic(f"{name}.unreadable")
    code, checks = examine(tmp_path, {**settings, "PAYCLI_KAFKA_TOPIC": name})
    assert checks[check]["state"] == state
    assert code == (5 if state == "failed" else 0)


@pytest.mark.parametrize(
    ("terminal", "colors"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_the_checks_fit_a_narrow_terminal(
    settings: dict[str, str], terminal: dict[str, str], *, colors: bool
) -> None:
    """At 60 columns, details are below the id; colors follow TERM and NO_COLOR."""
    code, lines = run_in_terminal([*PAYCLI, "doctor"], 60, settings | terminal)
    assert code == 0
    assert any("\x1b[32m" in line for line in lines) == colors
    # A step that takes longer than a second has a progress line, which is erased.
    plain = [re.sub(r"\r[^\r]*\x1b\[K|\x1b\[\d*m", "", line) for line in lines]
    assert max(map(len, plain)) <= 60
    assert plain[plain.index("ok    kafka.write") + 1].startswith("        permission to write to ")


def test_init_prompts_without_echo(tmp_path: Path) -> None:
    """Input is in the file and not on the screen; invalid input is prompted for again."""
    terminal, child = pty.openpty()
    process = subprocess.Popen(
        [*PAYCLI, "init"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    inputs = [
        "canary-wrong",
        "sk_test_canary'1",
        "whsec_canary#2_is_long_enough",
        "kafka-1:9092",
        "",
    ]
    screen = ""
    for text in inputs:
        while not screen.endswith(": "):
            screen += os.read(terminal, 10_000).decode()
        os.write(terminal, f"{text}\n".encode())
        screen += "\n"
    try:
        while part := os.read(terminal, 10_000):
            screen += part.decode()
    except OSError:  # on Linux: the other end is closed
        pass
    os.close(terminal)
    assert process.wait(10) == 0
    assert "canary" not in screen
    assert "must start with sk_test_" in screen
    file = tmp_path / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = dotenv_values(file, interpolate=False)
    assert values["PAYCLI_STRIPE_API_KEY"] == "sk_test_canary'1"
    assert values["PAYCLI_STRIPE_WEBHOOK_SECRETS"] == "whsec_canary#2_is_long_enough"
    assert values["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] == "kafka-1:9092"
    assert str(values["PAYCLI_API_TOKENS"]).startswith("booking=")
    shown = run(tmp_path, ("config", "show", "--json"), {})
    rows = {row["setting"]: row for row in json.loads(shown.stdout)}
    assert all(not row["problem"] for row in rows.values())
    assert rows["PAYCLI_API_TOKENS"]["source"] == ".env PAYCLI_API_TOKENS"


def test_init_without_a_terminal_writes_a_template(tmp_path: Path) -> None:
    """The template has every setting with its meaning; an existing file is not changed."""
    assert run(tmp_path, ("init",), {}).returncode == 0
    text = (tmp_path / ".env").read_text()
    assert "\nPAYCLI_STRIPE_API_KEY=\n" in text
    assert "\n# PAYCLI_LISTEN=127.0.0.1:8080\n" in text
    again = run(tmp_path, ("init",), {})
    assert (again.returncode, "already exists" in again.stderr) == (2, True)
    assert (tmp_path / ".env").read_text() == text
    assert run(tmp_path, ("init", "--file", "no/where"), {}).returncode == 2
