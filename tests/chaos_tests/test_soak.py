"""A short soak keeps all promises, and one that breaks any of them is detected."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chaos import page
from chaos.oracle import PersistedEvent, check, persisted_event
from chaos.recording import Recording
from chaos.soak.books import COMPARED, Books
from chaos.soak.calls import Call
from chaos.soak.credentials import SECRETS, Credentials, settings
from chaos.soak.growth import LIMITS
from chaos.soak.responses import unexplained_attempts, unexplained_calls
from chaos.soak.restarts import Restart
from chaos.soak.run import Load, Soak, soak_on
from chaos.soak.stripe_events import SentEvent, expected_events
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import json_record
from harness.sender import Attempt
from paycli.sandbox.standin.webhooks.client import CLOSED, IDLE_CLOSED

PAYMENT: dict[str, object] = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
DATA = {**PAYMENT, "payment_id": "pi_1", "amount_received": 2000}
SUCCEEDED = json_record(
    b"pi_1", DATA, (("ce_id", b"evt_1"), ("__TypeId__", b"PaymentSucceededEvent"))
)
URL = "http://127.0.0.1:2"
RESTARTS = [Restart(10.0, 20.0)]
REFUSED = "ConnectionRefusedError: refused"
ABORTED = "ConnectionResetError: closed before the response was complete"


@pytest.mark.timeout(300)
def test_a_short_soak_keeps_all_promises(kafka: KafkaBroker, topic: str) -> None:
    """With payments, setups, refunds, webhooks and a restart, all promises but growth are kept."""
    soak = soak_on(kafka.bootstrap_servers, topic, Load(0.25, 60, 10, seed=1))
    assert soak.verdict.problems == {}
    assert {name: found for name, found in soak.other_problems.items() if found} == {}
    assert soak.stripe_events > 0
    assert {call.operation for call in soak.calls} >= {"create a payment", "retrieve a payment"}
    assert "create a payment: 201" in page.soak_report(soak, "scripts/chaos soak", 1).figures


def sent(*statuses: int | None, type_: str = "payment_intent.succeeded") -> SentEvent:
    """Return an event of Stripe's with the statuses of its attempts."""
    attempts = tuple(Attempt("evt_1", 0.0, 0.0, status, URL) for status in statuses)
    return SentEvent("evt_1", type_, "pi_1", attempts)


def problems(event: SentEvent, *records: PersistedEvent) -> set[str]:
    """Return the oracle's problems if a caller has asked for one payment, which was paid."""
    books = Books()
    books.paid("pi_1", PAYMENT)
    expected, not_sent = expected_events([event], books.expected)
    assert not_sent == []
    return set(check(expected, event.attempts, records).problems)


@pytest.mark.parametrize(
    ("copies", "found"), [(0, {"lost", "missing"}), (1, {"lost"}), (2, set()), (3, {"repeated"})]
)
def test_there_is_a_record_for_each_acknowledgement(copies: int, found: set[str]) -> None:
    """An event that two endpoints have acknowledged needs two records, and has no third one."""
    record = persisted_event(SUCCEEDED, COMPARED)
    assert problems(sent(200, 200), *[record] * copies) == found


@pytest.mark.parametrize("field", DATA)
def test_a_record_with_another_value_than_asked_for_is_detected(field: str) -> None:
    """Amounts, currency, reference and ids are those that the caller has asked for."""
    changed = replace(SUCCEEDED, value=json.dumps({**DATA, field: "x"}).encode())
    assert problems(sent(200), persisted_event(changed, COMPARED)) == {"altered"}
    other_key = replace(SUCCEEDED, key=b"pi_2")
    assert problems(sent(200), persisted_event(other_key, COMPARED)) == {"altered"}


def test_an_event_that_nobody_asked_for_and_one_that_does_not_exist_are_detected() -> None:
    """A payment that no caller has made is altered; a payment without its event is listed."""
    expected, not_sent = expected_events([sent(200)], {("payment_intent.created", "pi_1"): "p"})
    record = persisted_event(SUCCEEDED, COMPARED)
    assert check(expected, sent(200).attempts, [record]).problems.keys() == {"altered"}
    assert not_sent == ["payment_intent.created of pi_1"]


