"""Budgets: time until ready, idle memory, and modules loaded by light commands."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe
from service import daemon_settings

READY_SECONDS = 1.5
SLACK_SECONDS = 1.0
IDLE_MIB = 80


@pytest.mark.serial
def test_the_daemon_starts_fast_and_uses_little_memory(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, figures: dict[str, object]
) -> None:
    """The daemon is ready within 1.5 s (plus 1 s slack here), and uses at most 80 MiB idle."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    started = time.monotonic()
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        figures["seconds from start to ready"] = seconds = time.monotonic() - started
        figures["resident memory, MiB"] = memory_mib = daemon.rss_mib()
        assert seconds < READY_SECONDS + SLACK_SECONDS
        assert memory_mib < IDLE_MIB


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["webhook", "verify", "body.json", "--signature", "t=1,v1=0"],
        ["webhook", "sign", "body.json"],
    ],
    ids=["help", "verify", "sign"],
)
def test_light_commands_load_no_sdk(tmp_path: Path, arguments: list[str]) -> None:
    """Help, verify and sign import neither the SDKs nor the HTTP framework nor the models."""
    (tmp_path / "body.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "paycli", *arguments],
        cwd=tmp_path,
        env={"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_of_the_budgets_0001"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 6)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "paycli.cli.output" in loaded, "the list of imports is there"
    heavy = {"stripe", "pycurl", "requests", "confluent_kafka", "falcon", "dotenv", "waitress"}
    assert {name for name in loaded if name.partition(".")[0] in heavy} == set()
    assert {name for name in loaded if name.startswith("paycli.models")} == set()
