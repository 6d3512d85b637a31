"""The load generator reports the true outcome of each delivery."""

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.daemon import Daemon
from harness.deliveries import (
    TAMPERINGS,
    altered,
    create_payments,
    future,
    payment_deliveries,
    payment_intent_event,
    stale,
    unsigned,
)
from harness.ports import free_port
from harness.sender import Attempt, Delivery, Redelivery, send, stripe_signature
from harness.stripe import Stripe, always, disconnect, hang, malformed, reset, respond

SECRET = "whsec_test"
TRIVIAL = (sys.executable, str(Path(__file__).parent / "trivial_server.py"))


@pytest.fixture
def echo() -> Iterator[Daemon]:
    """Give a server that responds with 200 and the request's body."""
    with Daemon({}, command=TRIVIAL) as daemon:
        daemon.wait_ready()
        yield daemon


def test_every_delivery_has_an_outcome(echo: Daemon) -> None:
    """Outcomes are in the order of the deliveries, each with its own response."""
    deliveries = list(payment_deliveries(500, SECRET))
    outcomes = send(deliveries, f"{echo.url}/x")
    assert [outcome.event_id for outcome in outcomes] == [it.event_id for it in deliveries]
    assert [outcome.body for outcome in outcomes] == [it.body for it in deliveries]
    assert all(outcome.accepted and 0 < outcome.latency_seconds < 15 for outcome in outcomes)


def test_sender_is_fast_enough(echo: Daemon) -> None:
    """One process sends at least 2,000 signed deliveries per second to a trivial server."""
    deliveries = list(payment_deliveries(5_000, SECRET))
    best = 0.0
    for _ in range(3):
        started = time.monotonic()
        assert all(outcome.status == 200 for outcome in send(deliveries, f"{echo.url}/x"))
        best = max(best, len(deliveries) / (time.monotonic() - started))
    assert best >= 2_000, f"{best:.0f} deliveries per second"


def test_attempts_are_spread_over_several_urls_and_all_are_reported(echo: Daemon) -> None:
    """Each attempt goes to a random URL, and every attempt is reported, failed ones too."""
    unused = f"http://127.0.0.1:{free_port()}/x"
    attempts: list[Attempt] = []
    outcomes = send(
        payment_deliveries(200, SECRET),
        [f"{echo.url}/x", unused],
        redelivery=Redelivery(max_attempts=30, first_wait_seconds=0.001),
        on_attempt=attempts.append,
    )
    assert all(outcome.accepted for outcome in outcomes)
    assert sum(outcome.attempts for outcome in outcomes) == len(attempts)
    assert {(attempt.url, attempt.status) for attempt in attempts} == {
        (f"{echo.url}/x", 200),
        (unused, None),
    }
    assert 100 < sum(attempt.status is None for attempt in attempts) < 350
    assert all(0 <= attempt.seconds < 15 for attempt in attempts)


def test_refused_connections_are_reported() -> None:
    """If no server listens, every outcome has no status and has the error."""
    outcomes = send(payment_deliveries(20, SECRET), f"http://127.0.0.1:{free_port()}/x")
    assert len(outcomes) == 20
    assert all(outcome.status is None for outcome in outcomes)
    assert all(outcome.error.startswith("ConnectionRefusedError") for outcome in outcomes)
    assert not any(outcome.accepted for outcome in outcomes)


def test_a_broken_response_is_no_response(stand_in: Stripe) -> None:
    """A lost, reset, malformed or late response counts as no status."""
    stand_in.inject(disconnect(), reset(), malformed(), hang(), respond(200, {}))
    outcomes = send(
        payment_deliveries(5, SECRET), f"{stand_in.url}/x", clients=1, timeout_seconds=0.3
    )
    assert [outcome.status for outcome in outcomes] == [None, None, None, None, 200]
    assert all(outcome.error for outcome in outcomes[:4])


def test_redelivery_continues_until_2xx(stand_in: Stripe) -> None:
    """A delivery is retried after errors and refusals until the response is 2xx."""
    stand_in.inject(respond(503, {}), disconnect(), respond(200, {}))
    redelivery = Redelivery(max_attempts=5, first_wait_seconds=0.01)
    (outcome,) = send(
        payment_deliveries(1, SECRET), f"{stand_in.url}/x", clients=1, redelivery=redelivery
    )
    assert (outcome.status, outcome.attempts, outcome.error) == (200, 3, "")
    assert len({request.body for request in stand_in.requests}) == 1


