"""The application on another WSGI server, as server/README.md describes."""

import sys

from harness.daemon import Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.raw_http import exchange
from harness.stripe import Stripe
from service import MAX_BODY_BYTES, PAYMENTS, TOKEN, Service, daemon_settings

PROGRAM = """
import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server
from server.wsgi import create

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

host, port = os.environ["PAYCLI_LISTEN"].split(":")
make_server(host, int(port), create(), Server).serve_forever()
"""


def test_another_server_serves_the_application(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """From settings in the environment alone it has all routes, and answers by the same rules."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    with Daemon(settings, command=(sys.executable, "-c", PROGRAM)) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        assert service.deliver_payment_event("evt_1", "pi_1").status == 200
        assert [record.header("ce_id") for record in service.records()] == ["evt_1"]
        assert service.deliver(b"{}", "t=1,v1=0").status == 400
        assert service.deliver(b"x" * (MAX_BODY_BYTES + 1)).status == 413
        assert service.create_payment({"amount": 100, "currency": "eur"}, "k").status == 201
        assert (
            service.create_payment({"amount": 100, "currency": "eur"}, "k", "wrong").status == 401
        )
        wait_until(lambda: b"paycli_workers_ready 1\n" in service.get("/metrics").body, 5, "ready")


def test_a_body_that_such_a_server_hides_is_not_taken_for_none(
    kafka: KafkaBroker, topic: str, stand_in: Stripe
) -> None:
    """A capture of a part, sent in chunks, is refused where it would be one of the whole amount."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    capture = (
        f"POST {PAYMENTS}/pi_1/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Idempotency-Key: k\r\nContent-Type: application/json\r\n"
        'Transfer-Encoding: chunked\r\n\r\nd\r\n{"amount": 50}\r\n0\r\n\r\n'
    )
    with Daemon(settings, command=(sys.executable, "-c", PROGRAM)) as daemon:
        daemon.wait_alive()
        assert exchange(daemon.port, capture.encode()).statuses == [400]
    assert stand_in.requests == []


def test_what_is_missing_is_told_by_name() -> None:
    """Without settings it does not start, and says what is missing."""
    command = (sys.executable, "-c", "from server.wsgi import create; create()")
    with Daemon({}, command=command) as daemon:
        assert daemon.process.wait(10) == 1
        assert "PAYCLI_STRIPE_API_KEY: is not set" in daemon.stderr_text()
