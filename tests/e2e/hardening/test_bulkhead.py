"""Stripe hangs under load: webhooks are not delayed, surplus requests are refused immediately."""

import json
import random
import threading
from collections import Counter

from harness.deliveries import payment_deliveries
from harness.generated_requests import RequestGenerator
from harness.polling import wait_until
from harness.scale import LONG, scaled
from harness.sender import Outcome, send
from harness.stripe import always, hang
from server.openapi.operations import OPERATIONS
from service import EVENTS, SECRET, STRIPE_TIMEOUT_SECONDS, TOKEN, Service

STRIPE_OPERATIONS = [each for each in OPERATIONS if each.scope]
"""Writes, look-ups and lists of every resource."""
CALLERS = 200
MAX_IN_FLIGHT = 48
WEBHOOKS = scaled(150, 1_000)
RATE_PER_SECOND = 100
REFUSED_WITHIN_MS = 50
SHORT_RUN_SLACK = 20
"""How many times slower webhooks may be than without load, on a shared machine."""


def p99(outcomes: list[Outcome]) -> float:
    """Return the 99th percentile of the latencies, in seconds."""
    return sorted(outcome.latency_seconds for outcome in outcomes)[int(len(outcomes) * 0.99) - 1]


def webhooks(service: Service, seed: int) -> list[Outcome]:
    """Send webhooks at a steady rate; each must get 200."""
    outcomes = send(
        payment_deliveries(WEBHOOKS, SECRET, seed=seed),
        service.daemon.url + EVENTS,
        rate_per_second=RATE_PER_SECOND,
    )
    assert {outcome.status for outcome in outcomes} == {200}
    return outcomes


def test_requests_that_hang_do_not_delay_webhooks(
    service: Service, figures: dict[str, object]
) -> None:
    """While Stripe hangs for 200 callers of all operations, webhooks get 200, surplus calls 503."""
    webhooks(service, 1)
    quiet = p99(webhooks(service, 2))
    service.stripe.inject(always(hang(STRIPE_TIMEOUT_SECONDS + 1)))
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    hung: set[str] = set()

    def call(number: int) -> None:
        generator = RequestGenerator(random.Random(number), lambda: (b"", {}))
        while not stop.is_set():
            operation = STRIPE_OPERATIONS[number % len(STRIPE_OPERATIONS)]
            request = generator.valid(operation)
            headers = {"Authorization": f"Bearer {TOKEN}", **request.headers}
            response = service.daemon.request(
                request.method, request.target, request.body or None, headers
            )
            statuses[response.status] += 1
            if response.status != 503:
                hung.add(operation.id)
            number += CALLERS
            stop.wait(STRIPE_TIMEOUT_SECONDS)  # a caller's pause before it retries

    callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    wait_until(
        lambda: statuses[503] >= CALLERS - MAX_IN_FLIGHT,
        10,
        "surplus requests are refused",
    )
    try:
        hanging = p99(webhooks(service, 3))
    finally:
        stop.set()
        for caller in callers:
            caller.join()
        service.stripe.clear_faults()
    lines = map(json.loads, service.daemon.stderr_text().splitlines())
    refused = sorted(line["duration_ms"] for line in lines if line.get("code") == "busy")
    figures |= {
        "webhooks, Stripe responds: 99th percentile, ms": quiet * 1000,
        "webhooks, Stripe hangs: 99th percentile, ms": hanging * 1000,
        "other requests by status": dict(statuses),
        "operations that hung": len(hung),
        "surplus requests: 99th percentile, ms": refused[int(len(refused) * 0.99)],
        "surplus requests: largest, ms": refused[-1],
    }
    # A write without a response has an unknown outcome, 504 as well.
    assert statuses.keys() <= {503, 504}
    # The control: not only one kind of operation was waiting for Stripe.
    assert len(hung) > len(STRIPE_OPERATIONS) / 2
    if LONG:
        assert hanging <= 2 * quiet
        assert refused[int(len(refused) * 0.99)] <= REFUSED_WITHIN_MS
    else:
        assert hanging <= max(SHORT_RUN_SLACK * quiet, 1)
