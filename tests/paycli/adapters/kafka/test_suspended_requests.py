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
from server.http.waitress.greenlets import GreenletScheduler

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


@pytest.fixture
def publisher(broker: KafkaBroker) -> Iterator[KafkaPublisher]:
    """Give a ready publisher with three slots."""
    settings = {
        "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PAYCLI_ACK_TIMEOUT_SECONDS": str(ACK_SECONDS),
    }
    publisher = KafkaPublisher(KafkaSettings.model_validate(settings), ("t",), SLOTS)
    publisher.wait_until_ready()
    # The first record waits for a connection, and all others would arrive before it is made.
    publisher.publish(Record("t", b"k", b"first", ()))
    yield publisher
    broker.resume()
    publisher.close()


@dataclass(frozen=True)
class Request:
    """Publishes its key and stores the outcome and when it was known."""

    publisher: KafkaPublisher
    key: bytes
    outcomes: dict[bytes, tuple[Outcome, float]]

    def service(self) -> None:
        """Publish as a webhook does."""
        outcome: Outcome
        try:
            outcome = self.publisher.publish(Record("t", b"k", self.key, ()))
        except KafkaFailure as error:
            outcome = error
        self.outcomes[self.key] = outcome, time.monotonic()


def run_requests(
    publisher: KafkaPublisher,
    count: int,
    *,
    per_tick: int,
    after_tick: Callable[[], None] = lambda: None,
) -> dict[bytes, tuple[Outcome, float]]:
    """Serve `count` requests, `per_tick` of which arrive between two ticks; return the outcomes."""
    outcomes: dict[bytes, tuple[Outcome, float]] = {}
    scheduler = GreenletScheduler(publisher.poll_delivery_reports, lambda: None, limit=count)
    remaining = [Request(publisher, f"{number}".encode(), outcomes) for number in range(count)]
    while remaining or scheduler.busy():
        for request in remaining[:per_tick]:
            scheduler.add(request)
        del remaining[:per_tick]
        scheduler.tick()
        after_tick()
    return outcomes


@pytest.mark.serial
def test_requests_that_queue_for_a_slot_keep_their_order(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """More requests arrive than there are slots: all are persisted, in order of arrival."""
    outcomes = run_requests(publisher, MANY, per_tick=2 * SLOTS)
    assert [type(outcome) for outcome, _ in outcomes.values()] == [Acknowledgement] * MANY
    values = [record.value for record in read_records(broker.bootstrap_servers, "t")]
    assert values[-MANY:] == [f"{number}".encode() for number in range(MANY)]


@pytest.mark.serial
def test_suspended_requests_and_sleeping_threads_wait_side_by_side(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """Threads that poll for all delay no request, and each gets its own report."""
    by_threads: dict[bytes, tuple[Outcome, float]] = {}

    def publish_from_thread(number: int) -> None:
        for repetition in range(10):
            Request(publisher, f"{number}-{repetition}".encode(), by_threads).service()

    threads = [threading.Thread(target=publish_from_thread, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    by_scheduler = run_requests(publisher, MANY, per_tick=1)
    for thread in threads:
        thread.join()
    stored = {
        record.value: (record.partition, record.offset)
        for record in read_records(broker.bootstrap_servers, "t")
    }
    for key, (outcome, _) in (by_threads | by_scheduler).items():
        assert isinstance(outcome, Acknowledgement)
        assert stored[key] == (outcome.partition, outcome.offset)
    assert (len(by_threads), len(by_scheduler)) == (20, MANY)


def test_each_request_keeps_its_deadline_when_kafka_does_not_respond(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """Requests with a slot fail at their deadline, the surplus is refused before."""
    broker.pause()
    started_at = time.monotonic()
    outcomes = run_requests(publisher, 10, per_tick=10)
    assert Counter(type(outcome) for outcome, _ in outcomes.values()) == {
        NotPersisted: SLOTS,
        TooManyWebhooks: 10 - SLOTS,
    }
    for outcome, ended_at in outcomes.values():
        expected = ACK_SECONDS if isinstance(outcome, NotPersisted) else 0.5
        assert expected <= ended_at - started_at < expected + SLACK_SECONDS


def test_suspended_requests_fail_immediately_on_a_fatal_error(
    publisher: KafkaPublisher, broker: KafkaBroker
) -> None:
    """They get NotPersisted long before their deadline."""
    broker.pause()
    failed_at: list[float] = []

    def fail() -> None:
        if not failed_at and len(publisher._producer) == SLOTS:
            failed_at.append(time.monotonic())
            trigger_fatal_error(publisher._producer)

    outcomes = run_requests(publisher, SLOTS, per_tick=SLOTS, after_tick=fail)
    for outcome, ended_at in outcomes.values():
        assert isinstance(outcome, NotPersisted)
        assert ended_at - failed_at[0] < SLACK_SECONDS
