"""Stripe hangs under load: webhooks are not delayed, surplus payments are refused immediately."""

import json
import threading
import uuid
from collections import Counter

from harness.deliveries import payment_deliveries
from harness.polling import wait_until
from harness.scale import LONG, scaled
from harness.sender import Outcome, send
from harness.stripe import always, hang
from service import EVENTS, SECRET, STRIPE_TIMEOUT_SECONDS, Service

PAYMENTS_AT_ONCE = 200
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


def test_payments_that_hang_do_not_delay_webhooks(
    service: Service, figures: dict[str, object]
) -> None:
    """While Stripe hangs for 200 payments, all webhooks get 200 and surplus payments 503."""
    webhooks(service, 1)
    quiet = p99(webhooks(service, 2))
    service.stripe.inject(always(hang(STRIPE_TIMEOUT_SECONDS + 1)))
    stop = threading.Event()
    statuses: Counter[int] = Counter()

    def pay() -> None:
        while not stop.is_set():
            body = {"amount": 2000, "currency": "eur"}
            statuses[service.create_payment(body, uuid.uuid4().hex).status] += 1
            stop.wait(STRIPE_TIMEOUT_SECONDS)  # a caller's pause before it retries

    payers = [threading.Thread(target=pay) for _ in range(PAYMENTS_AT_ONCE)]
    for payer in payers:
        payer.start()
    wait_until(
        lambda: statuses[503] >= PAYMENTS_AT_ONCE - MAX_IN_FLIGHT,
        10,
        "surplus payments are refused",
    )
    try:
        hanging = p99(webhooks(service, 3))
    finally:
        stop.set()
        for payer in payers:
            payer.join()
        service.stripe.clear_faults()
    lines = map(json.loads, service.daemon.stderr_text().splitlines())
    refused = sorted(line["duration_ms"] for line in lines if line.get("code") == "busy")
    figures |= {
        "p99_quiet_ms": quiet * 1000,
        "p99_hanging_ms": hanging * 1000,
        "statuses": dict(statuses),
        "refused_p99_ms": refused[int(len(refused) * 0.99)],
        "refused_max_ms": refused[-1],
    }
    assert statuses.keys() <= {503, 504}
    if LONG:
        assert hanging <= 2 * quiet
        assert refused[int(len(refused) * 0.99)] <= REFUSED_WITHIN_MS
    else:
        assert hanging <= max(SHORT_RUN_SLACK * quiet, 1)
