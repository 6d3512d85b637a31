"""Several workers and two listeners, under load and under attack."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries, run_during, stop_during
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.ports import free_port
from harness.sender import Redelivery, send
from harness.stripe import Stripe, hang
from service import EVENTS, SECRET, Service, daemon_settings

STOPS = range(int(os.environ.get("STOPS", "2")))
"""How often stopping under load is tried, each time after another pause."""


class Pair(Daemon):
    """A daemon with two workers and a public listener."""

    def __init__(self, stripe_url: str, bootstrap_servers: str, topic: str, **more: str) -> None:
        self.public_port = free_port()
        self.public_url = f"http://127.0.0.1:{self.public_port}"
        settings = daemon_settings(stripe_url, bootstrap_servers, topic)
        public = {"PAYCLI_PUBLIC_LISTEN": f"127.0.0.1:{self.public_port}"}
        super().__init__({**settings, "PAYCLI_WORKERS": "2", **public, **more})

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def log(self, event: str) -> list[dict[str, object]]:
        """The log's lines about an event."""
        lines = [json.loads(line) for line in self.stderr_text().splitlines()]
        return [line for line in lines if line["event"] == event]

    def wait_all_ready(self) -> None:
        """Return when both workers have said so."""
        wait_until(lambda: bool(self.log("ready")), 10, "both workers are ready")


@pytest.fixture
def pair(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[Pair]:
    """Give a running daemon with two workers."""
    with Pair(stand_in.url, kafka.bootstrap_servers, topic) as pair:
        pair.wait_all_ready()
        yield pair


def status(port: int, method: str, path: str) -> int:
    """The status that a port answers to a bare request."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return int(connection.recv(100).split()[1])


def test_the_public_listener_serves_the_webhook_and_nothing_else(pair: Pair) -> None:
    """On the public port all but the webhook is 404, on the internal one only the webhook is."""
    internal = ("/healthz", "/readyz", "/api/v1/payments/pi_1", "/openapi.json", "/metrics")
    assert status(pair.public_port, "POST", EVENTS) == 400
    assert {status(pair.public_port, "GET", path) for path in internal} == {404}
    assert status(pair.port, "POST", EVENTS) == 404
    assert status(pair.port, "GET", "/healthz") == 200
    assert status(pair.port, "GET", "/api/v1/payments/pi_1") == 401


def test_connections_are_spread_over_the_workers(pair: Pair) -> None:
    """Of 400 connections each worker gets between 40 and 60 %."""
    connections = [socket.create_connection(("127.0.0.1", pair.port)) for _ in range(400)]
    try:
        wait_until(lambda: sum(accepted(pair).values()) >= 400, 5, "all are accepted")
        assert all(160 <= count <= 240 for count in accepted(pair).values()), accepted(pair)
    finally:
        for connection in connections:
            connection.close()


def accepted(pair: Pair) -> Counter[int]:
    """How many connections each worker holds on the internal port."""
    found: Counter[int] = Counter()
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    port = f"{pair.port:04X}"
    inodes = {row[9] for row in rows if row[1].endswith(f":{port}") and row[3] == "01"}
    for pid in pair.workers():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:[") and target[8:-1] in inodes:
                found[pid] += 1
    return found


def test_a_killed_worker_loses_no_acknowledged_event(
    pair: Pair, kafka: KafkaBroker, topic: str
) -> None:
    """A worker killed with -9 under load is replaced, the service goes on, nothing 200 is lost."""
    victim = pair.workers()[0]

    def kill() -> None:
        os.kill(victim, signal.SIGSTOP)
        time.sleep(0.3)  # till requests wait in it, however fast it is
        os.kill(victim, signal.SIGKILL)

    outcomes = send(
        run_during(kill, 1_000, payment_deliveries(3_000, SECRET)),
        pair.public_url + EVENTS,
        redelivery=Redelivery(max_attempts=10),
    )
    assert {outcome.status for outcome in outcomes} == {200}
    assert max(outcome.attempts for outcome in outcomes) > 1, "some were hit"
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert stored == {outcome.event_id for outcome in outcomes}
    assert [line["exit_code"] for line in pair.log("worker_exited")] == [-signal.SIGKILL]
    assert victim not in pair.workers()
    assert len(pair.workers()) == 2
    assert pair.stop() == 0


@pytest.mark.parametrize("after", [random.Random(n).randint(100, 3_000) for n in STOPS])
@pytest.mark.timeout(60 + 10 * len(STOPS))
def test_stopping_under_load_cuts_no_answer(
    pair: Pair, kafka: KafkaBroker, topic: str, after: int
) -> None:
    """SIGTERM under load with two workers: every connection made is answered, all 200 are kept."""
    outcomes = send(
        stop_during(pair.process, after, payment_deliveries(50_000, SECRET)),
        pair.public_url + EVENTS,
    )
    assert pair.process.wait(15) == 0
    answered = [outcome for outcome in outcomes if outcome.status is not None]
    assert {outcome.status for outcome in answered} == {200}
    assert 0 < len(answered) < len(outcomes), "it was stopped in between"
    unanswered = Counter(o.error.partition(":")[0] for o in outcomes if o.status is None)
    assert unanswered.keys() <= {"ConnectionRefusedError"}, unanswered
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert {outcome.event_id for outcome in answered} <= stored


def test_what_waits_to_be_accepted_is_answered(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Requests that wait in the listen queue of a stopped process when it ends are answered."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        daemon.process.signal(signal.SIGSTOP)
        waiting = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(50)]
        for connection in waiting:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        daemon.process.signal(signal.SIGTERM)
        daemon.process.signal(signal.SIGCONT)
        for connection in waiting:
            connection.settimeout(5)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
            connection.close()
        assert daemon.process.wait(10) == 0


def test_draining_is_not_ready_but_serves(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> None:
    """For PAYCLI_DRAIN_SECONDS after SIGTERM it is not ready and still takes requests."""
    more = {"PAYCLI_DRAIN_SECONDS": "2"}
    with Pair(stand_in.url, kafka.bootstrap_servers, topic, **more) as pair:
        pair.wait_all_ready()
        started = time.monotonic()
        pair.process.signal(signal.SIGTERM)
        wait_until(
            lambda: pair.request("GET", "/readyz").json["status"] == "draining", 1, "it says so"
        )
        assert pair.request("GET", "/readyz").status == 503
        outcomes = send(payment_deliveries(50, SECRET), pair.public_url + EVENTS)
        assert {outcome.status for outcome in outcomes} == {200}
        assert pair.process.wait(10) == 0
        assert time.monotonic() - started >= 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_ends_it_at_once(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, workers: str
) -> None:
    """A second signal ends it at once, with an exit code that says so and what was cut."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon({**settings, "PAYCLI_WORKERS": workers}) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        stand_in.inject(hang(5))
        payment = threading.Thread(target=pay_in_vain, args=(service,))
        payment.start()
        wait_until(lambda: bool(stand_in.requests), 5, "Stripe is asked")
        daemon.process.signal(signal.SIGTERM)
        wait_until(lambda: '"stopping"' in daemon.stderr_text(), 5, "it takes note")
        started = time.monotonic()
        daemon.process.signal(signal.SIGTERM)
        assert daemon.process.wait(5) == 1
        assert time.monotonic() - started < 1
        lines = [json.loads(line) for line in daemon.stderr_text().splitlines()]
        cut = [line["count"] for line in lines if line["event"] == "forced_exit"]
        assert sum(cut) == 1
        stand_in.release()
        payment.join()


def pay_in_vain(service: Service) -> None:
    """Make a payment whose answer is cut."""
    with pytest.raises((OSError, HTTPException)):
        service.create_payment({"amount": 100, "currency": "eur"}, "k")


def test_a_supervisor_that_is_killed_takes_its_workers_along(pair: Pair) -> None:
    """When the supervisor is killed its workers stop too, and the port is free again."""
    workers = pair.workers()
    os.kill(pair.pid, signal.SIGKILL)
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10, "the workers end"
    )
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", pair.port))


