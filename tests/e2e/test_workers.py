"""Several workers and two listeners: serving, crashing, draining and stopping."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
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
"""How many times stopping under load is tested, each at a different moment."""


class TwoWorkers(Daemon):
    """A daemon with two workers and a public listener."""

    def __init__(self, stripe_url: str, bootstrap_servers: str, topic: str, **more: str) -> None:
        self.public_port = free_port()
        self.public_url = f"http://127.0.0.1:{self.public_port}"
        settings = daemon_settings(stripe_url, bootstrap_servers, topic)
        public = {"PAYCLI_PUBLIC_LISTEN": f"127.0.0.1:{self.public_port}"}
        super().__init__({**settings, "PAYCLI_WORKERS": "2", **public, **more})

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def log(self, event: str) -> list[dict[str, object]]:
        """Return the log lines of an event."""
        lines = [json.loads(line) for line in self.stderr_text().splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def pair(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[TwoWorkers]:
    """Give a running daemon with two workers."""
    with TwoWorkers(stand_in.url, kafka.bootstrap_servers, topic) as pair:
        pair.wait_all_ready()
        yield pair


@pytest.fixture(scope="module")
def shared_pair(kafka: KafkaBroker) -> Iterator[TwoWorkers]:
    """Give a running daemon with two workers, for tests that leave it as it is."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    kafka.create_event_topics(topic)
    with (
        Stripe() as stripe,
        TwoWorkers(stripe.url, kafka.bootstrap_servers, topic) as pair,
    ):
        pair.wait_all_ready()
        yield pair


def status(port: int, method: str, path: str) -> int:
    """Send a request without a body; return the status."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return int(connection.recv(100).split()[1])


def test_the_public_listener_serves_only_the_webhook(shared_pair: TwoWorkers) -> None:
    """All other routes are 404 on the public port, and the webhook is 404 on the internal one."""
    probes = ("/healthz", "/readyz", "/metrics")
    internal = (*probes, "/api/v1/payments/pi_1", "/openapi.json", "/docs")
    assert status(shared_pair.public_port, "POST", EVENTS) == 400
    assert {status(shared_pair.public_port, "GET", path) for path in internal} == {404}
    assert status(shared_pair.port, "POST", EVENTS) == 404
    assert status(shared_pair.port, "GET", "/healthz") == 200
    assert status(shared_pair.port, "GET", "/docs") == 200
    assert status(shared_pair.port, "GET", "/api/v1/payments/pi_1") == 401


def test_connections_are_spread_over_the_workers(shared_pair: TwoWorkers) -> None:
    """Of 400 connections each worker gets between 40 and 60 %."""
    connections = [socket.create_connection(("127.0.0.1", shared_pair.port)) for _ in range(400)]
    try:
        wait_until(lambda: sum(accepted(shared_pair).values()) >= 400, 5, "all are accepted")
        counts = accepted(shared_pair)
        assert all(160 <= count <= 240 for count in counts.values()), counts
    finally:
        for connection in connections:
            connection.close()


def accepted(pair: TwoWorkers) -> Counter[int]:
    """Count the connections that each worker has on the internal port."""
    counts: Counter[int] = Counter()
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
                counts[pid] += 1
    return counts


def test_a_killed_worker_loses_no_acknowledged_event(
    pair: TwoWorkers, kafka: KafkaBroker, topic: str
) -> None:
    """A worker killed with -9 under load is respawned, and no event answered with 200 is lost."""
    victim = pair.workers()[0]

    def kill() -> None:
        os.kill(victim, signal.SIGSTOP)
        time.sleep(0.3)  # so that requests queue up at it
        os.kill(victim, signal.SIGKILL)

    outcomes = send(
        run_during(kill, 1_000, payment_deliveries(3_000, SECRET)),
        pair.public_url + EVENTS,
        redelivery=Redelivery(max_attempts=10),
    )
    assert {outcome.status for outcome in outcomes} == {200}
    assert max(outcome.attempts for outcome in outcomes) > 1, "some requests were aborted"
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert stored == {outcome.event_id for outcome in outcomes}
    assert [line["exit_code"] for line in pair.log("worker_exited")] == [-signal.SIGKILL]
    assert victim not in pair.workers()
    assert len(pair.workers()) == 2
    assert pair.stop() == 0


@pytest.mark.parametrize("after", [random.Random(n).randint(100, 3_000) for n in STOPS])
@pytest.mark.timeout(60 + 10 * len(STOPS))
def test_stopping_under_load_aborts_no_request(
    pair: TwoWorkers, kafka: KafkaBroker, topic: str, after: int
) -> None:
    """On SIGTERM under load every connection gets its response, and all 200s are on the topic."""
    outcomes = send(
        stop_during(pair.process, after, payment_deliveries(50_000, SECRET)),
        pair.public_url + EVENTS,
    )
    assert pair.process.wait(15) == 0
    answered = [outcome for outcome in outcomes if outcome.status is not None]
    assert {outcome.status for outcome in answered} == {200}
    assert 0 < len(answered) < len(outcomes), "it was stopped while webhooks were sent"
    unanswered = Counter(o.error.partition(":")[0] for o in outcomes if o.status is None)
    assert unanswered.keys() <= {"ConnectionRefusedError"}, unanswered
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert {outcome.event_id for outcome in answered} <= stored


def test_connections_in_the_listen_queue_are_served(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Requests in the listen queue of a suspended process are served after its SIGTERM."""
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


