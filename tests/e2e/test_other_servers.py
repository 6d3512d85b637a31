"""The application on another WSGI server: gunicorn with several workers and threads."""

import sys
from collections.abc import Iterator

import pytest

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.ports import free_port
from harness.raw_http import exchange
from harness.stripe import Stripe
from service import MAX_BODY_BYTES, PAYMENTS, TOKEN, Service, daemon_settings

APPLICATION = "server.wsgi:create()"
OPTIONS = ("--worker-class", "gthread", "--workers", "2", "--threads", "72")


def gunicorn(port: int, settings: dict[str, str]) -> Daemon:
    """Run the application on gunicorn at this port, with settings from the environment alone."""
    command = (sys.executable, "-m", "gunicorn", *OPTIONS, "--bind", f"127.0.0.1:{port}")
    return Daemon(settings, (APPLICATION,), command, port)


@pytest.fixture
def on_gunicorn(kafka: KafkaBroker, topic: str, stand_in: Stripe) -> Iterator[Service]:
    """Give the service on gunicorn, with at least one ready worker."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with gunicorn(free_port(), settings) as daemon:
        daemon.wait_ready()
        yield Service(daemon, stand_in, kafka.bootstrap_servers, topic)


def publishes(service: Service) -> bool:
    """Deliver an event; return whether it is published, False from a worker not yet ready."""
    response = service.deliver_payment_event("evt_1", "pi_1")
    assert response.status == 200 or response.json["code"] == "kafka_unreachable"
    return response.status == 200


def test_gunicorn_serves_the_application(on_gunicorn: Service) -> None:
    """All routes are served with the same status codes, and SIGTERM stops it with exit code 0."""
    wait_until(lambda: publishes(on_gunicorn), 5, "a webhook is published")
    assert [record.header("ce_id") for record in on_gunicorn.records()] == ["evt_1"]
    assert on_gunicorn.deliver(b"{}", "t=1,v1=0").status == 400
    assert on_gunicorn.deliver(b"x" * (MAX_BODY_BYTES + 1)).status == 413
    assert on_gunicorn.create_payment({"amount": 100, "currency": "eur"}, "k").status == 201
    assert (
        on_gunicorn.create_payment({"amount": 100, "currency": "eur"}, "k", "wrong").status == 401
    )
    wait_until(
        lambda: b"paycli_workers_ready 1\n" in on_gunicorn.get("/metrics").body, 5, "it is ready"
    )
    assert on_gunicorn.daemon.stop() == 0
    assert "Traceback" not in on_gunicorn.daemon.stderr_text()


def test_a_chunked_body_is_not_taken_for_an_empty_one(on_gunicorn: Service) -> None:
    """A chunked partial capture is refused; without its body it would capture the whole amount."""
    capture = (
        f"POST {PAYMENTS}/pi_1/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Idempotency-Key: k\r\nContent-Type: application/json\r\nConnection: close\r\n"
        'Transfer-Encoding: chunked\r\n\r\nd\r\n{"amount": 50}\r\n0\r\n\r\n'
    )
    assert exchange(on_gunicorn.daemon.port, capture.encode()).statuses == [400]
    assert on_gunicorn.stripe.requests == []


def test_missing_settings_are_reported_by_name() -> None:
    """Without settings `create` raises, and reports each missing one by name."""
    command = (sys.executable, "-c", "from server.wsgi import create; create()")
    with Daemon({}, command=command) as daemon:
        assert daemon.process.wait(10) == 1
        assert "PAYCLI_STRIPE_API_KEY: is not set" in daemon.stderr_text()
