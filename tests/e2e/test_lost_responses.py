"""Many payments while a third of Stripe's responses fail: each caller gets exactly one payment.

PAYCLI_TEST_PAYMENTS sets their number; 10,000 take some minutes.
"""

import collections
import concurrent.futures
import json
import os
import time
import uuid
from collections.abc import Iterator

import pytest

from harness.daemon import Daemon, Response
from harness.kafka_broker import KafkaBroker
from harness.stripe import Stripe
from paycli.sandbox.standin import Fault, FaultKind
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState
from service import PAYMENTS, Service, daemon_settings

PAYMENT_COUNT = int(os.environ.get("PAYCLI_TEST_PAYMENTS", "300"))
CALLERS = 16
MAX_ATTEMPTS = 20
IN_USE = {"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use"}}

# Each rate applies to the requests that the faults before it have spared: about 30 % in total.
FAULTS = (
    Fault(FaultKind.DISCONNECT, rate=0.06, times=None),
    Fault(FaultKind.RESET, rate=0.03, times=None),
    Fault(FaultKind.SLOW_PROCESSING, seconds=0.2, rate=0.06, times=None),
    # Longer than the daemon's timeout.
    Fault(FaultKind.SLOW_PROCESSING, seconds=3.0, rate=0.01, times=None),
    Fault(FaultKind.SERVER_ERROR, rate=0.05, times=None),
    Fault(FaultKind.RATE_LIMIT, rate=0.06, times=None),
    Fault(FaultKind.RESPONSE, rate=0.06, times=None, status=409, body=json.dumps(IN_USE).encode()),
)

# Serial, since its daemons give Stripe two seconds.
pytestmark = [pytest.mark.serial, pytest.mark.timeout(60 + PAYMENT_COUNT // 10)]


@pytest.fixture
def unreliable(kafka: KafkaBroker, topic: str) -> Iterator[Service]:
    """Give a daemon with a Stripe stand-in that fails at random, by seed."""
    with Stripe(seed=7, faults=FAULTS) as stripe:
        settings = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        with Daemon(settings) as daemon:
            daemon.wait_ready()
            yield Service(daemon, stripe, kafka.bootstrap_servers, topic)


class Caller:
    """Retries as server/api/README.md describes, and records each response."""

    def __init__(self, service: Service, reference: str) -> None:
        self.service = service
        self.body = {"amount": 2000, "currency": "eur", "reference": reference}
        self.keys: dict[str, str | None] = {}
        """The payment's id by idempotency key, None if the key can't be used any more."""
        self.responses: list[tuple[int, str | None]] = []

    def pay(self) -> None:
        """Return once there is a payment; fail if a response allows no further attempt."""
        for _ in range(MAX_ATTEMPTS):
            key = uuid.uuid4().hex
            response = self._retry_until_final(key)
            if response.status == 201:
                self.keys[key] = response.json["id"]
                return
            assert response.json["code"] == "stripe_outcome_unknown", response.body
            self.keys[key] = None
        pytest.fail(f"no payment after {MAX_ATTEMPTS} keys")

    def _retry_until_final(self, key: str) -> Response:
        """Return the first response to the key that does not ask for a retry."""
        for _ in range(MAX_ATTEMPTS):
            response = self.service.create_payment(self.body, key)
            self.responses.append((response.status, response.json.get("code")))
            retry_after = response.headers.get("retry-after")
            if response.status == 201 or not (retry_after or response.json.get("retryable")):
                return response
            time.sleep(float(retry_after or 0.1) / 10)
        return pytest.fail(f"no end after {MAX_ATTEMPTS} tries")


def test_every_caller_gets_exactly_one_payment(
    unreliable: Service, figures: dict[str, object]
) -> None:
    """Though responses are lost, late or errors, there is one PaymentIntent per payment, no other.

    Callers follow the rules of server/api/README.md only: they retry with the same key if the
    response says so, and use a new key only if the old one cannot succeed.
    """
    callers = [Caller(unreliable, f"booking-{number}") for number in range(PAYMENT_COUNT)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(Caller.pay, callers))
    seconds = time.monotonic() - started
    unreliable.stripe.clear_faults()

    intents = unreliable.stripe.run_in_loop(
        lambda: [
            each
            for each in unreliable.stripe.store.objects.values()
            if isinstance(each, PaymentIntentState)
        ]
    )
    created = collections.Counter(intent.metadata["reference"] for intent in intents)
    assert created == {caller.body["reference"]: 1 for caller in callers}
    reported = [each for caller in callers for each in caller.keys.values() if each]
    assert sorted(reported) == sorted(intent.id for intent in intents)
    responses = collections.Counter(each for caller in callers for each in caller.responses)
    assert responses.keys() <= {
        (201, None),
        (409, "idempotency_key_in_use"),
        (429, "stripe_rate_limited"),
        (502, "stripe_unavailable"),
        (502, "stripe_outcome_unknown"),
        (504, "stripe_timeout"),
    }
    # The control: these faults have occurred.
    assert responses[502, "stripe_outcome_unknown"]
    assert responses[429, "stripe_rate_limited"]
    figures |= {"payments": PAYMENT_COUNT, "PaymentIntents at Stripe": len(intents)}
    figures |= {"duration, s": seconds}
    figures |= {f"responses {status} {code or ''}": n for (status, code), n in responses.items()}


def test_a_payment_whose_outcome_is_unknown_is_found_by_its_reference(service: Service) -> None:
    """After a 500 the documented advice works: the look-up shows whether there is a payment."""
    reference, key = uuid.uuid4().hex, uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": reference}
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR))
    assert service.create_payment(body, key).json["code"] == "stripe_outcome_unknown"
    assert service.get(PAYMENTS, reference=reference).json["data"] == []
    created = service.create_payment(body, uuid.uuid4().hex).json
    payments = service.get(PAYMENTS, reference=reference).json["data"]
    assert [each["id"] for each in payments] == [created["id"]]


def test_thirty_concurrent_creates_with_one_key_create_one_payment(service: Service) -> None:
    """Thirty concurrent callers with the same key all get the same payment."""
    before = service.stripe.payment_ids()
    key = uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
    service.stripe.inject(Fault(FaultKind.SLOW_PROCESSING, seconds=0.5))
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        responses = list(pool.map(lambda _: service.create_payment(body, key), range(30)))
    assert {each.status for each in responses} == {201}
    assert {each.json["id"] for each in responses} == service.stripe.payment_ids() - before
    assert len(service.stripe.payment_ids() - before) == 1
    assert sum("idempotent-replayed" not in each.headers for each in responses) == 1


def test_a_caller_that_uses_a_new_key_too_early_pays_twice(service: Service) -> None:
    """The control: a request repeated with another key after a lost response pays twice."""
    reference = uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": reference}
    # More than the attempts: libcurl itself repeats a request once on a connection it has reused.
    service.stripe.inject(*[Fault(FaultKind.DISCONNECT)] * 20)
    assert service.create_payment(body, uuid.uuid4().hex).json["code"] == "stripe_unavailable"
    service.stripe.clear_faults()
    assert service.create_payment(body, uuid.uuid4().hex).status == 201
    assert len(service.get(PAYMENTS, reference=reference).json["data"]) == 2