def test_while_draining_it_is_not_ready_but_serves(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """For PAYCLI_DRAIN_SECONDS after SIGTERM it is not ready and still accepts requests."""
    more = {"PAYCLI_DRAIN_SECONDS": "2"}
    with TwoWorkers(stand_in.url, kafka.bootstrap_servers, topic, **more) as pair:
        pair.wait_all_ready()
        started = time.monotonic()
        pair.process.signal(signal.SIGTERM)
        wait_until(
            lambda: pair.request("GET", "/readyz").json["status"] == "draining",
            1,
            "/readyz reports draining",
        )
        assert pair.request("GET", "/readyz").status == 503
        outcomes = send(payment_deliveries(50, SECRET), pair.public_url + EVENTS)
        assert {outcome.status for outcome in outcomes} == {200}
        assert pair.process.wait(10) == 0
        assert time.monotonic() - started >= 2


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_signal_forces_the_exit(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, workers: str
) -> None:
    """A second signal ends it immediately, with exit code 1 and the number of aborted requests."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon({**settings, "PAYCLI_WORKERS": workers}) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        stand_in.inject(hang(5))
        payment = threading.Thread(target=pay_and_get_no_response, args=(service,))
        payment.start()
        wait_until(lambda: bool(stand_in.requests), 5, "Stripe receives the request")
        daemon.process.signal(signal.SIGTERM)
        wait_until(lambda: '"stopping"' in daemon.stderr_text(), 5, "it is stopping")
        started = time.monotonic()
        daemon.process.signal(signal.SIGTERM)
        assert daemon.process.wait(5) == 1
        assert time.monotonic() - started < 1
        lines = [json.loads(line) for line in daemon.stderr_text().splitlines()]
        aborted = [line["count"] for line in lines if line["event"] == "forced_exit"]
        assert sum(aborted) == 1
        stand_in.release()
        payment.join()


def pay_and_get_no_response(service: Service) -> None:
    """Create a payment whose connection is closed without a response."""
    with pytest.raises((OSError, HTTPException)):
        service.create_payment({"amount": 100, "currency": "eur"}, "k")


def test_workers_stop_when_the_supervisor_is_killed(pair: TwoWorkers) -> None:
    """After kill -9 of the supervisor its workers stop, and the port is free again."""
    workers = pair.workers()
    os.kill(pair.pid, signal.SIGKILL)
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 10, "the workers exit"
    )
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", pair.port))


def test_an_orphan_that_exits_affects_no_worker(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """As a container's first process it inherits orphans; when one exits, it keeps serving."""
    start = "import os, signal, sys\nos.fork() or (signal.pause(), os._exit(0))\n"
    start += "os.execv(sys.executable, [sys.executable, '-m', 'paycli', 'serve'])"
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    command = (sys.executable, "-c", start)
    with Daemon({**settings, "PAYCLI_WORKERS": "2"}, command=command) as daemon:
        daemon.wait_all_ready()
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
        pids = children.read_text().split()
        assert len(pids) == 3
        (orphan,) = (pid for pid in pids if start in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(int(orphan), signal.SIGKILL)
        wait_until(lambda: len(children.read_text().split()) == 2, 10, "the orphan is reaped")
        assert daemon.request("GET", "/healthz").status == 200
        assert daemon.stop() == 0


def test_ctrl_c_in_a_terminal_is_a_graceful_stop(pair: TwoWorkers) -> None:
    """Ctrl-C reaches all processes of the group and is still a graceful stop."""
    os.killpg(pair.pid, signal.SIGINT)
    assert pair.process.wait(10) == 0
    assert pair.log("forced_exit") == []


def test_a_port_in_use_by_another_daemon_is_reported(shared_pair: TwoWorkers) -> None:
    """A second daemon on the same port exits with an error instead of sharing it."""
    settings = daemon_settings("http://127.0.0.1:9", "127.0.0.1:9", "t")
    with Daemon({**settings, "PAYCLI_LISTEN": f"127.0.0.1:{shared_pair.port}"}) as second:
        assert second.process.wait(10) == 1
        assert "cannot listen" in second.stderr_text()


@pytest.mark.usefixtures("shared_pair")
def test_a_workers_command_line_contains_no_secret() -> None:
    """The list of processes shows no secret."""
    listed = subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    assert "paycli" in listed
    assert SECRET not in listed
