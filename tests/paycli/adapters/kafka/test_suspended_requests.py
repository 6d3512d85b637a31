"""The publisher under requests that share a thread: each is suspended until its own report."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.librdkafka import trigger_fatal_error
from paycli.adapters.kafka.publisher import KafkaPublisher
from paycli.errors import KafkaFailure, NotPersisted, TooManyWebhooks
from paycli.models import Acknowledgement, Record
from paycli.settings import KafkaSettings
from server.http.scheduler import GreenletScheduler

ACK_SECONDS = 2.0
SLACK_SECONDS = 1.0
SLOTS = 3
MANY = 30

Outcome = Acknowledgement | KafkaFailure


@pytest.fixture(scope="module")
def broker() -> Iterator[KafkaBroker]:
    """Give a broker that may be frozen."""
    with KafkaBroker() as broker:
        broker.create_topic("t")
        yield broker


class Scheduler:
    """Runs requests in the thread of the test, which sleeps until it is woken."""

    def __init__(self) -> None:
        self._woken = threading.Event()
        self._scheduler = GreenletScheduler(MANY, self._woken.set)
        self.new_event = self._scheduler.new_event
        self.add = self._scheduler.add

    def run(self) -> None:
        """Run what is ready, then sleep until something else is."""
        self._scheduler.run()
        self._woken.wait(self._scheduler.seconds_left(0.1))
        self._woken.clear()


@pytest.fixture
def scheduler() -> Scheduler:
    """Give a scheduler without requests."""
    return Scheduler()


@pytest.fixture
def publisher(broker: KafkaBroker, scheduler: Scheduler) -> Iterator[KafkaPublisher]:
    """Give a ready publisher with three slots, whose requests the scheduler suspends."""
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_SECONDS),
    }
    publisher = KafkaPublisher(
        KafkaSettings.model_validate(settings), ("t",), SLOTS, new_event=scheduler.new_event
    )
    publisher.wait_until_ready()
    # The first record waits for a connection, and all others would arrive before it is made.
    run_requests(scheduler, publisher, 1, per_turn=1)
    yield publisher
    broker.resume()
    publisher.close()


@dataclass(frozen=True)
class Request:
    """Publishes its key and stores the outcome and when it was known."""

    publisher: KafkaPublisher
    key: bytes
    outcomes: dict[bytes, tuple[Outcome, float]]

    def serve(self) -> None:
        """Publish as a webhook does."""
        outcome: Outcome
        try:
            outcome = self.publisher.publish(Record("t", b"k", self.key, ()))
        except KafkaFailure as error:
            outcome = error
        self.outcomes[self.key] = outcome, time.monotonic()


def run_requests(
    scheduler: Scheduler,
    publisher: KafkaPublisher,
    count: int,
    *,
    per_turn: int,
    after_turn: Callable[[], None] = lambda: None,
) -> dict[bytes, tuple[Outcome, float]]:
    """Serve `count` requests, `per_turn` of which arrive at a time; return the outcomes."""
    outcomes: dict[bytes, tuple[Outcome, float]] = {}
    remaining = [Request(publisher, f"{number}".encode(), outcomes) for number in range(count)]
    while len(outcomes) < count:
        for request in remaining[:per_turn]:
            scheduler.add(request.serve)
        del remaining[:per_turn]
        scheduler.run()
        after_turn()
    return outcomes


@pytest.mark.serial
def test_requests_that_queue_for_a_slot_keep_their_order(
    scheduler: Scheduler, publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """More requests arrive than there are slots: all are persisted, in order of arrival."""
    outcomes = run_requests(scheduler, publisher, MANY, per_turn=2 * SLOTS)
    assert [type(outcome) for outcome, _ in outcomes.values()] == [Acknowledgement] * MANY
    values = [record.value for record in read_records(broker.bootstrap_servers, "t")]
    assert values[-MANY:] == [f"{number}".encode() for number in range(MANY)]


def test_each_request_keeps_its_deadline_when_kafka_does_not_respond(
    scheduler: Scheduler, publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """Requests with a slot fail at their deadline, the surplus is refused before."""
    broker.pause()
    started_at = time.monotonic()
    outcomes = run_requests(scheduler, publisher, 10, per_turn=10)
    assert Counter(type(outcome) for outcome, _ in outcomes.values()) == {
        NotPersisted: SLOTS,
        TooManyWebhooks: 10 - SLOTS,
    }
    for outcome, ended_at in outcomes.values():
        expected = ACK_SECONDS if isinstance(outcome, NotPersisted) else 0.5
        assert expected <= ended_at - started_at < expected + SLACK_SECONDS


def test_suspended_requests_fail_immediately_on_a_fatal_error(
    scheduler: Scheduler, publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """They get NotPersisted long before their deadline."""
    broker.pause()
    failed_at: list[float] = []

    def fail() -> None:
        if not failed_at and len(publisher._producer) == SLOTS:
            failed_at.append(time.monotonic())
            trigger_fatal_error(publisher._producer)

    outcomes = run_requests(scheduler, publisher, SLOTS, per_turn=SLOTS, after_turn=fail)
    for outcome, ended_at in outcomes.values():
        assert isinstance(outcome, NotPersisted)
        assert ended_at - failed_at[0] < SLACK_SECONDS
