"""Responses while Kafka is down, hangs or lacks the topic, on real brokers."""

import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from harness.daemon import Daemon, Response
from harness.deliveries import payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.ports import free_port
from harness.sender import send
from harness.stripe import Stripe
from service import ACK_TIMEOUT_SECONDS, EVENTS, SECRET, Service, daemon_settings

RECOVERY_SECONDS = 5


@pytest.fixture(scope="module")
def shared_broker() -> Iterator[KafkaBroker]:
    """Give a broker that these tests share."""
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture
def broker(shared_broker: KafkaBroker) -> Iterator[KafkaBroker]:
    """Give a running broker that a test may pause, and kill."""
    yield shared_broker
    shared_broker.resume()
    if shared_broker.process.exit_code() is not None:
        shared_broker.start()


@pytest.fixture
def own_topic(broker: KafkaBroker) -> str:
    """Give a new topic of that broker."""
    name = f"payments.{uuid.uuid4().hex[:12]}"
    broker.create_event_topics(name)
    return name


@pytest.fixture
def own_service(broker: KafkaBroker, own_topic: str, stand_in: Stripe) -> Iterator[Service]:
    """Give a ready daemon on a broker that a test may kill."""
    with Daemon(daemon_settings(stand_in.url, broker.bootstrap_servers, own_topic)) as daemon:
        daemon.wait_ready()
        yield Service(daemon, stand_in, broker.bootstrap_servers, own_topic)


def deliver(service: Service) -> Response:
    """Deliver one new, correctly signed event."""
    name = uuid.uuid4().hex
    return service.deliver_payment_event(f"evt_{name}", f"pi_{name}")


def timed(call: Callable[[], Response]) -> tuple[Response, float]:
    """Return the response and its duration in seconds."""
    started = time.monotonic()
    return call(), time.monotonic() - started


@pytest.mark.serial
def test_once_ready_the_first_events_are_published(stand_in: Stripe) -> None:
    """On a broker that has just started, every event sent after ready is acknowledged."""
    with KafkaBroker() as broker:
        broker.create_event_topics("payments.events")
        settings = daemon_settings(stand_in.url, broker.bootstrap_servers, "payments.events")
        # A deadline as short as the time in which a new broker assigns the first producer id.
        with Daemon({**settings, "PAYCLI_ACK_TIMEOUT_SECONDS": "0.5"}) as daemon:
            daemon.wait_ready()
            outcomes = send(payment_deliveries(64, SECRET), daemon.url + EVENTS)
            assert Counter(outcome.status for outcome in outcomes) == {200: 64}


@pytest.mark.serial
def test_webhooks_get_503_while_the_broker_is_down_and_recover_after(
    broker: KafkaBroker, own_service: Service
) -> None:
    """Broker killed: 503 within the deadline, then immediately; still ready; 2xx after restart."""
    assert deliver(own_service).status == 200
    broker.kill()
    first, first_seconds = timed(lambda: deliver(own_service))
    assert first.status == 503
    assert int(first.headers["retry-after"]) >= 1
    assert first_seconds < ACK_TIMEOUT_SECONDS + 1
    refused, seconds = timed(lambda: deliver(own_service))
    assert (refused.status, refused.json["code"]) == (503, "kafka_unreachable")
    assert seconds < 1
    ready = own_service.daemon.request("GET", "/readyz")
    assert (ready.status, ready.json["kafka"]["reachable"]) == (200, False)

    broker.start()
    wait_until(
        lambda: deliver(own_service).status == 200, RECOVERY_SECONDS, "webhooks are published again"
    )
    assert own_service.daemon.request("GET", "/readyz").json["kafka"]["reachable"] is True
    assert len(own_service.daemon.log_lines(event="kafka_recovered")) == 1
    assert len(own_service.daemon.log_lines(event="kafka_unreachable")) == 1


def test_a_broker_that_hangs_delays_no_response_beyond_the_deadline(
    broker: KafkaBroker, own_service: Service
) -> None:
    """Broker paused: the first requests wait for the deadline, the surplus gets 503 at once."""
    broker.pause()
    results: list[tuple[Response, float]] = []
    threads = [
        threading.Thread(target=lambda: results.append(timed(lambda: deliver(own_service))))
        for _ in range(60)
    ]
    for thread in threads:
        thread.start()
    health, health_seconds = timed(lambda: own_service.daemon.request("GET", "/healthz"))
    for thread in threads:
        thread.join()
    assert {response.status for response, _ in results} == {503}
    codes = {response.json["code"] for response, _ in results}
    assert "not_persisted" in codes
    assert codes <= {"not_persisted", "kafka_overloaded", "kafka_unreachable"}
    assert max(seconds for _, seconds in results) < ACK_TIMEOUT_SECONDS + 2
    assert sum(seconds > ACK_TIMEOUT_SECONDS / 2 for _, seconds in results) <= 16
    assert (health.status, health_seconds < 1) == (200, True)

    broker.resume()
    wait_until(
        lambda: deliver(own_service).status == 200, RECOVERY_SECONDS, "webhooks are published again"
    )


