"""Many payments while a third of Stripe's answers goes wrong: one payment a key, no caller lost.

PAYCLI_TEST_PAYMENTS says how many; 10,000 take some minutes.
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

HOW_MANY = int(os.environ.get("PAYCLI_TEST_PAYMENTS", "300"))
CALLERS = 16
TRIES = 20
IN_USE = {"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use"}}

# Each is the chance of what those before it have left: about 30 % together.
FAULTS = (
    Fault(FaultKind.DISCONNECT, rate=0.06, times=None),
    Fault(FaultKind.RESET, rate=0.03, times=None),
    Fault(FaultKind.SLOW_PROCESSING, seconds=0.2, rate=0.06, times=None),
    # Longer than the daemon waits.
    Fault(FaultKind.SLOW_PROCESSING, seconds=3.0, rate=0.01, times=None),
    Fault(FaultKind.SERVER_ERROR, rate=0.05, times=None),
    Fault(FaultKind.RATE_LIMIT, rate=0.06, times=None),
    Fault(FaultKind.RESPONSE, rate=0.06, times=None, status=409, body=json.dumps(IN_USE).encode()),
)

pytestmark = pytest.mark.timeout(60 + HOW_MANY // 10)


@pytest.fixture
def shaky(kafka: KafkaBroker, topic: str) -> Iterator[Service]:
    """Give a daemon whose Stripe fails by seed."""
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
        """What came of each key: the payment's id, None if the key is spent without one."""
        self.answers: list[tuple[int, str | None]] = []

    def pay(self) -> None:
        """Ends with a payment; raises if an answer leaves nothing to do."""
        for _ in range(TRIES):
            key = uuid.uuid4().hex
            made = self._until_settled(key)
            if made.status == 201:
                self.keys[key] = made.json["id"]
                return
            assert made.json["code"] == "stripe_outcome_unknown", made.body
            self.keys[key] = None
        pytest.fail(f"no payment after {TRIES} keys")

    def _until_settled(self, key: str) -> Response:
        """The first answer to the key that does not say: again."""
        for _ in range(TRIES):
            told = self.service.create_payment(self.body, key)
            self.answers.append((told.status, told.json.get("code")))
            retry_after = told.headers.get("retry-after")
            if told.status == 201 or not (retry_after or told.json.get("retryable")):
                return told
            time.sleep(float(retry_after or 0.1) / 10)
        return pytest.fail(f"no end after {TRIES} tries")


def test_each_key_makes_one_payment_and_each_caller_knows_what_to_do(shaky: Service) -> None:
    """However answers are lost, late or refused: one PaymentIntent for each payment told, no other.

    Every caller follows the rules of server/api/README.md alone: again with the same key where it
    says so, a new key only where the old one never helps.
    """
    callers = [Caller(shaky, f"booking-{number}") for number in range(HOW_MANY)]
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(Caller.pay, callers))
    seconds = time.monotonic() - started
    shaky.stripe.clear_faults()

    intents = shaky.stripe.run_in_loop(
        lambda: [
            it for it in shaky.stripe.store.objects.values() if isinstance(it, PaymentIntentState)
        ]
    )
    made = collections.Counter(intent.metadata["reference"] for intent in intents)
    assert made == {caller.body["reference"]: 1 for caller in callers}
    told = [made for caller in callers for made in caller.keys.values() if made]
    assert sorted(told) == sorted(intent.id for intent in intents)
    answers = collections.Counter(answer for caller in callers for answer in caller.answers)
    assert answers.keys() <= {
        (201, None),
        (409, "idempotency_key_in_use"),
        (429, "stripe_rate_limited"),
        (502, "stripe_unavailable"),
        (502, "stripe_outcome_unknown"),
        (504, "stripe_timeout"),
    }
    # Without these the test would show nothing.
    assert answers[502, "stripe_outcome_unknown"]
    assert answers[429, "stripe_rate_limited"]
    print(f"{HOW_MANY} payments in {seconds:.0f} s: {dict(answers)}")  # noqa: T201  (the figures)


def test_a_payment_whose_outcome_is_unknown_is_found_by_its_reference(service: Service) -> None:
    """After a 500 the documented advice works: the look-up shows whether there is a payment."""
    reference, key = uuid.uuid4().hex, uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": reference}
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR))
    assert service.create_payment(body, key).json["code"] == "stripe_outcome_unknown"
    assert service.get(PAYMENTS, reference=reference).json["data"] == []
    made = service.create_payment(body, uuid.uuid4().hex).json
    found = service.get(PAYMENTS, reference=reference).json["data"]
    assert [each["id"] for each in found] == [made["id"]]


def test_thirty_identical_creates_at_once_make_one_payment(service: Service) -> None:
    """Thirty callers with one key at the same moment all get the same payment."""
    before = service.stripe.payment_ids()
    key = uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
    service.stripe.inject(Fault(FaultKind.SLOW_PROCESSING, seconds=0.5))
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        told = list(pool.map(lambda _: service.create_payment(body, key), range(30)))
    assert {each.status for each in told} == {201}
    assert {each.json["id"] for each in told} == service.stripe.payment_ids() - before
    assert len(service.stripe.payment_ids() - before) == 1
    assert sum("idempotent-replayed" not in each.headers for each in told) == 1


def test_a_caller_who_takes_a_new_key_too_early_pays_twice(service: Service) -> None:
    """The control: a lost answer repeated with another key is seen as a second payment."""
    reference = uuid.uuid4().hex
    body = {"amount": 2000, "currency": "eur", "reference": reference}
    service.stripe.inject(*[Fault(FaultKind.DISCONNECT)] * 3)
    assert service.create_payment(body, uuid.uuid4().hex).json["code"] == "stripe_unavailable"
    assert service.create_payment(body, uuid.uuid4().hex).status == 201
    assert len(service.get(PAYMENTS, reference=reference).json["data"]) == 2
