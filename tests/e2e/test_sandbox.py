"""`paycli serve --sandbox`: the complete flow without other services."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.command_line import run
from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.ports import WILDCARD_ADDRESS, free_port
from harness.sandbox import Sandbox, pay
from harness.stripe import Stripe
from service import PAYMENTS, SECRET, TOKEN, daemon_settings

READY_SECONDS = 1.5
RSS_MIB = 120


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A daemon with a sandbox and no settings."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
    """A daemon with a sandbox and no settings, for tests that leave it running."""
    with Sandbox() as sandbox:
        yield sandbox


def create(sandbox: Daemon, token: str, **more: object) -> dict[str, Any]:
    """Create a payment through the API."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    body = {"amount": 2000, "currency": "eur", "reference": "booking-42", **more}
    response = sandbox.request("POST", PAYMENTS, body, headers)
    assert response.status == 201, response.body
    payment: dict[str, Any] = response.json
    return payment


def event_names(ready: Mapping[str, Any], payment_id: str) -> list[str]:
    """Return the names of a payment's events on the topic, in order."""
    records = read_records(ready["kafka_bootstrap_servers"], ready["topic"])
    own = [record for record in records if record.key == payment_id.encode()]
    return [str(record.header("__TypeId__")) for record in own]


def test_a_payment_succeeds_without_settings(shared_sandbox: Sandbox) -> None:
    """Without settings, a payment is declined and then paid, and its events are on the topic."""
    ready = shared_sandbox.wait_sandbox_ready()
    payment = create(shared_sandbox, ready["api_token"])
    assert pay(ready["stripe_url"], payment, "pm_card_chargeDeclined") == 402
    assert pay(ready["stripe_url"], payment, "pm_card_visa") == 200
    expected = ["PaymentCreatedEvent", "PaymentFailedEvent", "PaymentSucceededEvent"]
    wait_until(lambda: len(event_names(ready, payment["id"])) == 3, 5, "all events on the topic")
    assert sorted(event_names(ready, payment["id"])) == expected


def test_the_payment_url_is_a_page_of_the_sandbox(shared_sandbox: Sandbox) -> None:
    """With checkout the payment_url is a URL of the stand-in."""
    ready = shared_sandbox.wait_sandbox_ready()
    payment = create(
        shared_sandbox, ready["api_token"], flow="checkout", success_url="https://shop.test/paid"
    )
    assert payment["payment_url"] == f"{ready['stripe_url']}/pay/{payment['id']}"


@pytest.mark.serial
def test_it_starts_quickly_and_needs_little_memory(sandbox: Sandbox) -> None:
    """It is ready within 1.5 s, and all processes use at most 120 MiB."""
    sandbox.wait_sandbox_ready()
    # One more second, for busy machines.
    assert time.monotonic() - sandbox.started_at <= READY_SECONDS + 1
    assert sum(map(resident_mib, sandbox.processes())) <= RSS_MIB


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None
    return int(match[1]) / 1024


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(number: signal.Signals, workers: str) -> None:
    """After SIGTERM, Ctrl-C and SIGKILL there are no processes, open ports or new files."""
    with Sandbox({"PAYCLI_WORKERS": workers}) as sandbox:
        ready = sandbox.wait_sandbox_ready()
        processes = sandbox.processes()
        home = Path(f"/proc/{sandbox.pid}/cwd").readlink()
        before = set(home.iterdir())
        if number is signal.SIGKILL:
            os.kill(sandbox.pid, number)
        else:
            os.killpg(sandbox.pid, number)
        assert sandbox.process.wait(10) == (-number if number is signal.SIGKILL else 0)
        wait_until(lambda: not any(map(is_running, processes)), 5, "all processes end")
        for address in (ready["url"], ready["stripe_url"], ready["kafka_bootstrap_servers"]):
            host, _, port = address.removeprefix("http://").partition(":")
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind((host, int(port)))
        assert set(home.iterdir()) == before