def test_it_becomes_ready_once_a_broker_that_was_down_at_start_is_up(
    broker: KafkaBroker, own_topic: str, stand_in: Stripe
) -> None:
    """Broker down at start: it runs, logs it, returns 503, and becomes ready later."""
    broker.kill()
    settings = daemon_settings(stand_in.url, broker.bootstrap_servers, own_topic)
    with Daemon(settings) as daemon:
        daemon.wait_alive()
        ready = daemon.request("GET", "/readyz")
        assert (ready.status, ready.json["status"]) == (503, "not_ready")
        # The topic exists: none may be reported as missing before a broker has responded.
        assert ready.json["kafka"] == {"reachable": False, "missing_topics": []}
        metrics = daemon.request("GET", "/metrics").body.decode()
        assert "\npaycli_workers_topics_missing 0\n" in metrics
        service = Service(daemon, stand_in, broker.bootstrap_servers, own_topic)
        assert deliver(service).json["code"] == "kafka_unreachable"
        wait_until(lambda: '"kafka_unreachable"' in daemon.stderr_text(), 5, "it is logged")
        created = service.create_payment({"amount": 100, "currency": "eur"}, "key")
        assert created.status == 201, "payments don't need Kafka"
        broker.start()
        daemon.wait_ready(RECOVERY_SECONDS)
        assert deliver(service).status == 200


def test_a_missing_topic_is_reported_and_never_created(
    kafka: KafkaBroker, stand_in: Stripe
) -> None:
    """Without its topic it is not ready, logs what to do, returns 503, and creates no topic."""
    topic = f"payments.{uuid.uuid4().hex[:12]}"
    with Daemon(daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)) as daemon:
        daemon.wait_alive()
        wait_until(
            lambda: (
                daemon.request("GET", "/readyz").json["kafka"]["missing_topics"]
                == [topic, f"{topic}.unreadable"]
            ),
            5,
            "/readyz names the topics",
        )
        assert daemon.request("GET", "/readyz").status == 503
        wait_until(
            lambda: f"--create --topic {topic}" in daemon.stderr_text(),
            5,
            "the log says what to do",
        )
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        refused = deliver(service)
        assert (refused.status, refused.json["code"]) == (503, "topic_missing")
        assert topic not in kafka.topics(), "a request by name would create it on this broker"

        kafka.create_topic(topic)
        daemon.wait_ready(RECOVERY_SECONDS)
        assert deliver(service).status == 200
        unreadable = service.deliver_payment_event("evt_odd", "pi_odd", changes={"amount": None})
        assert (unreadable.status, unreadable.json["code"]) == (503, "topic_missing")
        assert f"{topic}.unreadable" not in kafka.topics()
        kafka.create_topic(f"{topic}.unreadable")
        wait_until(
            lambda: (
                service.deliver_payment_event(
                    "evt_odd", "pi_odd", changes={"amount": None}
                ).json.get("outcome")
                == "unreadable"
            ),
            RECOVERY_SECONDS,
            "unreadable events are published",
        )


def test_a_deleted_topic_is_reported_and_never_created_again(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """Deleted while serving: 503, and no topic with default settings; 2xx once it exists again."""
    with Daemon(daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        assert deliver(service).status == 200
        kafka.delete_topic(topic)
        refused = [deliver(service) for _ in range(8)]
        assert {response.status for response in refused} == {503}
        wait_until(
            lambda: deliver(service).json["code"] == "topic_missing",
            RECOVERY_SECONDS,
            "the response has the reason",
        )
        assert topic not in kafka.topics(), "a request by name would create it on this broker"
        kafka.create_topic(topic)
        wait_until(
            lambda: deliver(service).status == 200, RECOVERY_SECONDS, "webhooks are published again"
        )


def test_unreachable_brokers_are_logged_once(stand_in: Stripe) -> None:
    """An address without a broker causes one log line, not one for each attempt."""
    unused = f"127.0.0.1:{free_port()}"
    with Daemon(daemon_settings(stand_in.url, unused, "payments.events")) as daemon:
        daemon.wait_alive()
        wait_until(lambda: "kafka_unreachable" in daemon.stderr_text(), 5, "it is logged")
        assert daemon.stop() == 0
        events = [json.loads(line)["event"] for line in daemon.stderr_text().splitlines()]
        assert events.count("kafka_unreachable") == 1
        assert len(events) < 10