def test_redelivery_stops_after_the_last_attempt(stand_in: Stripe) -> None:
    """After its last attempt the outcome has the last response."""
    stand_in.inject(always(respond(503, {})))
    redelivery = Redelivery(max_attempts=3, first_wait_seconds=0.01)
    (outcome,) = send(
        payment_deliveries(1, SECRET), f"{stand_in.url}/x", clients=1, redelivery=redelivery
    )
    assert (outcome.status, outcome.attempts, len(stand_in.requests)) == (503, 3, 3)


def test_rate_is_kept_and_waiting_is_part_of_the_latency(stand_in: Stripe) -> None:
    """With a rate, deliveries are due on schedule, and waiting for a client counts as latency."""
    stand_in.inject(hang(0.3))
    started = time.monotonic()
    outcomes = send(
        payment_deliveries(21, SECRET), f"{stand_in.url}/x", clients=1, rate_per_second=100
    )
    assert time.monotonic() - started >= 0.3
    assert outcomes[1].latency_seconds >= 0.28
    started = time.monotonic()
    send(payment_deliveries(21, SECRET), f"{stand_in.url}/x", rate_per_second=100)
    assert 0.2 <= time.monotonic() - started < 2


def test_an_error_of_the_source_is_raised(stand_in: Stripe) -> None:
    """If the iterable of deliveries raises, the run ends with that error."""

    def source() -> Iterator[Delivery]:
        yield Delivery("evt_1", b"{}")
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        send(source(), f"{stand_in.url}/x")


def test_signature_is_the_documented_one(stand_in: Stripe) -> None:
    """The signature is the HMAC-SHA256 of the current time, a dot and the body, in hexadecimal."""
    send(payment_deliveries(1, SECRET), f"{stand_in.url}/x")
    (request,) = stand_in.requests
    time_part, mac_part = request.headers["stripe-signature"].split(",")
    stamp = time_part.removeprefix("t=")
    expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + request.body, hashlib.sha256)
    assert mac_part == f"v1={expected.hexdigest()}"
    assert abs(int(stamp) - time.time()) < 10


def test_events_are_complete_and_repeatable() -> None:
    """Events have every key that Stripe sends; the same seed gives the same payments."""
    event = json.loads(payment_intent_event("evt_1", "pi_1", amount=77, created=1_700_000_000))
    intent = event["data"]["object"]
    assert (event["id"], event["type"], event["created"]) == (
        "evt_1",
        "payment_intent.succeeded",
        1_700_000_000,
    )
    assert (intent["id"], intent["amount"], intent["amount_received"]) == ("pi_1", 77, 77)
    assert (intent["status"], intent["latest_charge"]) == ("succeeded", "ch_1")
    assert len(intent) > 40
    ids = [[it.event_id for it in payment_deliveries(9, SECRET, seed=s)] for s in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_each_tampering_does_what_its_name_says() -> None:
    """Each tampering changes exactly what its name says and keeps the event's id."""
    (genuine,) = payment_deliveries(1, SECRET)
    assert "Stripe-Signature" not in unsigned(genuine).headers
    for tamper, age_seconds in ((stale, 301), (future, -3600)):
        tampered = tamper(genuine)
        header = tampered.headers["Stripe-Signature"]
        stamp = int(header.split(",")[0].removeprefix("t="))
        assert header == stripe_signature(genuine.body, SECRET, stamp)
        assert time.time() - stamp == pytest.approx(age_seconds, abs=10)
    changed = altered(genuine)
    before, after = json.loads(genuine.body), json.loads(changed.body)
    assert before["data"]["object"]["amount"] != after["data"]["object"]["amount"]
    assert {tamper(genuine).event_id for tamper in TAMPERINGS} == {genuine.event_id}
    assert not any(tamper(genuine).secret for tamper in TAMPERINGS)


def test_payments_have_unique_idempotency_keys(stand_in: Stripe) -> None:
    """Each payment is a JSON POST with the token, a unique key and the key as reference."""
    outcomes = create_payments(stand_in.url, "token", 10, clients=2)
    sent = stand_in.requests
    assert {request.path for request in sent} == {"/api/v1/payments"}
    assert {request.headers["authorization"] for request in sent} == {"Bearer token"}
    keys = {request.idempotency_key for request in sent}
    assert keys == {json.loads(request.body)["reference"] for request in sent}
    assert keys == {outcome.event_id for outcome in outcomes}
    assert len(keys) == 10
