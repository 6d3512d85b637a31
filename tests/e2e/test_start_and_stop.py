"""Starting and stopping the daemon, as an operator or a platform does."""

import json
import signal
import socket
import threading
import time

import pytest

from harness.daemon import Daemon
from harness.deliveries import payment_deliveries, stop_during
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.polling import wait_until
from harness.sender import send
from harness.stripe import Stripe, hang
from service import EVENTS, SECRET, STRIPE_TIMEOUT_SECONDS, Service, daemon_settings


def exit_of(daemon: Daemon, timeout_seconds: float = 10) -> tuple[int, str]:
    """Wait for a daemon that cannot start; return its exit code and standard error."""
    return daemon.process.wait(timeout_seconds), daemon.stderr_text()


def test_missing_settings_are_reported_together() -> None:
    """Without settings it exits with 3 and names and describes each missing one."""
    with Daemon({}) as daemon:
        code, stderr = exit_of(daemon)
    assert code == 3
    for name in (
        "PAYCLI_STRIPE_API_KEY",
        "PAYCLI_STRIPE_WEBHOOK_SECRETS",
        "PAYCLI_API_TOKENS",
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS",
    ):
        assert stderr.count(f"{name}: is not set") == 1
    assert "Traceback" not in stderr


def test_invalid_settings_are_reported_together_without_their_values() -> None:
    """Invalid settings exit with 3; each is named, and no secret value is printed."""
    wrong = {
        "PAYCLI_STRIPE_API_KEY": "pk_canary_1",
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": "canary_2",
        "PAYCLI_API_TOKENS": "booking=canary 3",
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "PAYCLI_KAFKA_CONFIG": '{"sasl.password": ["canary_4"]}',
        "PAYCLI_LISTEN": "8080",
        "PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "many",
        "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": "0",
    }
    with Daemon(wrong) as daemon:
        code, stderr = exit_of(daemon)
    assert code == 3
    del wrong["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    assert [name for name in wrong if f"{name}: " not in stderr] == []
    assert "canary" not in stderr


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("config", "named"),
    [
        ('{"security.protocol": "canary"}', "security.protocol"),
        ('{"canary.unknown": 1}', "canary.unknown"),
    ],
)
def test_a_setting_that_librdkafka_refuses_is_reported(
    kafka: KafkaBroker, topic: str, workers: str, config: str, named: str
) -> None:
    """A librdkafka setting that it refuses exits with 3 and is named, without its value."""
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    more = {"PAYCLI_KAFKA_CONFIG": config, "PAYCLI_WORKERS": workers}
    with Daemon({**settings, **more}) as daemon:
        code, stderr = exit_of(daemon)
    assert code == 3
    assert "PAYCLI_KAFKA_CONFIG" in stderr
    assert named in stderr
    assert "canary" not in stderr.replace("canary.unknown", "")
    assert "Traceback" not in stderr


def test_a_live_key_is_sent_to_stripe_only(kafka: KafkaBroker) -> None:
    """A live key with an API base other than Stripe's is refused."""
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, "t")
    with Daemon({**settings, "PAYCLI_STRIPE_API_KEY": "sk_live_x"}) as daemon:
        code, stderr = exit_of(daemon)
    assert (code, "PAYCLI_STRIPE_API_KEY" in stderr) == (3, True)


def test_a_port_in_use_is_reported_in_one_line(kafka: KafkaBroker, topic: str) -> None:
    """A port in use exits with 1 and one line that names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
        with Daemon({**settings, "PAYCLI_LISTEN": address}) as daemon:
            code, stderr = exit_of(daemon)
    assert code == 1
    assert address in stderr
    assert len(stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_completes_accepted_requests(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, number: signal.Signals
) -> None:
    """On SIGTERM and Ctrl-C a payment in flight gets its response, then it exits with 0."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        stand_in.inject(hang(STRIPE_TIMEOUT_SECONDS / 2))
        statuses: list[int] = []
        payment = threading.Thread(
            target=lambda: statuses.append(
                service.create_payment({"amount": 100, "currency": "eur"}, "k").status
            )
        )
        payment.start()
        wait_until(lambda: bool(stand_in.requests), 5, "Stripe receives the request")
        daemon.process.signal(number)
        payment.join()
        assert daemon.process.wait(10) == 0
        assert statuses == [201]


def test_stopping_under_load_aborts_no_request(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """On SIGTERM under load all 200s are on the topic, and every connection gets a response."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        deliveries = stop_during(daemon.process, 1_000, payment_deliveries(50_000, SECRET))
        outcomes = send(deliveries, daemon.url + EVENTS)
        assert daemon.process.wait(15) == 0
    answered = [outcome for outcome in outcomes if outcome.status is not None]
    assert answered
    assert len(answered) < len(outcomes), "it was stopped while webhooks were sent"
    assert {outcome.status for outcome in answered} == {200}
    assert all(json.loads(outcome.body)["outcome"] == "published" for outcome in answered)
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert {outcome.event_id for outcome in answered} <= stored
    refused = [o.error for o in outcomes if o.status is None and "Refused" not in o.error]
    assert refused == [], "every accepted connection got a response"


def test_idle_connections_do_not_delay_a_stop(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Idle connections and incomplete requests delay a stop by less than 4 s."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        address = ("127.0.0.1", daemon.port)
        with socket.create_connection(address), socket.create_connection(address) as incomplete:
            incomplete.sendall(b"POST /api/v1/stripe/events HTTP/1.1\r\nContent-Le")
            started = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - started < 4
