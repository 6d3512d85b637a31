"""The work of a webhook in the application, counted in calls of Python functions.

The count is the same on every machine, busy or not; processor time is not. Run as a program, this
file prints the processor time of a webhook relative to the fixed work that no implementation can
avoid: the HMAC of the body, parsing its JSON, writing a record's JSON.
"""

import hashlib
import hmac
import io
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import falcon.testing

from harness import measurements
from harness.deliveries import payment_intent_event
from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from harness.log_file import LogFile
from harness.sender import stripe_signature
from paycli.models import Acknowledgement, Record
from server import logs
from server.app import create_app
from server.metrics import Metrics
from service import EVENTS, SECRET

MAX_CALLS = 258
"""A tenth more than a webhook takes."""

ROUNDS, CALLS = 25, 100
ATTEMPTS = 5
"""Other programs may slow down an attempt, and never make it faster."""

FLUSH_SECONDS = 10

BODY = payment_intent_event("evt_1", "pi_1")


class Broker(HealthyBroker):
    """A publisher that acknowledges every record immediately."""

    def publish(self, _record: Record) -> Acknowledgement:
        """Acknowledge."""
        return Acknowledgement("t", 0, 0)

    def open(self, account: str | None) -> Any:  # noqa: ANN401 - never called
        """Stripe is not needed."""
        raise NotImplementedError(account)


@contextmanager
def daemon_logging() -> Iterator[LogFile]:
    """Log as the daemon does, without pytest's own handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with closing(LogFile()) as lines:
        logs.configure("json", lines.descriptor)
        yield lines
    root.handlers[:] = handlers
    root.setLevel(level)


def webhook(extra_work: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """Return a call that sends one webhook through the application and does `extra_work`."""
    broker = Broker()
    services = services_over(broker, secret=SECRET)
    app = create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=1_000_000)
    signature = stripe_signature(BODY, SECRET)
    environ = falcon.testing.create_environ(
        EVENTS, method="POST", headers={"Stripe-Signature": signature}, body=BODY
    )
    statuses: list[str] = []

    def start(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return len

    def call() -> None:
        extra_work()
        for _ in app({**environ, "wsgi.input": io.BytesIO(BODY)}, start):
            pass
        assert statuses.pop() == "200 OK"

    return call


def fixed_work() -> None:
    """Do what no implementation can avoid."""
    hmac.new(SECRET.encode(), b"1." + BODY, hashlib.sha256).hexdigest()
    fields = json.loads(BODY)["data"]["object"]
    json.dumps({name: fields[name] for name in ("id", "status", "amount", "currency", "metadata")})


def ratio(work: Callable[[], None]) -> float:
    """Measure the CPU time of `work`, relative to the fixed work."""
    minimum = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for number, each in enumerate((work, fixed_work)):
            started = time.process_time()
            for _ in range(CALLS):
                each()
            minimum[number] = min(minimum[number], time.process_time() - started)
    return minimum[0] / minimum[1]


def count_calls(work: Callable[[], None]) -> int:
    """Count the calls of functions, in Python and in C, of one run of `work`."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    work()  # first, since imports and caches are paid once
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_a_webhook_takes_a_limited_number_of_calls() -> None:
    """Signature, translation, record, log line, metrics and Falcon stay below the limit."""
    with daemon_logging() as lines:
        assert count_calls(webhook()) < MAX_CALLS
        logs.flush(FLUSH_SECONDS)
        assert lines.text().count('"event":"request_completed"') == 2


def test_a_quarter_more_work_is_detected() -> None:
    """The control: a webhook with a quarter more calls is above the limit."""
    with daemon_logging():
        quarter = count_calls(webhook()) // 4

        def more_work() -> None:
            for _ in range(quarter):
                len(BODY)

        assert count_calls(webhook(more_work)) > MAX_CALLS


if __name__ == "__main__":
    with daemon_logging():
        ratios = sorted(ratio(webhook()) for _ in range(ATTEMPTS))
        cost = {
            "processor time, times that of the fixed work": ratios[0],
            "calls of functions": count_calls(webhook()),
        }
    print(cost)  # noqa: T201  (its output)
    measurements.record(measurements.figures("A webhook in the application", cost))
