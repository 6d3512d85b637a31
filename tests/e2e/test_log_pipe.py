"""A standard error that is not read, and one that is read again, with the daemon's own process."""

import json
import signal
import threading
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import pytest

from harness.daemon import COMMAND, Daemon
from harness.kafka_broker import KafkaBroker
from harness.keepalive import KeepAlive
from harness.log_pipe import LogPipe
from harness.polling import wait_until
from harness.stripe import Stripe, hang
from server.log_writer import MAX_QUEUED_LINES
from service import Service, daemon_settings

DROPPED = "paycli_log_lines_dropped_total"
PAYMENT = {"amount": 100, "currency": "eur"}


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[LogPipe]:
    """Give a pipe that is not read."""
    with LogPipe(tmp_path / "stderr") as pipe:
        yield pipe


@pytest.fixture(params=["1", "2"])
def service(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, pipe: LogPipe, request: pytest.FixtureRequest
) -> Iterator[Service]:
    """Give a ready daemon with one or two workers, whose standard error is the pipe."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_WORKERS": request.param}
    with Daemon(settings, command=pipe.command(COMMAND)) as daemon:
        daemon.wait_ready()
        yield Service(daemon, stand_in, kafka.bootstrap_servers, topic)


def fill(service: Service, pipe: LogPipe) -> None:
    """Fill the pipe, and deliver webhooks to all workers, so that each has lines to write."""
    pipe.fill()
    for number in range(40):
        # 503 if it is for a worker that is not ready yet.
        wait_until(lambda: is_accepted(service, f"evt_{number}"), 10, "it is accepted")  # noqa: B023  (called at once)


def is_accepted(service: Service, event_id: str) -> bool:
    """Deliver a webhook; return whether the response is 200."""
    return service.deliver_payment_event(event_id, "pi_1").status == 200


def test_a_full_pipe_delays_no_request_and_no_stop(service: Service, pipe: LogPipe) -> None:
    """Webhooks, payments and probes get their responses, and SIGTERM is exit code 0."""
    fill(service, pipe)
    assert service.create_payment(PAYMENT, "k").status == 201
    assert service.daemon.request("GET", "/healthz").status == 200
    assert service.daemon.request("GET", "/readyz").status == 200
    assert pipe.is_full(), "the control: it was not read meanwhile"
    service.daemon.process.signal(signal.SIGTERM)
    assert service.daemon.process.wait(10) == 0


def test_a_full_pipe_does_not_prevent_a_forced_exit(service: Service, pipe: LogPipe) -> None:
    """A second SIGTERM is exit code 1 within seconds, with a payment in flight."""
    fill(service, pipe)
    service.stripe.inject(hang())
    payment = threading.Thread(target=pay_without_response, args=(service,))
    payment.start()
    wait_until(lambda: bool(service.stripe.requests), 5, "Stripe receives the request")
    service.daemon.process.signal(signal.SIGTERM)
    wait_until(lambda: draining(service), 5, "it is draining")
    service.daemon.process.signal(signal.SIGTERM)
    assert service.daemon.process.wait(3) == 1
    service.stripe.release()
    payment.join()


def pay_without_response(service: Service) -> None:
    """Create a payment whose connection is closed without a response."""
    with pytest.raises((OSError, HTTPException)):
        service.create_payment(PAYMENT, "k")


def draining(service: Service) -> bool:
    """Return whether the daemon has processed SIGTERM: it reports it, or accepts no connection."""
    try:
        return bool(service.daemon.request("GET", "/readyz").json["status"] == "draining")
    except (OSError, HTTPException):
        return True


@pytest.mark.parametrize("service", ["1"], indirect=True)
def test_dropped_lines_are_counted_and_reported_once(service: Service, pipe: LogPipe) -> None:
    """Of more lines than the queue holds the first are written in order; one line has the rest."""
    pipe.fill()
    sent = MAX_QUEUED_LINES + 1_000
    client = KeepAlive("127.0.0.1", service.daemon.port, 10)
    for number in range(sent):
        head = f"GET /unknown HTTP/1.1\r\nHost: a\r\nX-Request-Id: n{number}\r\n\r\n"
        assert client.exchange(head.encode())[0] == 401
    client.close()
    counted = dropped(service)
    assert counted > 0
    service.daemon.process.signal(signal.SIGTERM)
    lines = [json.loads(line) for line in pipe.read_to_end(10).splitlines() if line]
    assert service.daemon.process.wait(10) == 0
    completed = [it["request_id"] for it in lines if it.get("request_id", "").startswith("n")]
    assert completed == [f"n{number}" for number in range(len(completed))]
    reported = [it["count"] for it in lines if it["event"] == "log_lines_dropped"]
    assert len(reported) == 1
    # The lines of the stop are dropped, or not, depending on when the pipe is read.
    assert counted <= reported[0] <= counted + 2
    assert len(completed) + counted == sent
    assert lines[-1]["event"] in {"stopped", "log_lines_dropped"}


def dropped(service: Service) -> int:
    """Return the value of the metric."""
    lines = service.daemon.request("GET", "/metrics").body.decode().splitlines()
    [value] = [line.split()[1] for line in lines if line.startswith(DROPPED + " ")]
    return int(value)