def is_running(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_settings_are_used_and_not_printed() -> None:
    """A token and a secret that are set are used, and not printed."""
    settings = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET, "PAYCLI_API_TOKENS": f"booking={TOKEN}"}
    with Sandbox(settings) as sandbox:
        ready = sandbox.wait_sandbox_ready()
        assert ready.keys() == {
            *("event", "url", "stripe_url", "kafka_bootstrap_servers", "topic"),
        }
        payment = create(sandbox, TOKEN)
        wait_until(lambda: len(event_names(ready, payment["id"])) == 1, 5, "its event on the topic")
        printed = sandbox.stdout_text() + sandbox.stderr_text()
        assert SECRET not in printed
        assert TOKEN not in printed


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"STRIPE_API_KEY": "sk_live_canary"}, "PAYCLI_STRIPE_API_KEY: is a live key"),
        ({"PAYCLI_STRIPE_API_KEY": "rk_live_canary"}, "PAYCLI_STRIPE_API_KEY: is a live key"),
        (
            {"PAYCLI_LISTEN": f"{WILDCARD_ADDRESS}:8080"},
            "PAYCLI_LISTEN: must be a loopback address",
        ),
        ({"PAYCLI_PUBLIC_LISTEN": "[::]:8081"}, "PAYCLI_PUBLIC_LISTEN: must be a loopback address"),
        ({"PAYCLI_LISTEN": "example.com:80"}, "PAYCLI_LISTEN: must be a loopback address"),
        (
            {"PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "many"},
            "PAYCLI_WEBHOOK_MAX_IN_FLIGHT: must be a whole number",
        ),
    ],
)
def test_live_keys_and_public_addresses_are_refused(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    """With a live key, a public address or an invalid setting it exits with 3."""
    address = {"PAYCLI_LISTEN": f"127.0.0.1:{free_port()}"}
    done = run(tmp_path, ("serve", "--sandbox"), address | settings, timeout_seconds=10)
    assert done.returncode == 3
    assert named in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_unused_brokers_are_reported() -> None:
    """If brokers are set, it reports that the sandbox's own broker is used instead."""
    with Sandbox({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}) as sandbox:
        ready = sandbox.wait_sandbox_ready()
        assert ready["kafka_bootstrap_servers"] != "127.0.0.1:1"
        output = "ignored, since the sandbox has its own: environment KAFKA_BOOTSTRAP_SERVERS"
        assert output in sandbox.stderr_text()


def test_the_sandbox_can_have_only_stripe(kafka: KafkaBroker, topic: str) -> None:
    """With `--sandbox-part stripe`, events are on the topic of the configured broker."""
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }
    with Sandbox(settings, "--sandbox-part", "stripe") as sandbox:
        ready = sandbox.wait_sandbox_ready()
        assert ready["kafka_bootstrap_servers"] is None
        payment = create(sandbox, ready["api_token"])
        on_topic = {**ready, "kafka_bootstrap_servers": kafka.bootstrap_servers}
        wait_until(lambda: event_names(on_topic, payment["id"]) != [], 5, "its event on the topic")


def test_the_sandbox_can_have_only_kafka(stand_in: Stripe) -> None:
    """With `--sandbox-part kafka`, Stripe's settings are required and used."""
    with Sandbox({}, "--sandbox-part", "kafka") as sandbox:
        assert sandbox.process.wait(10) == 3
        output = sandbox.stderr_text()
        assert "PAYCLI_STRIPE_API_KEY: is not set" in output
        assert "PAYCLI_STRIPE_WEBHOOK_SECRETS: is not set" in output
        assert "PAYCLI_API_TOKENS" not in output
    settings = daemon_settings(stand_in.url, "unused:1", "payments.events")
    with Sandbox(settings, "--sandbox-part", "kafka") as sandbox:
        ready = sandbox.wait_sandbox_ready()
        assert ready["stripe_url"] is None
        payment = create(sandbox, TOKEN)
        assert payment["id"] in stand_in.payment_ids()


