"""What operators see: settings, followed topics, the start-up panel, shell completion."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import command_line
from harness.command_line import PAYCLI
from harness.polling import wait_until
from harness.processes import Process
from harness.terminal import run_in_terminal
from service import SECRET, Service, daemon_settings


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a directory, with only these settings."""
    return command_line.run(folder, arguments, {"COLUMNS": "120", **settings})


def test_config_show_lists_every_setting_with_its_source(tmp_path: Path) -> None:
    """`config show` prints the value and source of each setting, and masks secrets."""
    (tmp_path / ".env").write_text("PAYCLI_KAFKA_TOPIC=from.dotenv\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "PAYCLI_API_TOKENS").write_text("booking=canary-token-long-enough")
    done = run(
        tmp_path,
        *("config", "show", "--json"),
        PAYCLI_SECRETS_DIR=str(secrets),
        STRIPE_API_KEY="sk_test_canary",
        PAYCLI_WEBHOOK_MAX_IN_FLIGHT="8",
    )
    assert done.returncode == 0, done.stderr
    rows = {row["setting"]: (row["value"], row["source"]) for row in json.loads(done.stdout)}
    assert rows["PAYCLI_STRIPE_API_KEY"] == ("********", "environment STRIPE_API_KEY")
    assert rows["PAYCLI_KAFKA_TOPIC"] == ("from.dotenv", ".env PAYCLI_KAFKA_TOPIC")
    assert rows["PAYCLI_API_TOKENS"] == ("********", f"file {secrets / 'PAYCLI_API_TOKENS'}")
    assert rows["PAYCLI_WEBHOOK_MAX_IN_FLIGHT"] == ("8", "environment PAYCLI_WEBHOOK_MAX_IN_FLIGHT")
    assert rows["PAYCLI_LISTEN"] == ("127.0.0.1:8080", "default")
    assert rows["PAYCLI_STRIPE_WEBHOOK_SECRETS"] == (None, "not set")
    assert "canary" not in done.stdout + done.stderr
    table = run(tmp_path, "config", "show", STRIPE_API_KEY="sk_test_canary")
    assert "environment STRIPE_API_KEY" in table.stdout
    assert "canary" not in table.stdout


def test_config_show_reports_invalid_settings(tmp_path: Path) -> None:
    """`config show` exits with 3 for an invalid value, and says what to do."""
    done = run(tmp_path, "config", "show", "--json", PAYCLI_LISTEN="8080")
    assert done.returncode == 3
    [row] = [row for row in json.loads(done.stdout) if row["problem"]]
    assert (row["setting"], row["value"]) == ("PAYCLI_LISTEN", "8080")
    assert "host:port" in row["problem"]
    assert "PAYCLI_LISTEN" in done.stderr


@pytest.mark.parametrize("columns", [60, 140])
def test_a_table_fits_the_terminal(columns: int) -> None:
    """`config show` has a row for each setting; what does not fit is on a second line."""
    code, lines = run_in_terminal(
        [*PAYCLI, "config", "show"], columns, {"PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "8"}
    )
    assert code == 0
    assert max(map(len, lines)) <= columns
    rows = [line.split() for line in lines]
    if columns == 60:
        assert ["source"] in rows
        assert rows[rows.index(["PAYCLI_WEBHOOK_MAX_IN_FLIGHT", "8"]) + 1] == ["environment"]
    else:
        assert rows[0] == ["setting", "value", "source"]
        assert ["PAYCLI_WEBHOOK_MAX_IN_FLIGHT", "8", "environment"] in rows


@pytest.mark.parametrize("columns", [70, 160])
def test_an_event_fits_the_terminal(service: Service, columns: int) -> None:
    """`events tail` uses a second line on a narrow terminal, and omits nothing."""
    service.deliver_payment_event("evt_7", "pi_wide", metadata={"reference": "booking-42"})
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    arguments = ("events", "tail", "--from-beginning", "--exit", "--payment", "pi_wide")
    code, lines = run_in_terminal([*PAYCLI, *arguments], columns, settings)
    assert code == 0
    assert max(map(len, lines)) <= columns
    shown = " ".join(lines)
    assert all(part in shown for part in ("PaymentSucceeded", "20.00 EUR", "pi_wide", "booking-42"))


@pytest.fixture
def follower(service: Service, tmp_path: Path) -> Iterator[Process]:
    """Provide `events tail` of two event types of one payment, in a pipe."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    follower = Process(
        [
            *(*PAYCLI, "events", "tail", "--payment", "pi_tail"),
            *("--type", "PaymentSucceededEvent", "--type", "PaymentFailedEvent"),
        ],
        name="tail",
        directory=tmp_path,
        environment={"PATH": os.environ["PATH"], **settings},
    )
    wait_until(lambda: "following" in follower.stderr_text(), 10, "the topic is followed")
    yield follower
    follower.kill()


def test_tail_follows_the_selected_events(service: Service, follower: Process) -> None:
    """`events tail` in a pipe prints a JSON line for each selected event as it arrives."""
    service.deliver_payment_event("evt_1", "pi_other")
    service.deliver_payment_event("evt_2", "pi_tail", type="payment_intent.created")
    service.deliver_payment_event("evt_3", "pi_tail", amount=777)
    service.deliver_payment_event("evt_4", "pi_tail", type="payment_intent.payment_failed")
    wait_until(lambda: follower.stdout_text().count("\n") == 2, 5, "two lines")
    first, second = (json.loads(line) for line in follower.stdout_text().splitlines())
    assert (first["event_id"], first["type"]) == ("evt_3", "PaymentSucceededEvent")
    assert (first["subject"], first["data"]["amount"]) == ("pi_tail", 777)
    assert (second["event_id"], second["type"]) == ("evt_4", "PaymentFailedEvent")
    follower.signal(signal.SIGINT)
    assert follower.wait(5) == 130
    assert "Traceback" not in follower.stderr_text()


def test_tail_exits_at_the_end_of_the_topic(service: Service, tmp_path: Path) -> None:
    """`events tail --from-beginning --exit` prints the existing events and exits."""
    service.deliver_payment_event("evt_5", "pi_end", amount=50_000, currency="isk")
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    arguments = ("events", "tail", "--from-beginning", "--exit", "--payment", "pi_end")
    done = run(tmp_path, *arguments, **settings)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["event_id"] for line in done.stdout.splitlines()] == ["evt_5"]
    table = run(tmp_path, *arguments, "-o", "table", **settings)
    assert "PaymentSucceeded" in table.stdout
    assert "500 ISK" in table.stdout
    assert run(tmp_path, *arguments, "--json", **settings).returncode == 2


def test_unreadable_events_are_shown(service: Service, tmp_path: Path) -> None:
    """An unreadable event, without amount and status, is printed with its reason."""
    service.deliver_payment_event("evt_6", "pi_unreadable", amount=None)
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    for command in (("tail", "--from-beginning", "--exit"), ("list",)):
        done = run(tmp_path, "events", *command, "--unreadable", "-o", "table", **settings)
        assert done.returncode == 0, done.stderr
        assert "Unreadable" in done.stdout
        assert "amount" in done.stdout


def test_a_missing_topic_exits_with_5(service: Service, tmp_path: Path) -> None:
    """`events tail` of a missing topic exits with 5 and a one-line message."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, "not.there")
    done = run(tmp_path, "events", "tail", **settings)
    assert done.returncode == 5
    assert "not.there" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_terminal_shows_a_panel(service: Service, tmp_path: Path) -> None:
    """On a terminal the daemon prints one panel when it is ready, without secrets."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    terminal, child = pty.openpty()
    daemon = subprocess.Popen(
        [*PAYCLI, "serve", "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", **settings},
        stderr=child,
    )
    os.close(child)
    try:
        screen = ""
        deadline = time.monotonic() + 10
        while "ready after" not in screen and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                screen += os.read(terminal, 10_000).decode()
    finally:
        daemon.terminate()
        assert daemon.wait(10) == 0
        os.close(terminal)
    assert "paycli is ready" in screen
    for fact in (r"http://127\.0\.0\.1:\d+", "test", service.topic, "workers"):
        assert re.search(fact, screen), fact
    assert SECRET not in screen


@pytest.mark.parametrize(
    ("typed", "completion"),
    [
        ("paycli ", "webhook"),
        ("paycli webhook ", "verify"),
        ("paycli intent create --cur", "--cur"),
    ],
)
def test_the_shell_completes_commands(tmp_path: Path, typed: str, completion: str) -> None:
    """Bash completes commands and options."""
    words = typed.split(" ")
    done = run(
        tmp_path,
        _PAYCLI_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(words) - 1),
    )
    assert completion in done.stdout
