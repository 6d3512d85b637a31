"""`paycli serve --sandbox`: the whole flow on a machine with nothing but Python."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.ports import WILDCARD_ADDRESS, free_port
from harness.sandbox import Sandbox
from harness.stripe import Stripe
from service import PAYMENTS, SECRET, TOKEN, daemon_settings

READY_SECONDS = 1.5
RSS_MIB = 120


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give a daemon with a sandbox, for which nothing is set."""
    with Sandbox() as sandbox:
        yield sandbox


def create(sandbox: Daemon, token: str, **more: object) -> dict[str, Any]:
    """Make a payment as a caller does."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "key-1"}
    body = {"amount": 2000, "currency": "eur", "reference": "booking-42", **more}
    answer = sandbox.request("POST", PAYMENTS, body, headers)
    assert answer.status == 201, answer.body
    payment: dict[str, Any] = answer.json
    return payment


def pay(stripe_url: str, payment: Mapping[str, Any], card: str) -> int:
    """Pay as Stripe's form in the customer's browser does; return the status."""
    form = {"client_secret": payment["client_secret"], "payment_method": card}
    connection = HTTPConnection(stripe_url.removeprefix("http://"), timeout=5)
    path = f"/v1/payment_intents/{payment['id']}/confirm"
    connection.request("POST", path, urlencode(form), {"Authorization": "Bearer pk_test_browser"})
    status = connection.getresponse().status
    connection.close()
    return status


def types(told: Mapping[str, Any], payment_id: str) -> list[str]:
    """The names of a payment's events on the topic, in order."""
    records = read_records(told["kafka_bootstrap_servers"], told["topic"])
    mine = [record for record in records if record.key == payment_id.encode()]
    return [str(record.header("__TypeId__")) for record in mine]


def test_a_booking_is_paid_without_anything_set(sandbox: Sandbox) -> None:
    """From nothing: a payment, declined and then paid, and each event on a topic that all reach."""
    told = sandbox.wait_sandbox_ready()
    payment = create(sandbox, told["api_token"])
    assert pay(told["stripe_url"], payment, "pm_card_chargeDeclined") == 402
    assert pay(told["stripe_url"], payment, "pm_card_visa") == 200
    expected = ["PaymentCreatedEvent", "PaymentFailedEvent", "PaymentSucceededEvent"]
    wait_until(lambda: len(types(told, payment["id"])) == 3, 5, "all events are there")
    assert sorted(types(told, payment["id"])) == expected


def test_a_checkout_leads_to_a_page_of_the_sandbox(sandbox: Sandbox) -> None:
    """With checkout the payment_url is an address of the stand-in."""
    told = sandbox.wait_sandbox_ready()
    payment = create(
        sandbox, told["api_token"], flow="checkout", success_url="https://shop.test/paid"
    )
    assert payment["payment_url"] == f"{told['stripe_url']}/pay/{payment['id']}"


def test_it_is_ready_soon_and_small(sandbox: Sandbox) -> None:
    """From the start to ready it takes at most 1.5 s, and all processes at most 120 MiB."""
    sandbox.wait_sandbox_ready()
    # A second's slack, for machines that do other things too.
    assert time.monotonic() - sandbox.started_at <= READY_SECONDS + 1
    assert sum(map(rss_mib, sandbox.processes())) <= RSS_MIB


def rss_mib(pid: int) -> float:
    """The resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(number: signal.Signals, workers: str) -> None:
    """SIGTERM, Ctrl-C and even SIGKILL leave no process, no port and no file."""
    with Sandbox({"PAYCLI_WORKERS": workers}) as sandbox:
        told = sandbox.wait_sandbox_ready()
        processes = sandbox.processes()
        home = Path(f"/proc/{sandbox.pid}/cwd").readlink()
        before = set(home.iterdir())
        if number is signal.SIGKILL:
            os.kill(sandbox.pid, number)
        else:
            os.killpg(sandbox.pid, number)
        assert sandbox.process.wait(10) == (-number if number is signal.SIGKILL else 0)
        wait_until(lambda: not any(map(runs, processes)), 5, "all processes end")
        for address in (told["url"], told["stripe_url"], told["kafka_bootstrap_servers"]):
            host, _, port = address.removeprefix("http://").partition(":")
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind((host, int(port)))
        assert set(home.iterdir()) == before


def runs(pid: int) -> bool:
    """Whether a process is still there, and not only its exit code."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_what_is_set_is_kept_and_not_told() -> None:
    """A token and a secret that are set hold, and are not printed."""
    settings = {"PAYCLI_STRIPE_WEBHOOK_SECRETS": SECRET, "PAYCLI_API_TOKENS": f"booking={TOKEN}"}
    with Sandbox(settings) as sandbox:
        told = sandbox.wait_sandbox_ready()
        assert told.keys() == {
            *("event", "url", "stripe_url", "kafka_bootstrap_servers", "topic"),
        }
        payment = create(sandbox, TOKEN)
        wait_until(lambda: len(types(told, payment["id"])) == 1, 5, "its event is there")
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
        ({"PAYCLI_PUBLIC_LISTEN": "[::]:8081"}, "PAYCLI_PUBLIC_LISTEN: must be this machine's"),
        ({"PAYCLI_LISTEN": "example.com:80"}, "PAYCLI_LISTEN: must be a loopback address"),
        (
            {"PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "many"},
            "PAYCLI_WEBHOOK_MAX_IN_FLIGHT: must be a whole number",
        ),
    ],
)
def test_a_sandbox_refuses_what_is_real(settings: dict[str, str], named: str) -> None:
    """A live key or a public address is refused with 3, and nothing is left running."""
    with Sandbox(settings) as sandbox:
        assert sandbox.process.wait(10) == 3
        assert named in sandbox.stderr_text()
        assert "canary" not in sandbox.stderr_text()