def test_the_printed_commands_work(tmp_path: Path) -> None:
    """In a shell, the printed commands create a payment and publish an event."""
    with Sandbox({"PAYCLI_LOG_FORMAT": "console"}) as sandbox:
        wait_until(lambda: "webhook send" in sandbox.stderr_text(), 10, "the printed commands")
        output = sandbox.stderr_text()
        assert "its data is deleted when it stops" in output
        exports = "\n".join(re.findall(r"^ +export .*$", output, re.MULTILINE))
        curl = re.search(r"^ +curl .*?}'$", output, re.MULTILINE | re.DOTALL)
        send = re.search(r"^ +(paycli webhook send .*)$", output, re.MULTILINE)
        assert curl is not None
        assert send is not None
        created = json.loads(shell(f"{exports}\n{curl[0]}", tmp_path))
        assert created["payment_url"].startswith("http://127.0.0.1:")
        sent = shell(f"{exports}\n{send[1]} --json", tmp_path)
        assert json.loads(sent)["outcome"] == "published"


def shell(script: str, folder: Path) -> str:
    """Run a script in a shell without other settings; return its output."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", script],
        env={"PATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_doctor_has_no_warning_about_stripe(shared_sandbox: Sandbox, tmp_path: Path) -> None:
    """The sandbox's endpoint is as it must be at Stripe, with an API version of its own."""
    ready = shared_sandbox.wait_sandbox_ready()
    kafka = ready["kafka_bootstrap_servers"]
    settings = daemon_settings(ready["stripe_url"], kafka, ready["topic"])
    address = ready["url"].removeprefix("http://")
    done = run(tmp_path, ("doctor", "--json"), {**settings, "PAYCLI_LISTEN": address})
    checks = {check["id"]: check["state"] for check in json.loads(done.stdout)}
    at_stripe = {name: state for name, state in checks.items() if name.startswith("stripe.")}
    assert "stripe.api_version" in at_stripe
    assert {*at_stripe.values()} == {"ok"}


def test_secrets_are_not_visible_in_the_process_list(shared_sandbox: Sandbox) -> None:
    """Generated secrets are neither in arguments nor in the environment of any process."""
    ready = shared_sandbox.wait_sandbox_ready()
    for pid in shared_sandbox.processes():
        visible = (
            Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        )
        assert ready["api_token"].encode() not in visible
        assert ready["webhook_secret"].encode() not in visible


def test_a_port_in_use_ends_the_sandbox() -> None:
    """If the daemon cannot listen, it reports it and the sandbox ends."""
    port = free_port()
    taken = socket.create_server(("127.0.0.1", port))
    with taken, Sandbox({"PAYCLI_LISTEN": f"127.0.0.1:{port}"}) as sandbox:
        assert sandbox.process.wait(10) == 1
        assert "cannot listen" in sandbox.stderr_text()


@pytest.fixture
def without_h11(tmp_path: Path) -> dict[str, str]:
    """Settings of a daemon whose Python has no package h11."""
    (tmp_path / "sitecustomize.py").write_text("import sys\n\nsys.modules['h11'] = None\n")
    return {"PYTHONPATH": str(tmp_path)}


def test_a_missing_package_is_reported(without_h11: dict[str, str]) -> None:
    """Without h11, an optional package, it exits with 3 and the command that installs it."""
    with Sandbox(without_h11) as sandbox:
        assert sandbox.process.wait(10) == 3
        assert "pip install 'paycli[sandbox]'" in sandbox.stderr_text()
        assert "Traceback" not in sandbox.stderr_text()


def test_only_the_stand_in_needs_the_package(without_h11: dict[str, str], stand_in: Stripe) -> None:
    """`--sandbox-part kafka` works without h11."""
    settings = daemon_settings(stand_in.url, "unused:1", "payments.events")
    with Sandbox({**settings, **without_h11}, "--sandbox-part", "kafka") as sandbox:
        assert sandbox.wait_sandbox_ready()["stripe_url"] is None
