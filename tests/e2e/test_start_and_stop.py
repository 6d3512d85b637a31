"""Starting and stopping the daemon, as an operator and its platform do."""

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
    """How a daemon ended that could not start, and what it said."""
    return daemon.process.wait(timeout_seconds), daemon.stderr_text()


def test_nothing_set_is_told_all_at_once() -> None:
    """Without settings it exits with 3 and names each one that is missing, with what it is."""
    with Daemon({}) as daemon:
        code, said = exit_of(daemon)
    assert code == 3
    for name in (
        "PAYCLI_STRIPE_API_KEY",
        "PAYCLI_STRIPE_WEBHOOK_SECRETS",
        "PAYCLI_API_TOKENS",
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS",
    ):
        assert said.count(f"{name}: is not set") == 1
    assert "Traceback" not in said


def test_wrong_settings_are_told_all_at_once_without_their_values() -> None:
    """Wrong settings exit with 3, each by its name, and no secret's value is shown."""
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
        code, said = exit_of(daemon)
    assert code == 3
    del wrong["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    assert [name for name in wrong if f"{name}: " not in said] == []
    assert "canary" not in said


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("config", "named"),
    [
        ('{"security.protocol": "canary"}', "security.protocol"),
        ('{"canary.unknown": 1}', "canary.unknown"),
    ],
)
def test_what_librdkafka_refuses_is_a_wrong_setting(
    kafka: KafkaBroker, topic: str, workers: str, config: str, named: str
) -> None:
    """A librdkafka setting that it doesn't take exits with 3, named but without its value."""
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    more = {"PAYCLI_KAFKA_CONFIG": config, "PAYCLI_WORKERS": workers}
    with Daemon({**settings, **more}) as daemon:
        code, said = exit_of(daemon)
    assert code == 3
    assert "PAYCLI_KAFKA_CONFIG" in said
    assert named in said
    assert "canary" not in said.replace("canary.unknown", "")
    assert "Traceback" not in said


def test_a_live_key_goes_to_stripe_only(kafka: KafkaBroker) -> None:
    """A live key with another address than Stripe's is refused."""
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, "t")
    with Daemon({**settings, "PAYCLI_STRIPE_API_KEY": "sk_live_x"}) as daemon:
        code, said = exit_of(daemon)
    assert (code, "PAYCLI_STRIPE_API_KEY" in said) == (3, True)


def test_a_busy_port_is_one_sentence(kafka: KafkaBroker, topic: str) -> None:
    """A port that is taken ends it with 1 and one sentence that names it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
        with Daemon({**settings, "PAYCLI_LISTEN": address}) as daemon:
            code, said = exit_of(daemon)
    assert code == 1
    assert address in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_answers_what_was_accepted(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, number: signal.Signals
) -> None:
    """On SIGTERM and Ctrl-C a payment under way is answered, then it exits with 0."""
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
        wait_until(lambda: bool(stand_in.requests), 5, "Stripe is asked")
        daemon.process.signal(number)
        payment.join()
        assert daemon.process.wait(10) == 0
        assert statuses == [201]


def test_stopping_under_load_cuts_no_answer(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """SIGTERM under load: what was answered 200 is on the topic, and no answer is half."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        deliveries = stop_during(daemon.process, 1_000, payment_deliveries(50_000, SECRET))
        outcomes = send(deliveries, daemon.url + EVENTS)
        assert daemon.process.wait(15) == 0
    answered = [outcome for outcome in outcomes if outcome.status is not None]
    assert answered
    assert len(answered) < len(outcomes), "it was stopped before the end"
    assert {outcome.status for outcome in answered} == {200}
    assert all(json.loads(outcome.body)["outcome"] == "published" for outcome in answered)
    stored = {record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)}
    assert {outcome.event_id for outcome in answered} <= stored
    refused = [o.error for o in outcomes if o.status is None and "Refused" not in o.error]
    assert refused == [], "whoever got a connection got an answer"


def test_an_idle_connection_does_not_hold_up_a_stop(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Clients that keep a connection open, or began a request, delay a stop by little."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings) as daemon:
        daemon.wait_ready()
        address = ("127.0.0.1", daemon.port)
        with socket.create_connection(address), socket.create_connection(address) as begun:
            begun.sendall(b"POST /api/v1/stripe/events HTTP/1.1\r\nContent-Le")
            started = time.monotonic()
            assert daemon.stop() == 0
            assert time.monotonic() - started < 4