@pytest.mark.parametrize(
    ("at_stripe", "wrong"),
    [
        ([("key-1", "pi_1")], []),
        ([("key-1", "pi_1"), ("key-1", "pi_2")], ["key-1"]),
        ([], ["key-1"]),
        ([("key-1", "pi_2")], ["key-1"]),
        ([("key-1", "pi_1"), ("none", "pi_2")], ["none"]),
    ],
)
def test_a_duplicate_payment_is_detected(
    at_stripe: list[tuple[str, str]], wrong: list[str]
) -> None:
    """For each idempotency key there is exactly the object that the response had."""
    books = Books()
    books.created["key-1"] = "pi_1"
    assert books.not_exactly_once(at_stripe) == wrong


@pytest.mark.parametrize(
    ("status", "error", "at", "url", "explained"),
    [
        (None, REFUSED, 15.0, URL, True),
        (503, "", 15.0, URL, True),
        (503, "", 25.0, URL, False),
        (None, REFUSED, 25.0, URL, False),
        (503, "", 15.0, "http://127.0.0.1:1", False),
        (None, IDLE_CLOSED, 15.0, URL, True),
        (None, IDLE_CLOSED, 25.0, URL, False),
        (None, ABORTED, 15.0, URL, False),
        (None, CLOSED, 15.0, URL, False),
        (400, "", 15.0, URL, False),
        (500, "", 15.0, URL, False),
    ],
)
def test_only_a_restart_explains_a_failed_webhook(
    status: int | None, error: str, at: float, url: str, *, explained: bool
) -> None:
    """While a daemon restarts it may refuse new connections, close idle ones, or respond 503."""
    attempt = Attempt("evt_1", at, 0.1, status, url + "/events", error)
    assert bool(unexplained_attempts([attempt], URL, RESTARTS)) is not explained
    assert unexplained_attempts([Attempt("evt_1", at, 0.1, 200, url)], URL, RESTARTS) == []


@pytest.mark.parametrize(
    ("status", "code", "explained"),
    [(None, REFUSED, True), (None, ABORTED, False), (503, "busy", False), (401, "x", False)],
)
def test_only_a_refused_connection_explains_a_failed_call(
    status: int | None, code: str, *, explained: bool
) -> None:
    """No 5xx and no aborted call is accepted, not even while a daemon restarts."""
    call = Call("create a payment", 15.0, 0.1, status, code, URL, expected=False)
    assert bool(unexplained_calls([call], URL, RESTARTS)) is not explained
    late = replace(call, started_at_seconds=25.0)
    assert unexplained_calls([late], URL, RESTARTS) != []


@pytest.mark.parametrize(
    "violate",
    [
        lambda soak: replace(soak, growth=dict.fromkeys(LIMITS, 100.0)),
        lambda soak: replace(soak, other_problems={"duplicates": ["key-1"]}),
        lambda soak: replace(soak, verdict=check([], [], [PersistedEvent("evt_1", "x")])),
    ],
    ids=["leak", "duplicate", "unknown event"],
)
def test_a_soak_with_a_problem_does_not_hold(violate: Callable[[Soak], Soak]) -> None:
    """A leak, a duplicate payment or a record that nobody sent violates the guarantee."""
    soak = Soak(Recording(), check([], [], []), [], 0, dict.fromkeys(LIMITS, 0.0), {"none": []})
    assert soak.holds
    assert not violate(soak).holds


def test_the_old_secret_is_accepted_until_the_overlap_ends() -> None:
    """During an overlap Stripe signs with both, and the daemon accepts both, the new one first."""
    credentials = Credentials()
    credentials.roll()
    assert [*credentials.signing] == [SECRETS[1], SECRETS[0]]
    assert credentials.sign(b"{}").count("v1=") == 2
    credentials.end_overlap()
    assert [*credentials.signing] == [SECRETS[1]]
    assert settings((1, 0))["PAYCLI_STRIPE_WEBHOOK_SECRETS"] == f"{SECRETS[1]},{SECRETS[0]}"