def test_a_child_that_is_no_worker_changes_nothing(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """As a container's first process it inherits orphans; when one ends, it serves on."""
    start = "import os, sys, time\nos.fork() or (time.sleep(3), os._exit(0))\n"
    start += "os.execv(sys.executable, [sys.executable, '-m', 'paycli', 'serve'])"
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    command = (sys.executable, "-c", start)
    with Daemon({**settings, "PAYCLI_WORKERS": "2"}, command=command) as daemon:
        daemon.wait_ready()
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
        assert len(children.read_text().split()) == 3
        wait_until(lambda: len(children.read_text().split()) == 2, 10, "the orphan is buried")
        assert daemon.request("GET", "/healthz").status == 200
        assert daemon.stop() == 0


def test_ctrl_c_in_a_terminal_is_one_signal(pair: Pair) -> None:
    """Ctrl-C reaches all processes of the group at once and still is an orderly stop."""
    os.killpg(pair.pid, signal.SIGINT)
    assert pair.process.wait(10) == 0
    assert pair.log("forced_exit") == []


def test_a_port_in_use_by_another_daemon_is_noticed(pair: Pair) -> None:
    """A second daemon on the same port ends with one sentence instead of sharing it."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "t")
    with Daemon({**settings, "PAYCLI_LISTEN": f"127.0.0.1:{pair.port}"}) as second:
        assert second.process.wait(10) == 1
        assert "cannot listen" in second.stderr_text()


@pytest.mark.usefixtures("pair")
def test_the_command_line_of_a_worker_holds_no_secret() -> None:
    """Nobody who lists processes sees a secret."""
    listed = subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    assert "paycli" in listed
    assert SECRET not in listed