def test_brokers_that_are_set_are_not_used_and_it_says_so() -> None:
    """With a broker of its own it says that the one that is set is not used."""
    with Sandbox({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}) as sandbox:
        told = sandbox.wait_sandbox_ready()
        assert told["kafka_bootstrap_servers"] != "127.0.0.1:1"
        said = "ignored, since the sandbox has its own: environment KAFKA_BOOTSTRAP_SERVERS"
        assert said in sandbox.stderr_text()


def test_only_stripe_may_be_the_sandboxs(kafka: KafkaBroker, topic: str) -> None:
    """`--sandbox-part stripe` sends what it does to the real broker that is set."""
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "PAYCLI_KAFKA_TOPIC": topic,
    }
    with Sandbox(settings, "--sandbox-part", "stripe") as sandbox:
        told = sandbox.wait_sandbox_ready()
        assert told["kafka_bootstrap_servers"] is None
        payment = create(sandbox, told["api_token"])
        on_topic = {**told, "kafka_bootstrap_servers": kafka.bootstrap_servers}
        wait_until(lambda: types(on_topic, payment["id"]) != [], 5, "its event is there")


def test_only_kafka_may_be_the_sandboxs(stand_in: Stripe) -> None:
    """`--sandbox-part kafka` needs Stripe's key and secret, and asks the Stripe that is set."""
    with Sandbox({}, "--sandbox-part", "kafka") as sandbox:
        assert sandbox.process.wait(10) == 3
        said = sandbox.stderr_text()
        assert "PAYCLI_STRIPE_API_KEY: is not set" in said
        assert "PAYCLI_STRIPE_WEBHOOK_SECRETS: is not set" in said
        assert "PAYCLI_API_TOKENS" not in said
    settings = daemon_settings(stand_in.url, "unused:1", "payments.events")
    with Sandbox(settings, "--sandbox-part", "kafka") as sandbox:
        told = sandbox.wait_sandbox_ready()
        assert told["stripe_url"] is None
        payment = create(sandbox, TOKEN)
        assert payment["id"] in stand_in.payment_ids()


def test_the_commands_that_it_prints_work(tmp_path: Path) -> None:
    """Pasted into a shell, what it prints makes a payment and sends an event to the topic."""
    with Sandbox({"PAYCLI_LOG_FORMAT": "console"}) as sandbox:
        wait_until(lambda: "webhook send" in sandbox.stderr_text(), 10, "it tells what to do")
        said = sandbox.stderr_text()
        assert "all of its data vanish" in said
        exports = "\n".join(re.findall(r"^ +export .*$", said, re.MULTILINE))
        curl = re.search(r"^ +curl .*?}'$", said, re.MULTILINE | re.DOTALL)
        send = re.search(r"^ +(paycli webhook send .*)$", said, re.MULTILINE)
        assert curl is not None
        assert send is not None
        created = json.loads(shell(f"{exports}\n{curl[0]}", tmp_path))
        assert created["payment_url"].startswith("http://127.0.0.1:")
        sent = shell(f"{exports}\n{send[1]} --json", tmp_path)
        assert json.loads(sent)["outcome"] == "published"


def shell(script: str, folder: Path) -> str:
    """What a script prints in a shell where nothing else is set."""
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


def test_the_secrets_of_a_sandbox_are_in_no_list_of_processes(sandbox: Sandbox) -> None:
    """Neither arguments nor environment of its processes hold what was invented."""
    told = sandbox.wait_sandbox_ready()
    for pid in sandbox.processes():
        seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert told["api_token"].encode() not in seen
        assert told["webhook_secret"].encode() not in seen


def test_a_port_in_use_takes_the_sandbox_down_too() -> None:
    """Where the daemon cannot listen, one sentence says so and no sandbox stays."""
    port = free_port()
    taken = socket.create_server(("127.0.0.1", port))
    with taken, Sandbox({"PAYCLI_LISTEN": f"127.0.0.1:{port}"}) as sandbox:
        assert sandbox.process.wait(10) == 1
        assert "cannot listen" in sandbox.stderr_text()
